import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { decidePaymentByPerson } from '../../lib/payments/open/decide.ts'
import { paymentParameters, showPayment } from '../../lib/payments/open/show.ts'

/** One payment with its history and its prepared refund, and the decision of a person about it. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/payments/{operationId}',
  GET: {
    access: 'read',
    input: paymentParameters,
    run: async (input, { deps, request }) => ({
      status: 200,
      body: await showPayment(input, new URL(request.url).origin, deps),
    }),
  },
  POST: {
    access: 'decide',
    body: 'lossless',
    input: paymentParameters,
    run: async (input, { deps, body, caller }) => ({
      status: 200,
      body: await decidePaymentByPerson(input, body?.value ?? {}, caller, deps),
    }),
  },
})
