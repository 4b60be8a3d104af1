import { checkNow, diagnosticsParameters } from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** A live check of one home domain that writes nothing. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  POST: {
    access: 'ops',
    input: diagnosticsParameters,
    run: async (input, { deps }) => ({ status: 200, body: await checkNow(input, deps) }),
  },
})
