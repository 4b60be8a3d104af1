import { deps } from '../../lib/deps.ts'
import { asksForCsv, csvAnswer } from '../../lib/http/csv-answer.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { csvOfPayments } from '../../lib/payments/payments-csv.ts'
import { listPayments, paymentsParameters } from '../../lib/payments/read-routes.ts'

/** The observed payments with their verdicts, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: paymentsParameters,
    orElse: 'text/csv',
    run: async ({ format, ...input }, { deps, request, preferred }) => {
      const page = await listPayments(input, new URL(request.url).origin, deps)
      return asksForCsv(format, preferred)
        ? csvAnswer(csvOfPayments(page), request)
        : { status: 200, body: page }
    },
  },
})
