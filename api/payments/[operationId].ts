import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { decidePaymentByPerson, paymentParameters } from '../../lib/payments/decide.ts'

/** The decision of a person about a payment that waits. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
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
