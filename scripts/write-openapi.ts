import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buildDocument } from '../lib/openapi/document.ts'
import { OPERATIONS } from '../lib/openapi/operations.ts'

/** Writes the OpenAPI document that `/api/openapi` answers. A test holds it equal to the schemas that validate. */
const file = resolve(import.meta.dirname, '../lib/openapi/openapi.json')
const document = buildDocument(OPERATIONS, { open: true })
await writeFile(file, `${JSON.stringify(document, null, 2)}\n`)
