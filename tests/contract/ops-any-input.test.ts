import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BEARER, OPS, useService } from './service.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u200b',
    '\u202e',
    'null',
    '__proto__',
    "';--",
    '<script>',
    '*',
    '🏦'.repeat(120),
  ),
)
const domain = fc.oneof(
  { weight: 3, arbitrary: fc.domain() },
  { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true }) },
  { weight: 1, arbitrary: fc.tuple(fc.domain(), text).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: text },
)
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }))
const country = fc.oneof(
  fc.constantFrom('MX', 'pe', 'Brazil', 'worldwide', 'UK', 'Mexico; Peru', 'EU'),
  value,
)
const currency = fc.oneof(fc.constantFrom('USD', 'yUSDC', 'USD;MXN', 'ABCDEFGHIJ12'), value)
const row = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        domain,
        home_domain: domain,
        website: domain,
        name: value,
        organization: value,
        country,
        locations: fc.oneof(country, fc.array(country, { maxLength: 4 })),
        currency,
        asset_codes: fc.oneof(currency, fc.array(currency, { maxLength: 4 })),
        type: fc.oneof(fc.constantFrom('on', 'off', 'both'), value),
        supports_deposit: value,
      },
      { requiredKeys: ['domain', 'currency'] },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

const PARAMETERS = [
  'limit',
  'country',
  'sep1DisableThreshold',
  'downloadUrl',
  'anchors',
  'dryRun',
  'active',
  'allowedDomains',
  'useEnvAllowedDomains',
  'mode',
  'sourceUrl',
  'directoryHome',
  'allowHorizon',
  'horizonUrl',
  'issuerLimit',
  'assetPages',
  'issuerConcurrency',
  'domainConcurrency',
  'refreshLimit',
]

describe('any input', () => {
  test('a row of any kind is stored or refused with a reason, and never refused by the database alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (anchors) => {
        const { status, body } = await service.ops({
          action: 'import_directory',
          anchors,
          dryRun: false,
        })
        // Keys that reach a prototype are refused with the whole body.
        if (status === 400) {
          expect(body.error).toBe('Invalid request body')
          return
        }
        expect([status, body.error]).toEqual([200, undefined])
        expect(body.written).toBe(body.totalNormalized)
        const refused = new Set(body.rejected.map(({ index }: { index: number }) => index))
        expect(refused.size).toBeGreaterThanOrEqual(body.skippedSourceRows)
        for (const { id, domain, country, currency, type } of body.sample) {
          expect(id).toBe(`${domain}:${type}:${country}:${currency}`)
          expect(domain).toMatch(/^[a-z0-9.-]+$/)
        }
      }),
      { numRuns: 200 },
    )
    const names = await service.query('select name from anchor_ops.listing')
    for (const { name } of names) expect(String(name)).not.toMatch(/[\p{Cc}\p{Cf}]|^\s|\s$/u)
  })

  test('parameters of any type get an answer or a 400 that names one of them, and never a 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('import_directory', 'refresh_capabilities', 'sync'),
        fc.dictionary(fc.constantFrom(...PARAMETERS), value, { maxKeys: 6 }),
        fc.boolean(),
        async (action, parameters, inQuery) => {
          const query = Object.fromEntries(
            Object.entries(parameters).map(([name, given]) => [
              name,
              typeof given === 'string' ? given.toWellFormed() : JSON.stringify(given),
            ]),
          )
          const reply = await (inQuery
            ? service.ops({ action }, query)
            : service.ops({ action, ...parameters }))
          expect([200, 400, 502]).toContain(reply.status)
          if (reply.status !== 400 || reply.body.error === 'Invalid request body') return
          expect(reply.body.code).toBe('invalid_parameter')
          for (const { path } of reply.body.details)
            expect(PARAMETERS).toContain(path.split('.')[0])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a body of any bytes gets a 400', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((json) => Buffer.from(json)),
        ),
        async (bytes) => {
          const raw = Uint8Array.from(bytes)
          const reply = await service.call({ method: 'POST', path: OPS, raw, headers: BEARER })
          expect(reply.status).toBe(400)
          expect(typeof reply.body.error).toBe('string')
        },
      ),
      { numRuns: 300 },
    )
  })
})
