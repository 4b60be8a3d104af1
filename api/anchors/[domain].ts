import { evidenceParameters, readEvidence } from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** The evidence about one home domain. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/anchors/{domain}',
  GET: {
    access: 'public',
    input: evidenceParameters,
    run: async (input, { deps }) => ({ status: 200, body: await readEvidence(input, deps) }),
  },
})
