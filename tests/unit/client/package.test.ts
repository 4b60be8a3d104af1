import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')
const ofService = JSON.parse(await read('package.json'))
const ofClient = JSON.parse(await read('client/package.json'))

test('the package of the client has the version and the licence of the service', async () => {
  expect(ofClient.version).toBe(ofService.version)
  expect(ofClient.license).toBe(ofService.license)
  expect(await read('client/LICENSE')).toBe(await read('LICENSE'))
})

test('the package depends on the release of openapi-fetch that the tests run', () => {
  const { dependencies, devDependencies } = ofService
  const tested = { ...devDependencies, ...dependencies }
  expect(ofClient.dependencies).toEqual({ 'openapi-fetch': tested['openapi-fetch'] })
})
