import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')

/** A route that does not name them would call their place the query string, and offer them there. */
test.each(globSync('api/**/*.ts', { cwd: ROOT }))('%s names the parameters of its path', (file) => {
  const inName = [...file.matchAll(/\[(\w+)\]/g)].map(([, name]) => name)
  const source = readFileSync(resolve(ROOT, file), 'utf8')
  const named = /^ {2}path: \[(.*)\],$/m.exec(source)?.[1]?.match(/\w+/g) ?? []
  expect([...named]).toEqual(inName)
})
