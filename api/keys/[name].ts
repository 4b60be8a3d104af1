import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { endKey, keyParameters } from '../../lib/keys/routes.ts'

/** The revocation of one named key. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/keys/{name}',
  POST: {
    access: 'keys',
    body: 'lossless',
    input: keyParameters,
    run: async (input, { deps, body, caller }) => ({
      status: 200,
      body: await endKey(input, body?.value ?? {}, caller, deps),
    }),
  },
})
