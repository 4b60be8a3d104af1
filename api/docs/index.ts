import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { referencePage } from '../../lib/openapi/reference.ts'

/** The reference of this API, as a page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: { access: 'public', input: z.object({}), run: async () => referencePage() },
})
