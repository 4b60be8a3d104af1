import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { requestOf } from '../../lib/updates/idempotency.ts'
import { answerRpc } from '../../lib/updates/rpc-route.ts'

/** Transaction updates in the form of the Anchor Platform: JSON-RPC 2.0, one object or a batch. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  POST: {
    access: 'update',
    body: 'lossless',
    input: z.object({}),
    run: async (_input, { deps, ...call }) => answerRpc(requestOf(call), await deps.updates()),
  },
})
