import { attentionParameters, listAttention } from '../lib/attention/read-routes.ts'
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'

/** Everything that waits for a person, with what may be done and the URL that does it. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: attentionParameters,
    run: async (input, { deps, request }) => ({
      status: 200,
      body: await listAttention(input, new URL(request.url).origin, deps),
    }),
  },
})
