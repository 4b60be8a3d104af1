import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { showTransaction, transactionParameters } from '../../lib/updates/read-routes.ts'

/** One transaction: its latest state, its history, and every attempt with its evidence. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/transactions/{id}',
  GET: {
    access: 'read',
    input: transactionParameters,
    run: async (input, { deps }) => {
      try {
        return { status: 200, body: await showTransaction(input, deps) }
      } finally {
        // What the platform shows is stored, and may settle an attempt.
        if (input.refresh) deps.afterChange()
      }
    },
  },
})
