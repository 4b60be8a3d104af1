import { deps } from '../../../../lib/deps.ts'
import { defineRoute } from '../../../../lib/http/handler.ts'
import { attemptParameters, decide } from '../../../../lib/updates/decide.ts'

/** The decision of a person about an attempt: its outcome, its withdrawal, or that it is sent anew. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/transactions/{id}/attempts/{attemptId}',
  POST: {
    access: 'decide',
    body: 'lossless',
    input: attemptParameters,
    run: async (input, { deps, body, caller }) => ({
      status: 200,
      body: await decide(input, body?.value ?? {}, caller, deps),
    }),
  },
})
