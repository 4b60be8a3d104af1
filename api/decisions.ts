import { decisionsParameters, listDecisions } from '../lib/decisions/read-routes.ts'
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'

/** What people decided, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: decisionsParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listDecisions(input, deps) }),
  },
})
