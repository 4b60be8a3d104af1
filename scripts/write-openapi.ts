import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'
import { buildDocument } from '../lib/openapi/document.ts'
import { OPERATIONS } from '../lib/openapi/operations.ts'
import { readCommandLine } from '../serve/command-line.ts'
import { keyedPathsModule } from './keyed-paths.ts'

readCommandLine({
  name: 'npm run openapi',
  does: 'Writes the OpenAPI document from the schemas that validate, and the types and paths of the client from the document.',
  options: {},
  example: 'npm run openapi',
})

/**
 * Writes the OpenAPI document that `/api/openapi` answers, and what the client has of it: its types, and the paths that take a
 * key. Tests hold the document equal to the schemas that validate, and the client equal to the document.
 */
const root = resolve(import.meta.dirname, '..')
const described = buildDocument(OPERATIONS, { open: true })
const document = `${JSON.stringify(described, null, 2)}\n`
await writeFile(resolve(root, 'lib/openapi/openapi.json'), document)
await writeFile(resolve(root, 'client/src/api.ts'), astToString(await openapiTypes(document)))
await writeFile(resolve(root, 'client/src/keyed-paths.ts'), keyedPathsModule(described))
