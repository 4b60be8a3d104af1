import * as z from 'zod'
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'
import document from '../lib/openapi/openapi.json' with { type: 'json' }

/** The OpenAPI 3.1 document of this API. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: z.object({}),
    run: async () => ({ status: 200, body: document }),
  },
})
