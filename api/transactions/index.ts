import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { listTransactions, transactionsParameters } from '../../lib/updates/list-routes.ts'

/** The stored transactions, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: transactionsParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listTransactions(input, deps) }),
  },
})
