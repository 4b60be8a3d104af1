import { describe, expect, test } from 'vitest'
import { LedgerError, type LedgerHead } from '../../../lib/ledger/source.ts'
import { checkLedger } from '../../../lib/updates/check-ledger.ts'
import { machine, readyAttempt, scriptedDatabase, shownAs } from './machine.ts'
import { HASH, ledgerOf } from './payout/payout.ts'

const RECEIVED = 'notify_onchain_funds_received'
const REPORTED = '2026-02-03T04:05:00.000Z'
const params = { transaction_id: 't-1', stellar_transaction_id: HASH }
const reading = { transaction: shownAs({ kind: 'withdrawal' }) }

type Head = string | Error

/** Checks a report of a Stellar transaction that the ledger does not have, whose newest ledgers closed at these times. */
async function check(
  heads: Head[],
  {
    attempt = {},
    secondsAgo = 6,
    seen = reading as Parameters<typeof checkLedger>[1],
    without = false,
  }: {
    attempt?: Parameters<typeof readyAttempt>[0]
    secondsAgo?: number
    seen?: Parameters<typeof checkLedger>[1]
    without?: boolean
  } = {},
) {
  const { db, calls } = scriptedDatabase({
    read_report_time: [{ reportedAt: REPORTED, secondsAgo }],
  })
  const asked = ledgerOf({ transaction: null })
  const left = [...heads]
  const head = async () => {
    const closedAt = left.length > 1 ? left.shift() : left[0]
    if (closedAt instanceof Error) throw closedAt
    return { closedAt } as LedgerHead
  }
  const ledger = { ...asked, head }
  const { io, slept } = machine({ db, ledger: without ? null : ledger })
  const ready = readyAttempt({ name: RECEIVED, params, ...attempt })
  const result = await checkLedger(ready, seen, io)
  return { result, slept, asked: asked.asked, calls }
}

const BEFORE = '2026-02-03T04:04:59.000Z'
const refused = { kind: 'refused', error: { data: { reason: 'stellar_transaction_not_found' } } }
const behind = {
  kind: 'unreadable',
  reason: `the Stellar transaction is not in it yet, and its newest ledger closed at ${BEFORE}, before the report at ${REPORTED}.`,
  retryAfterSeconds: 6,
}

describe('a Stellar transaction that the ledger does not have', () => {
  test.each([REPORTED, '2026-02-03T04:05:06.000Z'])(
    'is refused once a ledger closed at %s, after its report',
    async (closedAt) => {
      const { result, slept, calls } = await check([closedAt])
      expect(result).toMatchObject(refused)
      expect(slept).toEqual([])
      expect(calls.map(({ name }) => name)).toEqual(['read_report_time'])
    },
  )

  test('is waited for in place for one ledger while a caller waits', async () => {
    const waited = await check([BEFORE, '2026-02-03T04:05:06.000Z'])
    expect(waited.result).toMatchObject(refused)
    expect(waited.slept).toEqual([6_000])
    expect(waited.asked).toHaveLength(2)
  })

  test('is tried later if the source still lags behind', async () => {
    const { result, slept } = await check([BEFORE])
    expect(result).toEqual(behind)
    expect(slept).toEqual([6_000])
  })

  test('is tried later at once while nobody waits', async () => {
    const { result, slept } = await check([BEFORE], { attempt: { unattended: true } })
    expect(result).toEqual(behind)
    expect(slept).toEqual([])
  })

  test('is not waited for longer than 5 min after its report', async () => {
    const attempt = { unattended: true }
    expect((await check([BEFORE], { attempt, secondsAgo: 300 })).result).toEqual(behind)
    expect((await check([BEFORE], { attempt, secondsAgo: 301 })).result).toMatchObject(refused)
  })

  test('is tried later while the newest ledger cannot be read', async () => {
    const down = new LedgerError('ledger_rate_limited', 'horizon answered 429')
    const { result } = await check([down], { attempt: { unattended: true } })
    expect(result).toEqual({
      kind: 'unreadable',
      reason: 'horizon answered 429',
      retryAfterSeconds: 6,
    })
  })

  test('is not judged after a fault of our own', async () => {
    const broken = new TypeError('broken')
    await expect(check([broken])).rejects.toBe(broken)
  })
})

describe('no ledger is asked', () => {
  test.each<[string, Parameters<typeof check>[1]]>([
    ['when none is configured', { without: true }],
    ['for a method that needs none', { attempt: { name: 'notify_offchain_funds_received' } }],
    ['for a payment that was read from it', { attempt: { operationId: '7' } }],
    ['when the transaction cannot be read', { seen: { failure: 'x', code: 'unreachable' } }],
    ['when the platform does not have the transaction', { seen: { transaction: null } }],
  ])('%s', async (_case, options) => {
    const { result, asked } = await check([BEFORE], options)
    expect(result).toBeNull()
    expect(asked).toEqual([])
  })
})

test('a person who forces the report overrides a ledger that does not have it', async () => {
  const { result } = await check([BEFORE], { attempt: { forced: 'seen in the bank' } })
  expect(result).toMatchObject({ kind: 'ok', evidence: { forced: true } })
})
