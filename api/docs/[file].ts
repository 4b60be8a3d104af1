import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { referenceFile } from '../../lib/openapi/reference.ts'

/** A file that the page with the reference loads. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '{/api}?/docs/{file}',
  GET: {
    access: 'public',
    input: z.object({ file: z.string() }),
    run: async ({ file }) => referenceFile(file),
  },
})
