import * as z from 'zod'
import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { requestOf } from '../../../lib/updates/idempotency.ts'
import { answerUpdate } from '../../../lib/updates/url-route.ts'

/** One transaction update; the body is the method's params without `transaction_id`. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/transactions/{id}/{method}',
  POST: {
    access: 'update',
    body: 'lossless',
    input: z.object({ id: z.string(), method: z.string() }),
    run: async (input, { deps, ...call }) =>
      answerUpdate(input, requestOf(call), await deps.updates()),
  },
})
