import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { listPayments, paymentsParameters } from '../../lib/payments/read-routes.ts'

/** The observed payments with their verdicts, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: paymentsParameters,
    run: async (input, { deps, request }) => ({
      status: 200,
      body: await listPayments(input, new URL(request.url).origin, deps),
    }),
  },
})
