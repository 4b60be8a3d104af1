import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHorizonSource } from '../../../../lib/ledger/horizon/source.ts'
import type { LedgerIo } from '../../../../lib/ledger/request.ts'
import { LedgerError, type PaymentPage } from '../../../../lib/ledger/source.ts'
import { fetchAnswer } from '../../../helpers/fetch-answer.ts'
import { ANCHOR, OPERATIONS } from '../ledger-world.ts'

/** Reads the page of a Horizon that answers every request with this body. */
function pageOf(body: unknown, cursor = '0'): Promise<PaymentPage> {
  const io: LedgerIo = {
    fetch: async (url) => fetchAnswer(url, { text: JSON.stringify(body) }),
    sleep: async () => {},
    now: () => new Date(0),
  }
  return createHorizonSource({ url: 'https://horizon.sim' }, io).payments(ANCHOR, cursor)
}

const pageWith = (...records: unknown[]) => pageOf({ _embedded: { records } })

describe('an operation of Horizon', () => {
  test.each(OPERATIONS)('is read from $name', async ({ record, expected }) => {
    const { payments, cursor } = await pageWith(record)
    expect(cursor).toBe(record['id'])
    if (expected === null) return expect(payments).toEqual([])
    expect(payments).toEqual([
      {
        operationId: record['id'],
        cursor: record['id'],
        ledger: 2000,
        closedAt: '2026-11-20T10:00:00.000Z',
        transactionHash: record['transaction_hash'],
        ...expected,
      },
    ])
  })

  test('keeps its place in a page with all kinds of operations', async () => {
    const { payments, isLast } = await pageWith(...OPERATIONS.map(({ record }) => record))
    const paying = OPERATIONS.filter(({ expected }) => expected !== null)
    expect(payments.map(({ operationId }) => operationId)).toEqual(
      paying.map(({ record }) => record['id']),
    )
    expect(isLast).toBe(true)
  })

  const good = OPERATIONS[0]?.record ?? {}

  test('has its own sender, beside others of its transaction', async () => {
    const first = BigInt(String(good['id']))
    const sent = [ANCHOR, String(good['from'])].map((from, place) => {
      const id = String(first + BigInt(place))
      return { ...good, id, paging_token: id, from, source_account: from }
    })
    const { payments } = await pageWith(...sent)
    expect(payments.map(({ from }) => from)).toEqual(sent.map(({ from }) => from))
    expect(new Set(payments.map(({ transactionHash }) => transactionHash)).size).toBe(1)
  })

  test.each<[string, Record<string, unknown>]>([
    ['no id', { id: undefined }],
    ['an id that is a number', { id: 8589934592000 }],
    ['an id that is not a number', { id: 'abc', paging_token: 'abc' }],
    ['an id beyond 63 bits', { id: '9223372036854775808', paging_token: '9223372036854775808' }],
    ['another paging token than its id', { paging_token: '1' }],
    ['no paging token', { paging_token: undefined }],
    ['no transaction hash', { transaction_hash: undefined }],
    ['a hash in capital letters', { transaction_hash: 'A'.repeat(64) }],
  ])('with %s makes its page unreadable', async (_name, changes) => {
    await expect(pageWith({ ...good, ...changes })).rejects.toMatchObject({
      code: 'ledger_unreadable',
    })
  })
})

describe('a page of Horizon', () => {
  const [first, second] = OPERATIONS.map(({ record }) => record)

  test.each<[string, unknown]>([
    ['is not an object', 7],
    ['has no records', { _embedded: {} }],
    ['has records that are not a list', { _embedded: { records: {} } }],
    ['has more records than its limit', { _embedded: { records: new Array(201).fill(first) } }],
    ['is out of order', { _embedded: { records: [second, first] } }],
    ['has an operation twice', { _embedded: { records: [first, first] } }],
    ['has null in place of a record', { _embedded: { records: [null] } }],
  ])('that %s is refused', async (_name, body) => {
    await expect(pageOf(body)).rejects.toMatchObject({ code: 'ledger_unreadable' })
  })

  test('that repeats records before the cursor lacks them and is not the last page', async () => {
    const body = { _embedded: { records: [first, second] } }
    const page = await pageOf(body, String(first?.['id']))
    expect(page.payments.map(({ operationId }) => operationId)).toEqual([second?.['id']])
    expect(page.isLast).toBe(false)
  })
})

const json = fc.jsonValue({ maxDepth: 3 })

test('any JSON in place of a record or its parts ends in a page or in a LedgerError', async () => {
  const names = [...new Set(OPERATIONS.flatMap(({ record }) => Object.keys(record)))]
  const record = fc.oneof(
    json,
    fc
      .tuple(fc.constantFrom(...OPERATIONS), fc.dictionary(fc.constantFrom(...names), json))
      .map(([{ record }, changes]) => ({ ...record, ...changes })),
    fc
      .tuple(fc.constantFrom(...OPERATIONS), json, fc.string())
      .map(([{ record }, memo, memo_type]) => ({
        ...record,
        transaction: { ...Object(record['transaction']), memo, memo_type, memo_bytes: memo },
      })),
  )
  await fc.assert(
    fc.asyncProperty(record, async (value) => {
      const outcome = await pageWith(value).catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LedgerError)
      else expect(JSON.stringify(outcome)).not.toContain('\\u0000')
    }),
    { numRuns: 2_000 },
  )
})
