import { expect, test } from 'vitest'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { createLedgerStub, operationId } from '../helpers/ledger-stub.ts'
import { useInstances } from './instances.ts'
import { BEARER, KEY } from './service.ts'
import {
  ANCHOR as ACCOUNT,
  amountsUpdated,
  deposit,
  refundOf,
  USD,
  USDC,
  USER,
  withdrawal,
} from './transactions.ts'

const METHOD = 'notify_amounts_updated'
const { params } = amountsUpdated('t', 'm') as { params: Record<string, unknown> }

/** The asset of this transaction left the platform's configuration: it is answered with 500. */
const GONE: Partial<StoredTransaction> = { request_asset_code: 'GONE' }

describeOnReal('a transaction that the platform cannot show', (kind) => {
  const { a, b } = useInstances(kind, { sleep: 'none' })
  const instances = [a, b]

  /** One run of the settler every minute, on one instance after the other. */
  const settleForMinutes = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      await a.age(61)
      await instances[minute % 2]?.settle()
    }
  }
  const callsForPerson = () =>
    [...a.log, ...b.log].filter((line) => line.includes('update_needs_a_person'))
  const reasonOf = async (id: string) => {
    const { attempts } = (await a.show(id)).body
    return attempts.at(-1).outcome
  }

  test('makes its update MANUAL after 15 minutes in which others are read, whichever instance reads', async () => {
    a.platformHas([withdrawal('t', GONE), withdrawal('other')])
    await a.show('other', { refresh: 'true' })
    expect((await a.update('t', METHOD, params)).body.attempt.state).toBe('READY')
    await settleForMinutes(14)
    expect(await a.attempts('t')).toEqual([`${METHOD} READY`])
    await settleForMinutes(2)
    expect(await a.attempts('t')).toEqual([`${METHOD} MANUAL`])
    expect(await reasonOf('t')).toMatchObject({
      reason: expect.stringMatching(/could not be read: .* answered 500/),
      unreadableSince: expect.any(String),
    })
    expect(callsForPerson()).toHaveLength(1)
    expect(a.sent()).toEqual([])

    a.platformHas([withdrawal('t')])
    const blocked = await a.update('t', METHOD, { ...params, message: 'n' })
    expect(blocked.body.data.reason).toBe('blocked_by_manual')
  })

  test('leaves a sent update UNKNOWN for 15 minutes, then to a person', async () => {
    a.platformHas([withdrawal('t'), withdrawal('other')])
    a.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    await a.show('other', { refresh: 'true' })
    expect((await a.update('t', METHOD, params)).body.attempt.state).toBe('UNKNOWN')
    a.platformHas([withdrawal('t', GONE), withdrawal('other')])
    await settleForMinutes(15)
    expect(await a.attempts('t')).toEqual([`${METHOD} UNKNOWN`])
    await settleForMinutes(1)
    expect(await a.attempts('t')).toEqual([`${METHOD} MANUAL`])
    expect(callsForPerson()).toHaveLength(1)
  })

  test('is never shown with its refund missing after a person said that it was applied', async () => {
    a.platformHas([deposit('t')])
    a.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const refund = refundOf('r1', '50', USD)
    const key = { 'idempotency-key': 'k' }
    const { body } = await a.update('t', 'notify_refund_sent', refund, key)
    expect(body.attempt.state).toBe('UNKNOWN')
    a.platformHas([deposit('t', GONE)])
    await a.age(200)
    const path = `/api/transactions/t/attempts/${body.attempt.id}`
    const decision = { decision: 'applied', note: 'the log of the platform' }
    expect((await b.call({ method: 'POST', path, body: decision, headers: KEY })).status).toBe(200)
    for (const headers of [key, {}]) {
      const repeat = await b.update('t', 'notify_refund_sent', refund, headers)
      expect([repeat.status, repeat.body.transaction]).not.toEqual([200, expect.anything()])
    }
    const { body: answer } = await b.update('t', 'notify_refund_sent', refund, key)
    expect(answer.attempt).toMatchObject({
      state: 'APPLIED',
      reason: expect.stringContaining('the transaction does not show it now'),
    })
  })

  test('is waited for while no transaction can be read, however long that takes', async () => {
    a.platformHas([withdrawal('t', GONE), withdrawal('other', GONE)])
    await a.query(
      `select public.store_transactions('[{"id": "other", "sep": "24", "status": "pending_anchor"}]')`,
    )
    await a.update('t', METHOD, params)
    await settleForMinutes(40)
    expect(await a.attempts('t')).toEqual([`${METHOD} READY`])
    a.platformHas([withdrawal('t')])
    await settleForMinutes(1)
    expect(await a.attempts('t')).toEqual([`${METHOD} APPLIED`])
  })

  test('is given 15 minutes anew after a time in which no transaction could be read', async () => {
    const both = [withdrawal('t', GONE), withdrawal('other')]
    a.platformHas(both)
    await a.show('other', { refresh: 'true' })
    await a.update('t', METHOD, params)
    await settleForMinutes(14)
    a.platformHas([withdrawal('t', GONE), withdrawal('other', GONE)])
    await settleForMinutes(1)
    a.platformHas(both)
    await settleForMinutes(14)
    expect(await a.attempts('t')).toEqual([`${METHOD} READY`])
    await settleForMinutes(2)
    expect(await a.attempts('t')).toEqual([`${METHOD} MANUAL`])
  })
})

