import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classifyAnswer } from '../../lib/anchors/check/answer-class.ts'
import { FINDINGS, limitFindings } from '../../lib/anchors/check/finding.ts'
import { readDirectPayment } from '../../lib/anchors/check/info/direct-payment.ts'
import { readOfferings } from '../../lib/anchors/check/info/offerings.ts'
import { readPrices } from '../../lib/anchors/check/info/prices.ts'
import { readQuotes } from '../../lib/anchors/check/info/quotes.ts'
import { readTransferInfo } from '../../lib/anchors/check/info/transfer.ts'

const RUNS = 10_000
/** A NUL or a lone surrogate in JSON text, which jsonb refuses. The same text after an escaped backslash is allowed. */
const REFUSED_BY_JSONB = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i

const NATIVE = 'stellar:native'
const USD = 'iso4217:USD'
const READERS = {
  sep6: (text: string) => readTransferInfo('sep6', text),
  sep24: (text: string) => readTransferInfo('sep24', text),
  sep31: readDirectPayment,
  sep38: readQuotes,
  sep59: readOfferings,
  prices: (text: string) => {
    return readPrices(text, {
      at: '2026-01-02T03:04:05.000Z',
      sells: NATIVE,
      listed: new Set([USD]),
    })
  },
}

const MEMBERS = (
  'deposit withdraw deposit-exchange withdraw-exchange receive assets offerings buy_assets fee transactions features ' +
  'A native __proto__ enabled authentication_required min_amount max_amount funding_methods types sep12 sender ' +
  'quotes_required asset country_codes sell_delivery_methods name kind country_code currency rail chain_id network price'
).split(' ')
const VALUES = [
  NATIVE,
  USD,
  'BR-SP',
  'bank_account',
  'crypto_address',
  'MXN',
  'MX',
  '1e400',
  '0.50',
]
const { like } = fc.letrec<{ like: unknown }>((tie) => ({
  like: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.constantFrom<unknown>(true, false, null, ...VALUES),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }),
    ),
    fc.array(tie('like'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...MEMBERS), fc.string()), tie('like'), { maxKeys: 5 }),
  ),
}))
const anyText = fc.oneof(
  { weight: 4, arbitrary: like.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json({ stringUnit: 'binary' }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
)

test.each(Object.entries(READERS))(
  'any JSON and any text is content or a coded finding to %s, and both fit into a row',
  (_name, read) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { step, findings, ...content } = read(text)
        if (step === 'declared') {
          expect(findings).toHaveLength(1)
          expect(content).toEqual({})
        }
        for (const { code, sep } of findings) {
          expect([Object.hasOwn(FINDINGS, code), Number.isInteger(sep)]).toEqual([true, true])
        }
        const row = JSON.stringify({ content, findings: limitFindings(findings) })
        expect(REFUSED_BY_JSONB.test(row)).toBe(false)
      }),
      { numRuns: RUNS },
    )
  },
)

test('any answer has a class', () => {
  const headers = fc.record({
    ...{ accessControlAllowOrigin: fc.constant(null), allow: fc.constant(null) },
    ...{ wwwAuthenticate: fc.option(fc.string()), cfMitigated: fc.option(fc.string()) },
  })
  const answer = fc.record({
    ...{
      status: fc.integer({ min: 100, max: 599 }),
      contentType: fc.string(),
      text: anyText,
      headers,
    },
    retryAfter: fc.option(fc.string()),
  })
  const subject = fc.constantFrom('info', 'challenge', 'customer', 'prices')
  fc.assert(
    fc.property(answer, subject, (given, what) => {
      const { kind } = classifyAnswer(given, what)
      if (kind === 'ok') expect(given.status).toBe(200)
      if (kind === 'protected') expect([400, 401, 403, 422]).toContain(given.status)
    }),
    { numRuns: RUNS },
  )
})

const amount = fc.oneof(
  fc
    .tuple(
      fc.bigInt({ min: 0n, max: 99_999_999_999_999_999_999n }),
      fc.stringMatching(/^[0-9]{1,20}$/),
    )
    .map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.bigInt({ min: 0n, max: 99_999_999_999_999_999_999n }).map(String),
)

test('a fee is stored with the digits of /info, and a text is a fault', () => {
  fc.assert(
    fc.property(amount, fc.boolean(), (written, quoted) => {
      const json = quoted ? `"${written}"` : written
      const { assets, findings } = readTransferInfo(
        'sep24',
        `{"deposit":{"A":{"enabled":true,"fee_fixed":${json}}},"withdraw":{},"fee":{"enabled":true}}`,
      )
      expect(findings.map(({ code }) => code)).toEqual(quoted ? ['info_amount_text'] : [])
      expect(assets?.['A']?.deposit?.feeFixed).toBe(written)
    }),
    { numRuns: RUNS },
  )
})
