import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { makeKey, newKeyParameters } from '../../lib/keys/routes.ts'
import { readKeys } from '../../lib/keys/store.ts'

/** The named keys: all of them, or a new one whose secret is shown once. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'keys',
    input: z.object({}),
    run: async (_input, { deps }) => ({ status: 200, body: await readKeys(deps.db) }),
  },
  POST: {
    access: 'keys',
    body: 'only',
    input: newKeyParameters,
    run: async (input, { deps, caller }) => ({
      status: 201,
      body: await makeKey(input, caller, deps),
      showsSecret: true,
    }),
  },
})
