import { changesParameters, listChanges } from '../../lib/anchors/changes.ts'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** What changed of anchors and listings, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: changesParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listChanges(input, deps) }),
  },
})
