import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'
import { buildDocument } from '../lib/openapi/document.ts'
import { OPERATIONS } from '../lib/openapi/operations.ts'

/**
 * Writes the OpenAPI document that `/api/openapi` answers, and the client's types of it. Tests hold the document equal to
 * the schemas that validate, and the types equal to the document.
 */
const root = resolve(import.meta.dirname, '..')
const document = `${JSON.stringify(buildDocument(OPERATIONS, { open: true }), null, 2)}\n`
await writeFile(resolve(root, 'lib/openapi/openapi.json'), document)
await writeFile(resolve(root, 'client/src/api.ts'), astToString(await openapiTypes(document)))
