import * as z from 'zod'
import document from '../docs/openapi.json' with { type: 'json' }
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'

/** The OpenAPI 3.1 document of this API. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: z.object({}),
    run: async () => ({ status: 200, body: document }),
  },
})
