import { readFile } from 'node:fs/promises'
import openapiTypes, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

test('the types of the client are those of the OpenAPI document; npm run openapi writes them', async () => {
  const types = astToString(await openapiTypes(await read('lib/openapi/openapi.json')))
  expect(await read('client/src/api.ts')).toBe(types)
})
