import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLosslessJson } from '../../lib/lossless-json.ts'
import { errorResponse, readEnvelope } from '../../lib/platform/envelope.ts'
import { rpcMethods } from '../../lib/platform/methods.ts'
import { refusalOf } from '../../lib/platform/param-problem.ts'
import { readParams } from '../../lib/platform/params.ts'
import { RELEASES } from '../../lib/platform/releases/families.ts'
import { localRefusal } from '../../lib/platform/status-rules.ts'
import { readPlatformTransaction } from '../../lib/platform/transaction.ts'
import { JsonRefusedError } from '../../lib/safe-json.ts'

const digits = (maxLength: number) =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength }).map((all) => all.join(''))

/** Source texts of JSON numbers with more digits than a JavaScript number holds. */
const numberSource = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits(25).map((text) => text.replace(/^0+(?=.)/, '')),
    fc.option(digits(25), { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), digits(3)), { nil: undefined }),
  )
  .map(([sign, whole, fraction, exponent]) =>
    [sign, whole, fraction === undefined ? '' : `.${fraction}`, exponent?.join('') ?? ''].join(''),
  )

test('every number keeps all its digits at any place', () => {
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      numberSource,
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('true', 'false', 'null'),
      fc.array(tie('value'), { maxLength: 4 }).map((all) => `[${all.join()}]`),
      fc
        .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), tie('value')), {
          selector: ([key]) => key,
          maxLength: 4,
        })
        .map((all) => all.filter(([key]) => key !== 'constructor' && key !== 'prototype'))
        .map((all) => `{${all.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`),
    ),
  }))
  fc.assert(
    fc.property(value, (text) => {
      if (text.includes(String.raw`\u0000`)) return
      expect(JSON.stringify(parseLosslessJson(text))).toBe(text)
    }),
    { numRuns: 20_000 },
  )
})

test('any text is read as JSON.parse reads it, or refused with a reason', () => {
  const piece = fc.constantFrom(...'{}[]:,"\\ 1.e-', '"a"', '"a":', 'null', '\\u0000', '__proto__')
  const text = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
    fc.json({ maxDepth: 4 }),
  )
  fc.assert(
    fc.property(text, (json) => {
      try {
        parseLosslessJson(json)
      } catch (error) {
        if (!(error instanceof JsonRefusedError)) throw error
        if (error.reason !== 'malformed') return
        expect(() => JSON.parse(json)).toThrow()
        return
      }
      expect(() => JSON.parse(json)).not.toThrow()
    }),
    { numRuns: 50_000 },
  )
})

const scalar = fc.oneof(
  fc.constantFrom('2.0', '', 'T', '10', '-1', '1e2', 'iso4217:USD', 'stellar:native', 'hash', '0'),
  fc.string({ maxLength: 5 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.record({ amount: scalar, asset: scalar }, { requiredKeys: [] }) },
  scalar,
)
const params = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        transaction_id: scalar,
        message: scalar,
        amount_in: amount,
        amount_out: amount,
        amount_fee: amount,
        amount_expected: amount,
        fee_details: fc.oneof(
          fc.record(
            { total: scalar, asset: scalar, details: fc.oneof(fc.array(amount), scalar) },
            { requiredKeys: [] },
          ),
          scalar,
        ),
        refund: fc.oneof(
          fc.record({ id: scalar, amount, amount_fee: amount }, { requiredKeys: [] }),
          scalar,
        ),
        success: scalar,
        memo: scalar,
        memo_type: scalar,
        stellar_transaction_id: scalar,
        destination_account: scalar,
        user_action_required_by: scalar,
        instructions: fc.oneof(fc.dictionary(fc.string(), amount), scalar),
        required_customer_info_updates: fc.oneof(fc.array(scalar), scalar),
      },
      { requiredKeys: [] },
    ),
  },
  fc.anything({ withNullPrototype: false }),
)
const method = fc.oneof(
  fc.constantFrom(...rpcMethods('2.8').keys(), ...rpcMethods('4.2').keys()),
  fc.constantFrom('constructor', 'toString', ''),
)
const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { jsonrpc: fc.constantFrom('2.0', 2, null), method, params, id: scalar },
      { requiredKeys: [] },
    ),
  },
  scalar,
  fc.array(scalar, { maxLength: 2 }),
)
const body = fc.oneof(call, fc.array(call, { maxLength: 50 }), fc.jsonValue())

