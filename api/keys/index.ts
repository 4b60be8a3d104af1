import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { makeKey } from '../../lib/keys/routes.ts'
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
    body: 'lossless',
    input: z.object({}),
    run: async (_input, { deps, body, caller }) => ({
      status: 201,
      body: await makeKey(body?.value ?? {}, caller, deps),
      showsSecret: true,
    }),
  },
})
