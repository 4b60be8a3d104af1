import { deps } from '../../../../lib/deps.ts'
import { defineRoute } from '../../../../lib/http/handler.ts'
import { attemptParameters, decide } from '../../../../lib/updates/read-routes.ts'

/** A person says what became of an attempt that no machine may judge. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  POST: {
    access: 'business',
    body: 'lossless',
    input: attemptParameters,
    run: async (input, { deps, body }) => ({
      status: 200,
      body: await decide(input, body?.value ?? {}, deps),
    }),
  },
})
