import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { replay, replayParameters } from '../../../lib/outbox/replay.ts'

/** Sends one event again. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/events/{id}/replay',
  POST: {
    access: 'decide',
    input: replayParameters,
    run: async (input, { deps, caller }) => ({
      status: 202,
      body: await replay(input, caller, deps),
    }),
  },
})
