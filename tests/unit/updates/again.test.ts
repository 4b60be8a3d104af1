import { describe, expect, test } from 'vitest'
import { resolveMethod } from '../../../lib/platform/methods.ts'
import { isAppliedBefore, judgeAgain } from '../../../lib/updates/again.ts'
import type { TransactionReading } from '../../../lib/updates/context.ts'
import { keyOfAgain } from '../../../lib/updates/identity.ts'
import type { BegunUpdate, NewUpdate } from '../../../lib/updates/store.ts'
import {
  ATTEMPT_ID,
  documentOf,
  machine,
  PROFILE,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'

const METHOD = 'notify_onchain_funds_received'
const HASH = 'ab'.repeat(32)
const PARAMS = { transaction_id: 't-1', stellar_transaction_id: HASH }
const TIME = '2026-02-03T04:10:00Z'
/** A withdrawal, whose received payment may be meant again from on_hold. */
const withdrawal = (status: string, fields = {}) =>
  documentOf({ kind: 'withdrawal', status, updated_at: TIME, ...fields })

const BEGUN: BegunUpdate = {
  index: 2,
  attemptId: ATTEMPT_ID,
  seq: '1',
  created: false,
  state: 'APPLIED',
  rpcId: 'rpc-1',
  outcome: null,
  refusal: null,
  transaction: withdrawal('pending_anchor'),
}
const ROW: NewUpdate = {
  index: 2,
  transactionId: 't-1',
  method: METHOD,
  params: PARAMS,
  naturalKey: 'k',
  custody: false,
  origin: 'rpc',
  keyName: null,
  refund: null,
  expiresInSeconds: null,
  rpcId: null,
  forced: null,
  replay: null,
}
const OTHER_PARAMS = { code: 'natural_key_used', detail: {} } as const

describe('an update that was applied before', () => {
  test.each<[string, Partial<BegunUpdate>, boolean]>([
    ['is found by its natural key', {}, true],
    ['is found with other params', { refusal: OTHER_PARAMS }, true],
    ['was not stored by this call', { created: true }, false],
    ['is not applied yet', { state: 'UNKNOWN' }, false],
    ['is refused for another reason', { refusal: { code: 'refund_repeated', detail: {} } }, false],
  ])('%s', (_case, change, expected) => {
    expect(isAppliedBefore({ ...BEGUN, ...change })).toBe(expected)
  })
})

interface Asked {
  begun?: Partial<BegunUpdate>
  row?: Partial<NewUpdate>
  holder?: string | null
  keyIsNew?: boolean
  reading?: TransactionReading | null
  readings?: Shown[]
  stored?: ReturnType<typeof storedAttempt> | null
  method?: string
}

async function judge({
  begun = {},
  row = {},
  holder = null,
  keyIsNew = false,
  reading = null,
  readings = [withdrawal('pending_anchor')],
  stored = null,
  method = METHOD,
}: Asked) {
  const { db } = scriptedDatabase({ read_attempt: [stored] })
  const { io, read } = machine({ db, readings })
  const again = await judgeAgain(
    { ...BEGUN, ...begun },
    { method: resolveMethod(method, PROFILE), params: PARAMS, row: { ...ROW, ...row } },
    {
      identity: { key: 'key-1', holder },
      keyIsNew,
      reading: reading === null ? null : Promise.resolve(reading),
    },
    io,
  )
  return { again, read: read.length }
}

const shown = (transaction: unknown) => ({
  kind: 'answer',
  result: { kind: 'applied', attemptId: ATTEMPT_ID, transaction },
})
const notShown = { kind: 'answer', result: { kind: 'open', state: 'APPLIED' } }

describe('a repeat of the request that stored the update', () => {
  const stored = storedAttempt({ requestKey: 'key-1', itemIndex: 2 })

  test('gets the answer of the first time, and nothing is read', async () => {
    const { again, read } = await judge({ holder: 'h', stored })
    expect(again).toEqual(shown(stored.post))
    expect(read).toBe(0)
  })

  test.each<[string, Asked]>([
    ['of another request', { holder: 'h', stored: { ...stored, requestKey: 'key-2' } }],
    ['of another place of the request', { holder: 'h', stored: { ...stored, itemIndex: 1 } }],
    ['that is not stored any more', { holder: 'h', stored: null }],
    ['of a request without a key of its caller', { holder: null, stored }],
  ])('is told from an attempt %s by a reading', async (_case, asked) => {
    const { again, read } = await judge(asked)
    expect(again).toEqual(shown(withdrawal('pending_anchor')))
    expect(read).toBe(1)
  })
})

describe('a repeat by another request', () => {
  test('is answered with the transaction as the platform shows it now', async () => {
    const now = withdrawal('completed', { updated_at: '2026-02-03T04:20:00Z' })
    expect((await judge({ readings: [now] })).again).toEqual(shown(now))
  })

  test('is answered with the stored transaction if nothing has changed since', async () => {
    const now = withdrawal('pending_anchor', { message: 'as it is read' })
    expect((await judge({ readings: [now] })).again).toEqual(shown(withdrawal('pending_anchor')))
  })

  test('is answered with the stored transaction if the platform cannot be read', async () => {
    expect((await judge({ readings: [unread()] })).again).toEqual(
      shown(withdrawal('pending_anchor')),
    )
  })

  test('is answered with a reading that runs already', async () => {
    const transaction = shownAs({
      ...withdrawal('completed'),
      updated_at: '2026-02-03T04:20:00Z',
    })
    const { again, read } = await judge({ reading: { transaction } })
    expect(again).toEqual(shown(transaction.document))
    expect(read).toBe(0)
  })

  test('reads again if a reading that runs already is older than the attempt', async () => {
    const early = shownAs({
      ...withdrawal('pending_user_transfer_start'),
      updated_at: '2026-01-01T00:00:00Z',
    })
    const { again, read } = await judge({ reading: { transaction: early } })
    expect(again).toEqual(shown(withdrawal('pending_anchor')))
    expect(read).toBe(1)
  })

  test('is open if the transaction does not show it', async () => {
    const now = withdrawal('pending_user_transfer_start', { updated_at: '2026-02-03T04:20:00Z' })
    expect((await judge({ readings: [now] })).again).toMatchObject(notShown)
  })

  test('is open if the platform shows an earlier state that a new reading repeats', async () => {
    const now = withdrawal('pending_user_transfer_start', { updated_at: '2026-01-01T00:00:00Z' })
    const { again, read } = await judge({ readings: [now] })
    expect(again).toMatchObject(notShown)
    expect(read).toBe(1)
  })

  test('is open if the platform does not have the transaction', async () => {
    expect((await judge({ readings: [null] })).again).toMatchObject(notShown)
  })

  test('is open if neither the platform nor the database shows the transaction', async () => {
    const begun = { transaction: null }
    expect((await judge({ readings: [unread()], begun })).again).toMatchObject(notShown)
  })

  test('is answered with a reading if no transaction is stored', async () => {
    const begun = { transaction: null }
    expect((await judge({ begun })).again).toEqual(shown(withdrawal('pending_anchor')))
  })

  test.each<[string, Partial<BegunUpdate>]>([
    ['with other params', { refusal: OTHER_PARAMS }],
    ['without an attempt', { attemptId: null }],
  ])('%s is refused, and is not reported as applied', async (_case, begun) => {
    expect((await judge({ begun })).again).toEqual({ kind: 'refused' })
  })
})

describe('an update that may be meant again, from on_hold', () => {
  const onHold = withdrawal('on_hold', { updated_at: '2026-02-03T04:20:00Z' })
  const key = keyOfAgain('k', { status: 'on_hold', updated_at: '2026-02-03T04:20:00Z' })

  test.each<[string, Asked]>([
    ['with a new Idempotency-Key', { keyIsNew: true }],
    ['forced by a person', { row: { forced: 'meant' } }],
    ['with other params and a new key', { keyIsNew: true, begun: { refusal: OTHER_PARAMS } }],
  ])('%s is a new update with a natural key of its own', async (_case, asked) => {
    const { again } = await judge({ ...asked, readings: [onHold] })
    expect(again).toEqual({ kind: 'new', row: { ...ROW, ...asked.row, naturalKey: key } })
  })

  test('as a late repeat from the network does nothing', async () => {
    expect((await judge({ readings: [onHold] })).again).toEqual({
      kind: 'answer',
      result: {
        kind: 'rejected',
        attemptId: null,
        error: {
          code: -32600,
          message: expect.stringContaining('the payment was reported for this transaction before'),
          data: { reason: 'reported_before', status: 'on_hold', attemptId: ATTEMPT_ID },
        },
      },
    })
  })

  test('by a method that has no such status is answered as applied or not shown', async () => {
    const asked = { method: 'notify_onchain_funds_sent', keyIsNew: true, readings: [onHold] }
    expect((await judge(asked)).again).toEqual(shown(onHold))
  })

  test('of a kind to which the method does not apply is not stored again', async () => {
    const deposit = { ...onHold, kind: 'deposit' }
    expect((await judge({ keyIsNew: true, readings: [deposit] })).again).toEqual(shown(deposit))
  })
})
