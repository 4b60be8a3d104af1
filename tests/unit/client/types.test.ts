import { readFile } from 'node:fs/promises'
import openapiTypes, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'
import type { OpenApiDocument } from '../../../lib/openapi/document.ts'
import { keyedPathsModule } from '../../../scripts/keyed-paths.ts'

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

test('the types of the client are those of the OpenAPI document; npm run openapi writes them', async () => {
  const types = astToString(await openapiTypes(await read('lib/openapi/openapi.json')))
  expect(await read('client/src/api.ts')).toBe(types)
})

test('the paths that get a key are those of the OpenAPI document; npm run openapi writes them', async () => {
  const document = JSON.parse(await read('lib/openapi/openapi.json')) as OpenApiDocument
  const module = keyedPathsModule(document)
  expect(module).toContain("'/api/transactions/rpc'")
  expect(await read('client/src/keyed-paths.ts')).toBe(module)
})
