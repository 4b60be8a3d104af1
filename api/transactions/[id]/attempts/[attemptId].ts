import { deps } from '../../../../lib/deps.ts'
import { defineRoute } from '../../../../lib/http/handler.ts'
import { attemptParameters, decide } from '../../../../lib/updates/read-routes.ts'

/** The decision of a person on an attempt whose outcome the service cannot decide. */
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
