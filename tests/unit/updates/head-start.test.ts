import { describe, expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import { resolveMethod } from '../../../lib/platform/methods.ts'
import type { UpdateIo } from '../../../lib/updates/context.ts'
import {
  begunSending,
  headStartRpcId,
  readAhead,
  releaseIfChanged,
} from '../../../lib/updates/head-start.ts'
import type { BegunUpdate } from '../../../lib/updates/store.ts'
import { documentOf, machine, PROFILE } from './machine.ts'
import { ledgerOf } from './payout/payout.ts'

const ANSWER = {
  id: 't',
  status: 'completed',
  updated_at: '2026-02-03T04:05:06.123456789Z',
  completed_at: '2026-02-03T04:05:06.123400499Z',
  message: '2026-02-03T04:05:06.123456789Z',
}
const READING = {
  ...ANSWER,
  updated_at: '2026-02-03T04:05:06.123457Z',
  completed_at: '2026-02-03T04:05:06.1234Z',
}

/** The calls of the database that were made when a send began on `pre` and the platform shows `document`. */
async function callsFor(pre: object, document: object): Promise<string[]> {
  const calls: string[] = []
  const db = {
    call: async (name: string) => {
      calls.push(name)
      return { recorded: true, state: 'READY', outcome: null, settleAt: null }
    },
  } as Database
  const sending = { rpcId: 'r', pre: { ...pre }, sinceMs: 0 }
  await releaseIfChanged('a', sending, { ...document }, { db } as UpdateIo)
  return calls
}

test('a send is kept when the platform shows the stored answer with rounded times', async () => {
  expect(await callsFor(ANSWER, READING)).toEqual([])
  expect(await callsFor(READING, READING)).toEqual([])
})

test.each([
  ['a time is a microsecond later', { updated_at: '2026-02-03T04:05:06.123458Z' }],
  ['a time is missing', { completed_at: undefined }],
  ['a time is not an instant', { updated_at: 'now' }],
  ['another field changed', { status: 'pending_anchor' }],
  ['a text that is not a time differs in its digits', { message: READING.updated_at }],
  ['a field was added', { external_transaction_id: 'x' }],
  ['a time is a number', { updated_at: 7 }],
])('a send goes back to READY when %s', async (_, change) => {
  expect(await callsFor(ANSWER, { ...READING, ...change })).toEqual(['record_outcome'])
})

test.each([
  'started_at',
  'updated_at',
  'completed_at',
  'transfer_received_at',
  'user_action_required_by',
])('a send is kept when only the digits of %s are rounded', async (name) => {
  const exact = { id: 't', [name]: '2026-02-03T04:05:06.123456789Z' }
  expect(await callsFor(exact, { id: 't', [name]: '2026-02-03T04:05:06.123457Z' })).toEqual([])
  expect(await callsFor({ id: 't' }, { id: 't', [name]: exact[name] })).not.toEqual([])
})

describe('the database may begin a send while it stores the update', () => {
  const method = (name: string) => resolveMethod(name, PROFILE)
  const { io } = machine()
  const withLedger = { ...io, ledger: ledgerOf({}) }

  test('under a new id each time', () => {
    const ids = [1, 2].map(() =>
      headStartRpcId(method('notify_offchain_funds_received'), withLedger),
    )
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(ids[0]).not.toBe(ids[1])
  })

  test.each([
    ['notify_onchain_funds_received', io, false],
    ['notify_onchain_funds_sent', io, false],
    ['request_trust', withLedger, false],
    ['request_trust', io, true],
    ['notify_transaction_error', io, true],
  ])('but not for what the ledger must be asked first: %s', (name, world, mayBegin) => {
    expect(headStartRpcId(method(name), world) !== null).toBe(mayBegin)
  })

  const begun: BegunUpdate = {
    index: 0,
    attemptId: '00000000-0000-4000-8000-000000000001',
    seq: '1',
    created: true,
    state: 'SENDING',
    rpcId: 'own',
    outcome: null,
    refusal: null,
    transaction: documentOf(),
  }
  test('and is the send of this request by its id alone', () => {
    expect(begunSending(begun, 'own', 7)).toEqual({ rpcId: 'own', pre: documentOf(), sinceMs: 7 })
  })

  test.each<[string, Partial<BegunUpdate>, string | null]>([
    ['of another request', {}, 'other'],
    ['that this request did not offer', {}, null],
    ['without an id', { rpcId: null }, null],
    ['of an attempt that waits', { state: 'READY' }, 'own'],
    ['without a stored transaction', { transaction: null }, 'own'],
  ])('and no send %s', (_case, change, ownRpcId) => {
    expect(begunSending({ ...begun, ...change }, ownRpcId, 7)).toBeNull()
  })
})

describe('the transactions of updates that are being stored', () => {
  test('are read once each, for their first update', async () => {
    const { io, read } = machine()
    const readings = readAhead(
      [
        { transactionId: 't-1', index: 0 },
        { transactionId: 't-2', index: 1 },
        { transactionId: 't-1', index: 2 },
      ],
      io,
    )
    expect([...readings.keys()].toSorted()).toEqual([0, 1])
    expect(await readings.get(0)).toMatchObject({ transaction: { id: 't-1' } })
    expect(read.toSorted()).toEqual(['t-1', 't-2'])
  })

  test('are not read while another update of the transaction runs here', async () => {
    const { io, read } = machine()
    const running = Promise.withResolvers<void>()
    const turn = io.turns.take('t-1', () => running.promise)
    expect(readAhead([{ transactionId: 't-1', index: 0 }], io).size).toBe(0)
    expect(read).toEqual([])
    running.resolve()
    await turn
    expect(readAhead([{ transactionId: 't-1', index: 0 }], io).size).toBe(1)
  })

  test('that fail for a reason of our own are heard of by whoever awaits them alone', async () => {
    const broken = new TypeError('broken')
    const { io } = machine({ readings: [broken] })
    const [reading] = readAhead([{ transactionId: 't-1', index: 0 }], io).values()
    await new Promise((resolve) => setImmediate(resolve))
    await expect(reading).rejects.toBe(broken)
  })
})
