import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { assetParameters, readAsset } from '../../../lib/pages/assets.ts'

/** A file that the pages load. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '{/api/pages}?/assets/{file}',
  GET: {
    access: 'public',
    ignoresAlien: true,
    input: assetParameters,
    run: readAsset,
  },
})
