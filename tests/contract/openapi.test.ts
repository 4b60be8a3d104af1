import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERROR_STATUS } from '../../lib/errors.ts'
import { buildDocument } from '../../lib/openapi/document.ts'
import type { JsonSchema } from '../../lib/openapi/json-schema.ts'
import { OPERATIONS } from '../../lib/openapi/operations.ts'
import { arbitraryOf } from '../helpers/schema-arbitrary.ts'
import { BEARER, KEY, useService } from './service.ts'
import { deposit } from './transactions.ts'

const service = useService({ reset: 'once' })
const ROOT = resolve(import.meta.dirname, '../..')

const document = buildDocument(OPERATIONS, { open: true })

interface Described {
  path: string
  method: string
  parameters: { name: string; in: string; required: boolean; schema: JsonSchema }[]
  body: JsonSchema | null
  /** The credential that the operation names. */
  headers: Record<string, string>
}

const operations: Described[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => {
    const content = (operation['requestBody'] as JsonSchema | undefined)?.['content'] as
      | Record<string, { schema: JsonSchema }>
      | undefined
    return {
      path,
      method,
      parameters: (operation['parameters'] ?? []) as Described['parameters'],
      body: content?.['application/json']?.schema ?? null,
      headers: JSON.stringify(operation['security']).includes('business') ? KEY : BEARER,
    }
  }),
)
const titled = operations.map((one) => [`${one.method.toUpperCase()} ${one.path}`, one] as const)

const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** Fills the names of the path with values that may stand there. */
function pathWith(path: string, values: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'none'))
}

describe('the OpenAPI document', () => {
  test('is the one that its schemas make, so `npm run openapi` was run after a change', async () => {
    const stored = readFileSync(`${ROOT}/lib/openapi/openapi.json`, 'utf8')
    expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(document)))
    const answer = await service.call({ path: '/api/openapi' })
    expect(answer.body).toEqual(JSON.parse(stored))
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('has a path for every file of api/ but the pages for people, and no other path', () => {
    const files = globSync('api/**/*.ts', { cwd: ROOT, exclude: ['api/pages/**'] }).map(
      (file) =>
        `/${file
          .replaceAll('\\', '/')
          .replace(/(\/index)?\.ts$/, '')
          .replace(/\[(\w+)\]/g, '{$1}')}`,
    )
    expect(Object.keys(document.paths).sort()).toEqual(files.sort())
  })

  test('describes for each path the methods that OPTIONS allows', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const { headers } = await service.call({ method: 'OPTIONS', path: pathWith(path, {}) })
      const allowed = (headers.get('allow') ?? '').split(', ')
      const described = Object.keys(methods).map((method) => method.toUpperCase())
      expect(allowed.filter((method) => method !== 'OPTIONS' && method !== 'HEAD')).toEqual(
        described,
      )
    }
  })

  test('names every error code', () => {
    const text = JSON.stringify(document.paths)
    const unnamed = Object.keys(ERROR_STATUS).filter(
      (code) => code !== 'method_not_allowed' && !text.includes(code),
    )
    expect(unnamed).toEqual([])
  })

  test('has an operation id of its own for each operation', () => {
    const ids = OPERATIONS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('an operation', () => {
  // The platform's event server may be set to send any query, and no event may be refused for it.
  test.each(titled.filter(([, { path }]) => path !== '/api/transactions/event'))(
    '%s names exactly the query parameters that the route reads',
    async (_, one) => {
      const { status, body } = await service.call({
        method: one.method.toUpperCase(),
        path: pathWith(one.path, {}),
        query: { 'no-such-parameter': 'x' },
        headers: one.headers,
        ...(one.method === 'post' ? { body: {} } : {}),
      })
      expect(status).toBe(400)
      const detail = body.details.find(({ path }: { path: string }) => path === 'no-such-parameter')
      const allowed = detail.message.replace(/^.*; allowed: /s, '')
      const described = one.parameters.filter((parameter) => parameter.in === 'query')
      expect(allowed).toBe(described.map(({ name }) => name).join(', ') || 'none')
    },
  )
})

describe('any input of the described form', () => {
  // A call that reaches outside, such as a sync, takes the time of its work. Such inputs are drawn less often.
  const runs = process.env['FC_NUM_RUNS'] === undefined ? 8 : Number(process.env['FC_NUM_RUNS'])

  test.each(titled)(
    '%s is answered as the document says, and never with a 500',
    async (_, one) => {
      service.platformHas([deposit('deposit-1')])
      const named = one.parameters.filter((parameter) => parameter.in !== 'header')
      const call = fc.record({
        parameters: fc.record(
          Object.fromEntries(
            named.map(({ name, schema }) => [
              name,
              arbitraryOf(schema, document.components.schemas),
            ]),
          ),
          { requiredKeys: named.filter(({ required }) => required).map(({ name }) => name) },
        ),
        body:
          one.body === null
            ? fc.constant(undefined)
            : arbitraryOf(one.body, document.components.schemas),
      })
      await fc.assert(
        fc.asyncProperty(call, async ({ parameters, body }) => {
          const inPath = Object.fromEntries(
            named
              .filter((parameter) => parameter.in === 'path')
              .map(({ name }) => [name, written(parameters[name])]),
          )
          const query = new URLSearchParams()
          for (const { name, in: place } of named) {
            const value: unknown = parameters[name]
            if (place !== 'query' || value === undefined) continue
            for (const entry of Array.isArray(value) ? value : [value])
              query.append(name, written(entry))
          }
          // `call` fails for an answer that is not as described.
          const { status } = await service.call({
            method: one.method.toUpperCase(),
            path: pathWith(one.path, inPath),
            query: query.toString(),
            headers: one.headers,
            ...(body === undefined ? {} : { body }),
          })
          expect(status).not.toBe(500)
        }),
        { numRuns: runs, verbose: false },
      )
    },
    60_000,
  )
})
