import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'
import { attemptsParameters, listAttempts } from '../lib/updates/list-routes.ts'

/** The attempts of all transactions, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: attemptsParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listAttempts(input, deps) }),
  },
})
