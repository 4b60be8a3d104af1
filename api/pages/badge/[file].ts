import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { badgeParameters, showBadge } from '../../../lib/pages/badge.ts'

/** The state of an anchor as a picture to embed. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '{/api/pages}?/badge/{file}',
  GET: {
    access: 'public',
    ignoresAlien: true,
    input: badgeParameters,
    run: (input, { deps }) => showBadge(input, deps),
  },
})
