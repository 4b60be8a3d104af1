import { deps } from '../../../../lib/deps.ts'
import { defineRoute } from '../../../../lib/http/handler.ts'
import { decide, decisionParameters } from '../../../../lib/transactions/reading.ts'

/** A person says what became of an attempt that no machine may judge. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  POST: {
    access: 'business',
    input: decisionParameters,
    run: async (input, { deps }) => ({ status: 200, body: await decide(input, deps) }),
  },
})
