import { beforeEach, describe, expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { PLATFORM_SECRET } from './service.ts'
import { deposit, refundOf, stellarPayment, USD, withdrawal } from './transactions.ts'

const RECEIVED = 'notify_onchain_funds_received'
const HOLD = 'notify_transaction_on_hold'
const PENDING = 'notify_refund_pending'
const SENT = 'notify_refund_sent'
const AWAITING = { status: 'pending_user_transfer_start', transfer_received_at: undefined } as const

describeOnReal('two instances: what is reported again', (kind) => {
  const { a, b, proxy } = useInstances(kind)

  /** A call of the platform's own API, past this service. */
  const direct = async (method: string, params: object) => {
    const response = await fetch(a.emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': PLATFORM_SECRET },
      body: JSON.stringify([{ jsonrpc: '2.0', id: '1', method, params }]),
    })
    const [answer] = (await response.json()) as { result?: unknown }[]
    expect(answer).toHaveProperty('result')
  }
  const refundsOf = (id: string) =>
    a.emulator.state().transactions.find((one) => one.id === id)?.refunds

  describe('a held withdrawal', () => {
    let hash: string
    let ledger: ReturnType<typeof stellarPayment>['ledger_fixture']
    const report = (by: typeof a, more: object = {}, key?: string) =>
      by.update(
        't',
        RECEIVED,
        { stellar_transaction_id: hash, ...more },
        key === undefined ? {} : { 'idempotency-key': key },
      )
    const status = () => a.statusAtPlatform('t')

    beforeEach(async () => {
      const payment = stellarPayment()
      hash = payment.hash
      ledger = payment.ledger_fixture
      a.platformHas([withdrawal('t', AWAITING)], { ledger_fixture: ledger })
      expect((await report(a)).status).toBe(200)
    })

    test.each([
      ['held through this service', () => a.update('t', HOLD)],
      ['held directly at the platform', () => direct(HOLD, { transaction_id: 't' })],
    ])('is not released by a late repeat, and is told how: %s', async (_, hold) => {
      await hold()
      for (const repeat of [report(b), report(b, { message: 'released' })]) {
        const { status: code, body } = await repeat
        expect(code).toBe(409)
        expect(body).toMatchObject({ code: -32600, data: { reason: 'reported_before' } })
        expect(body.error).toContain('Idempotency-Key')
        expect(body.error).toContain('"force" with a note')
      }
      expect(status()).toBe('on_hold')
    })

    test.each([
      ['the same params', {}],
      ['other params', { message: 'checked', amount_in: { amount: '90' } }],
    ])('is released once by a new Idempotency-Key with %s', async (_, more) => {
      await a.update('t', HOLD)
      // Neither is sent before both have seen the hold: each stores the release by its second call.
      const bothHaveSeenIt = Promise.withResolvers<void>()
      let seen = 0
      for (const instance of [a, b]) {
        let calls = 0
        instance.interceptDatabase(async ({ name }) => {
          if (name === 'begin_updates') calls += 1
          if (name !== 'begin_updates' || calls !== 2) return undefined
          seen += 1
          if (seen === 2) bothHaveSeenIt.resolve()
          await bothHaveSeenIt.promise
          return undefined
        })
      }
      const replies = await Promise.all([report(a, more, 'k-1'), report(b, more, 'k-2')])
      for (const instance of [a, b]) instance.interceptDatabase(null)
      // While one instance sends the release, the other one answers 202.
      const told = replies.filter((one) => one.status === 200)
      expect(told.length + replies.filter((one) => one.status === 202).length).toBe(2)
      expect(told[0]?.body.transaction.status).toBe('pending_anchor')
      expect(replies[0]?.body.attempt.id).toBe(replies[1]?.body.attempt.id)
      expect(status()).toBe('pending_anchor')
      const again = [`${RECEIVED} APPLIED`, `${HOLD} APPLIED`, `${RECEIVED} APPLIED`]
      expect(await a.attempts('t')).toEqual(again)
      await a.update('t', HOLD)
      // The network repeats the request: its stored answer releases nothing.
      expect((await report(b, more, 'k-1')).status).toBe(200)
      expect(status()).toBe('on_hold')
    })

    test('is released by force with a note, which is recorded', async () => {
      await a.update('t', HOLD)
      const forced = await report(b, { force: true, note: 'checked by Ada' })
      expect(forced.body).toMatchObject({ transaction: { status: 'pending_anchor' } })
      const { body } = await a.show('t')
      expect(body.attempts.at(-1)).toMatchObject({ state: 'APPLIED', forced: 'checked by Ada' })
    })

    test('keeps its claim: the payment is refused for another transaction', async () => {
      await a.update('t', HOLD)
      const held = a.emulator.state().transactions
      a.platformHas([...held, withdrawal('u', AWAITING)], { ledger_fixture: ledger })
      const other = await b.update('u', RECEIVED, { stellar_transaction_id: hash })
      expect(other.body.data).toMatchObject({ reason: 'stellar_operation_claimed' })
      expect((await report(a, {}, 'k-3')).status).toBe(200)
    })

    test('a repeat is answered APPLIED while the transaction is past the report', async () => {
      await a.update('t', 'notify_offchain_funds_sent', { external_transaction_id: 'x' })
      const { status: code, body } = await report(b, {}, 'k-4')
      expect(code).toBe(200)
      expect(body).toMatchObject({
        attempt: { state: 'APPLIED' },
        transaction: { status: 'completed' },
      })
    })

    test.each([
      ['lost the report', () => [withdrawal('t', AWAITING)]],
      ['is not at the platform any more', () => []],
    ])('a repeat is not answered APPLIED with a transaction that %s', async (_, held) => {
      a.platformHas(held())
      const { status: code, body } = await report(b)
      expect(code).toBe(202)
      expect(body).not.toHaveProperty('transaction')
      expect(a.applied()).toBe(1)
    })
  })

  test('a repeat is not answered APPLIED with a deposit that lost its payout', async () => {
    const { hash, ledger_fixture } = stellarPayment('95.0000000')
    const report = (by: typeof a) =>
      by.update('t', 'notify_onchain_funds_sent', { stellar_transaction_id: hash })
    a.platformHas([deposit('t')], { ledger_fixture })
    expect((await report(a)).status).toBe(200)
    // SEP-24 does not show the receipt of the funds, so the status rules leave open whether the payout is legal.
    a.platformHas([deposit('t')])
    const { status, body } = await report(b)
    expect(status).toBe(202)
    expect(body).not.toHaveProperty('transaction')
  })

  test('a caller whose report was sent by the other instance gets the transaction that shows it', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    a.platformHas([withdrawal('t', AWAITING)], { ledger_fixture })
    const report = (by: typeof a) => by.update('t', RECEIVED, { stellar_transaction_id: hash })
    let sent: ReturnType<typeof report> | undefined
    b.interceptDatabase(async ({ name }) => {
      if (name !== 'start_sending') return undefined
      sent ??= report(a)
      await sent
      return undefined
    })
    const stored = await report(b)
    for (const reply of [stored, await sent]) {
      expect(reply).toMatchObject({
        status: 200,
        body: { transaction: { status: 'pending_anchor' } },
      })
    }
    expect(a.applied()).toBe(1)
  })

  describe('a request that is repeated after its process died is told that it was applied', () => {
    const KEY = { 'idempotency-key': 'k' }
    const { hash, ledger_fixture } = stellarPayment()
    test.each([
      ['a receipt', RECEIVED, { stellar_transaction_id: hash }, withdrawal('t', AWAITING), HOLD],
      ['a partial refund', SENT, refundOf('r1', '50', USD), deposit('t', { sep: '6' }), null],
      [
        'new amounts',
        'notify_amounts_updated',
        { amount_out: { amount: '95' }, amount_fee: { amount: '5' } },
        withdrawal('t', { sep: '6' }),
        null,
      ],
    ])('%s', async (_, method, params, transaction, then) => {
      a.platformHas([transaction], { ledger_fixture })
      proxy.setFaults([{ call: 'finish_request', kind: 'cut', times: 2 }])
      expect((await a.update('t', method, params, KEY)).status).toBe(503)
      const status = a.statusAtPlatform('t')
      if (then !== null) await b.update('t', then)
      await b.age(121)
      const again = await b.update('t', method, params, KEY)
      expect(again).toMatchObject({
        status: 200,
        body: { attempt: { state: 'APPLIED' }, transaction: { status } },
      })
      expect(await b.attempts('t')).toContain(`${method} APPLIED`)
      expect(b.sent().filter((one) => one === `t ${method}`)).toHaveLength(1)
    })
  })

  describe('a refund', () => {
    const refund = (by: typeof a, method: string, id: string, amount: string) =>
      by.update('t', method, refundOf(id, amount, USD))

    test('that was sent is not announced afterwards', async () => {
      a.platformHas([deposit('t')])
      expect((await refund(a, SENT, 'r1', '11')).status).toBe(200)
      const announced = await refund(b, PENDING, 'r1', '11')
      expect(announced.status).toBe(400)
      expect(announced.body.error).toBe('A refund with this id was reported before.')
      expect(refundsOf('t')?.payments).toHaveLength(1)
    })

    test.each([
      ['through this service', () => refund(a, PENDING, 'r1', '100')],
      [
        'directly at the platform',
        () => direct(PENDING, { transaction_id: 't', ...refundOf('r1', '100', USD) }),
      ],
    ])('that is announced %s and then sent is one refund', async (_, announce) => {
      a.platformHas([deposit('t')])
      await announce()
      expect((await refund(b, PENDING, 'r1', '100')).status).toBe(400)
      expect((await refund(b, SENT, 'r1', '100')).status).toBe(200)
      expect(a.statusAtPlatform('t')).toBe('refunded')
      expect(refundsOf('t')?.payments).toHaveLength(1)
    })

    test('that was reported directly to the platform is not reported again', async () => {
      a.platformHas([deposit('t')])
      await direct(SENT, { transaction_id: 't', ...refundOf('r1', '50', USD) })
      for (const method of [SENT, PENDING]) {
        expect((await refund(b, method, 'r1', '50')).status).toBe(400)
      }
      expect(a.statusAtPlatform('t')).toBe('pending_anchor')
      expect(refundsOf('t')?.payments).toHaveLength(1)
    })

    test('counts what was announced: the announced and a new one may not exceed amount_in', async () => {
      a.platformHas([deposit('t')])
      await refund(a, PENDING, 'r1', '60')
      await refund(a, SENT, 'r1', '60')
      const over = await refund(b, PENDING, 'r2', '50')
      expect(over.body).toMatchObject({ code: -32602, data: { refundedBefore: '60' } })
      expect((await refund(b, PENDING, 'r2', '40')).status).toBe(200)
    })
  })
})