describeOnReal('a list with a transaction that the platform cannot show', (kind) => {
  const { a, b } = useInstances(kind, {
    sleep: 'none',
    environment: { PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT, PAYMENT_OBSERVER_START: '1' },
  })
  const ledger = Object.assign(createLedgerStub(), { pageSize: 200 })
  const hash = (inLedger: number) => String(inLedger).padStart(64, '0')

  /** A withdrawal that awaits 100 USDC with this memo id; a higher one was started later. */
  const awaits = (memo: number, columns: Partial<StoredTransaction> = {}) =>
    withdrawal(`w${memo}`, {
      status: 'pending_user_transfer_start',
      started_at: new Date(Date.UTC(2025, 0, 1, 0, memo)).toISOString(),
      transfer_received_at: undefined,
      to_account: ACCOUNT,
      withdraw_anchor_account: ACCOUNT,
      memo: String(memo),
      memo_type: 'id',
      ...columns,
    } as Partial<StoredTransaction>)

  const paid = (inLedger: number) => ({
    operationId: operationId(inLedger),
    cursor: operationId(inLedger),
    ledger: inLedger,
    closedAt: ledger.closedAt(inLedger),
    transactionHash: hash(inLedger),
    successful: true,
    kind: 'payment' as const,
    from: USER,
    fromMuxedId: null,
    to: ACCOUNT,
    toMuxedId: null,
    asset: { kind: 'issued' as const, code: 'USDC', issuer: USDC.split(':')[2] ?? '' },
    amount: '100.0000000',
    memo: { type: 'id' as const, value: String(inLedger) },
  })

  const MEMOS = Array.from({ length: 230 }, (_, index) => index + 3)
  const observe = (instance: typeof a) =>
    instance.call({ path: '/api/payments/observe', headers: BEARER })
  const observer = async (instance: typeof a) =>
    (await instance.call({ path: '/api/health', headers: BEARER })).body.checks.observer

  /** Transactions that all are paid on the ledger. */
  const has = (held: StoredTransaction[], memos: readonly number[]) => {
    ledger.payments = memos.map(paid)
    const ledger_fixture = Object.fromEntries(
      memos.map((memo) => [
        hash(memo),
        [
          {
            type: 'payment',
            created_at: ledger.closedAt(memo),
            envelope_xdr: 'AAAA',
            payment_id: operationId(memo),
            from: USER,
            fromMuxedId: null,
            to: ACCOUNT,
            amount: '100.0000000',
            asset: USDC.replace('stellar:', ''),
          },
        ],
      ]),
    )
    a.platformHas(held, { ledger_fixture } as never)
    for (const instance of [a, b]) instance.deploy({}, { ledger: ledger.source })
  }

  test('stops the crediting of no other one, is told to the operator, and is credited when it is shown', async () => {
    const gone = new Set([230, 77, 76, 3])
    const held = MEMOS.map((memo) => awaits(memo, gone.has(memo) ? GONE : {}))
    has(held, MEMOS)
    const first = (await observe(a)).body.accounts[0]
    expect(first).toMatchObject({ credited: 226, refused: { no_match: 4 } })
    expect(a.log.join('')).toContain('transaction_unlisted')

    const { unlisted } = await observer(b)
    const place = { sep: '24', status: 'pending_user_transfer_start' }
    expect(unlisted).toMatchObject([
      { ...place, newerId: 'w231', olderId: 'w229', transactions: 1 },
      { ...place, newerId: 'w4', olderId: null, transactions: 1 },
      { ...place, newerId: 'w78', olderId: 'w75', transactions: 2 },
    ])

    has(
      [...gone].map((memo) => awaits(memo)),
      MEMOS,
    )
    await b.age(3_600)
    expect((await observe(b)).body.accounts[0]).toMatchObject({ credited: 4 })
    expect((await observer(a)).unlisted).toEqual([])
  })

  test('with a year of five digits is read, stored and credited like every other', async () => {
    const far = '+10000-01-01T00:00:00Z'
    const held = [
      awaits(3, { user_action_required_by: far }),
      awaits(4, { started_at: far }),
      awaits(5),
    ]
    has(held, [3, 4, 5])
    expect((await observe(a)).body.accounts[0]).toMatchObject({ credited: 3, refused: {} })
    for (const id of ['w3', 'w4', 'w5']) {
      expect(await b.attempts(id)).toEqual(['notify_onchain_funds_received APPLIED'])
      expect((await b.show(id, { refresh: 'true' })).status).toBe(200)
    }
  })
})