/** The value of a text; undefined if the text is refused. */
function readJson(text: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch (error) {
    if (error instanceof JsonRefusedError) return undefined
    throw error
  }
}

const transaction = fc
  .record({
    sep: fc.constantFrom('6', '24', '31'),
    kind: fc.constantFrom('deposit', 'withdrawal', 'withdrawal-exchange', 'receive'),
    status: fc.constantFrom('incomplete', 'pending_anchor', 'pending_external', 'error'),
    received: fc.boolean(),
  })
  .map(({ received, ...rest }) =>
    readPlatformTransaction({
      id: 'T',
      ...rest,
      ...(received ? { transfer_received_at: '2024-07-01T00:00:00Z' } : {}),
    }),
  )

test('any JSON gets one response for each call, with a code of the platform', () => {
  const now = new Date('2024-07-01T00:00:00Z')
  fc.assert(
    fc.property(body, transaction, fc.constantFrom(...RELEASES), (value, pre, release) => {
      const text = JSON.stringify(value)
      if (text === undefined) return
      const read = readJson(text)
      if (read === undefined) return
      const envelope = readEnvelope(read)
      if (envelope === null) {
        expect(typeof read !== 'object' || text === 'null' || /^[-\d]/.test(text)).toBe(true)
        return
      }
      const size = Array.isArray(read) ? read.length : 1
      expect(envelope.entries).toHaveLength(size > 40 ? 1 : size)
      for (const entry of envelope.entries) {
        if ('refusal' in entry) {
          expect(entry.refusal.error.code).toBe(-32600)
          continue
        }
        const spec = rpcMethods(release).get(entry.call.method)
        if (spec === undefined || spec.rules.length === 0) continue
        const reading = readParams(spec, entry.call.params)
        const refusal =
          reading.params === null
            ? refusalOf(reading.problems)
            : localRefusal(spec, reading.params, pre, { profile: { release, custody: false }, now })
        if (refusal === null) continue
        expect([-32600, -32602, -32603]).toContain(refusal.code)
        const answer = JSON.parse(JSON.stringify(errorResponse(entry.call, refusal)))
        expect(answer.error.message.length).toBeGreaterThan(0)
        expect(answer.error.data.problems.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 5_000 },
  )
})

test('no amount is sent with a plus sign, an exponent or a loose point', () => {
  const plain = /^(?:0|[1-9]\d*)(?:\.\d+)?$/
  const now = new Date('2024-07-01T00:00:00Z')
  const known = fc.constantFrom(...rpcMethods('2.8').values())
  const profile = { release: '2.8', custody: true } as const
  let sent = 0
  fc.assert(
    fc.property(known, params, transaction, (spec, value, pre) => {
      const text = JSON.stringify(value)
      const json = text === undefined ? undefined : readJson(text)
      if (json === undefined) return
      const reading = readParams(spec, json)
      if (reading.params === null || pre === null) return
      if (localRefusal(spec, reading.params, pre, { profile, now }) !== null) return
      if (reading.params.transaction_id === '') throw new Error('sent without a transaction')
      sent += 1
      for (const name of ['amount_in', 'amount_out', 'amount_fee'] as const) {
        const amountSent = spec.params[name] && reading.params[name]?.amount
        if (amountSent === undefined || plain.test(amountSent)) continue
        // Negative amounts and texts that are not numbers may be sent, because the platform refuses them itself.
        expect(amountSent).not.toMatch(/^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i)
      }
    }),
    { numRuns: 20_000 },
  )
  expect(sent).toBeGreaterThan(1_000)
})
