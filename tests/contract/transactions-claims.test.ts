import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonSource } from '../../lib/ledger/horizon/source.ts'
import { NETWORK_PASSPHRASE } from '../../lib/stellar/network.ts'
import { createHorizonEndpoint, type HorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { fetchInProcess } from '../../local/ledger/in-process-fetch.ts'
import type { OperationForm } from '../../local/ledger/ledger-transaction.ts'
import { createSimulatedLedger, type SimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import type { Reply } from './request.ts'
import { ANCHOR, deposit, stellarPayment, USDC, USER, withdrawal } from './transactions.ts'

const SENT = 'notify_onchain_funds_sent'
const RECEIVED = 'notify_onchain_funds_received'
const HORIZON = 'https://horizon.sim'
const STRANGER = 'GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7'
const CLAIMED = 'stellar_operation_claimed'

const awaiting = (id: string, columns: Partial<StoredTransaction> = {}) =>
  withdrawal(id, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    ...columns,
  })

describeOnReal('two instances: an operation on the ledger counts once', (kind) => {
  const { a, b, proxy } = useInstances(kind)
  let ledger: SimulatedLedger
  let horizon: HorizonEndpoint

  /** Both instances read the ledger, or neither does. */
  const deploy = (reads: boolean) => {
    ledger = createSimulatedLedger({
      passphrase: NETWORK_PASSPHRASE.mainnet,
      // The newest ledger is younger than each report, so the source does not lag.
      genesis: new Date(Date.now() + 60_000),
    })
    horizon = createHorizonEndpoint(ledger, HORIZON)
    const io = {
      fetch: fetchInProcess(horizon.answer),
      sleep: async () => {},
      now: () => new Date(),
    }
    for (const one of [a, b]) {
      one.deploy({}, reads ? { ledger: createHorizonSource({ url: HORIZON }, io) } : {})
    }
  }
  /** A Stellar transaction that the platform and the ledger of the service know. */
  const paid = (
    transactions: StoredTransaction[],
    ...payments: Partial<Extract<OperationForm, { type: 'payment' }>>[]
  ): string => {
    const { hash, ledger_fixture } = stellarPayment()
    a.platformHas(transactions, { ledger_fixture })
    const operations = payments.map(
      (change) => ({ type: 'payment', to: USER, asset: USDC, amount: '95', ...change }) as const,
    )
    const source = payments[0]?.to === ANCHOR ? USER : ANCHOR
    if (operations.length > 0) ledger.close([{ source, hash, operations }])
    return hash
  }
  const sent = (by: typeof a, id: string, hash: string, more: object = {}) =>
    by.update(id, SENT, { stellar_transaction_id: hash, ...more })
  const received = (by: typeof a, id: string, hash: string, more: object = {}) =>
    by.update(id, RECEIVED, { stellar_transaction_id: hash, ...more })
  const reasons = (replies: Reply[]) =>
    replies.map(({ status, body }) => (status === 200 ? 'applied' : body.data.reason)).sort()

  describe('with a ledger', () => {
    beforeEach(() => deploy(true))

    test('one payment completes one of two deposits, whichever instance reports it', async () => {
      const hash = paid([deposit('t'), deposit('u')], {})
      const replies = await Promise.all([sent(a, 't', hash), sent(b, 'u', hash)])
      expect(reasons(replies)).toEqual(['applied', CLAIMED])
      expect(a.applied()).toBe(1)
      const rejected = replies.find(({ status }) => status === 409)
      expect(rejected?.body).toMatchObject({ code: -32600, attempt: { state: 'REJECTED' } })
      expect(rejected?.body.data.claimedBy).toMatchObject([{ operationId: expect.any(String) }])
    })

    test('one payment of 1 credits none of three withdrawals of 100, and one of 100 credits one', async () => {
      const three = [awaiting('t'), awaiting('u'), awaiting('v')]
      for (const [amount, expected] of [
        ['1', Array(3).fill('stellar_amount_mismatch')],
        ['100', ['applied', CLAIMED, CLAIMED]],
      ] as const) {
        const hash = paid(three, { to: ANCHOR, amount })
        const reports = [received(a, 't', hash), received(b, 'u', hash), received(a, 'v', hash)]
        expect(reasons(await Promise.all(reports))).toEqual(expected)
      }
      expect(a.applied()).toBe(1)
    })

    test('one Stellar transaction with two operations serves two deposits, and not a third', async () => {
      const hash = paid([deposit('t'), deposit('u'), deposit('v')], {}, {})
      const reports = [sent(a, 't', hash), sent(b, 'u', hash), sent(b, 'v', hash)]
      expect(reasons(await Promise.all(reports))).toEqual(['applied', 'applied', CLAIMED])
      const claims = await a.query('select operation_id from anchor_ops.operation_claim')
      expect(new Set(claims.map(({ operation_id: id }) => id)).size).toBe(2)
    })

    test('a rejected report leaves its operation to another transaction', async () => {
      const hash = paid([deposit('t'), deposit('u')], {})
      a.emulator.setFaults([{ kind: 'status_before', status: 401, match: { path: '/' } }])
      expect((await sent(a, 't', hash)).body.attempt.state).toBe('REJECTED')
      expect((await sent(b, 'u', hash)).status).toBe(200)
    })

    test('a report whose answer is lost keeps its operation', async () => {
      const hash = paid([deposit('t'), deposit('u')], {})
      proxy.setFaults([{ call: 'record_outcome', kind: 'cut', times: 9 }])
      expect((await sent(a, 't', hash)).status).toBe(202)
      proxy.setFaults([])
      expect(reasons([await sent(b, 'u', hash)])).toEqual([CLAIMED])
    })

    test('force with a note overrides the claim of another transaction, and is recorded', async () => {
      const hash = paid([deposit('t'), deposit('u')], {})
      expect((await sent(a, 't', hash)).status).toBe(200)
      const forced = await sent(b, 'u', hash, { force: true, note: 'paid twice, see ticket 7' })
      expect(forced.status).toBe(200)
      const [attempt] = (await a.show('u')).body.attempts
      expect(attempt).toMatchObject({
        forced: 'paid twice, see ticket 7',
        ledger: { claimed: { overridden: [{ transactionId: 't' }] } },
      })
      expect(forced.body.attempt.ledger).toEqual(attempt.ledger)
    })

    test.each([
      ['stellar_transaction_not_found', null, {}],
      ['stellar_destination_mismatch', { to: STRANGER }, {}],
      ['stellar_asset_mismatch', { asset: 'stellar:native' }, {}],
      ['stellar_amount_mismatch', { amount: '40' }, {}],
      ['stellar_amount_mismatch', { amount: '40' }, { amount_in: { amount: '100' } }],
      ['stellar_memo_mismatch', {}, {}],
    ] as const)(
      'a receipt that the ledger does not show is refused (%s), and sent with force',
      async (reason, change, more) => {
        const memo = reason === 'stellar_memo_mismatch' ? { memo: '7', memo_type: 'id' } : {}
        const payment = { to: ANCHOR, amount: '100', ...change }
        const hash = paid([awaiting('t', memo)], ...(change === null ? [] : [payment]))
        const refused = await received(a, 't', hash, more)
        expect(refused.status).toBe(409)
        expect(refused.body.data.reason).toBe(reason)
        expect(a.sent()).toEqual([])
        const forced = await received(b, 't', hash, { ...more, force: true, note: 'seen by me' })
        expect(forced.status).toBe(200)
        expect(forced.body.attempt.ledger.wouldBeRefused.data.reason).toBe(reason)
      },
    )

    test('a smaller amount that is reported as it was paid is accepted', async () => {
      const hash = paid([awaiting('t')], { to: ANCHOR, amount: '40' })
      expect((await received(a, 't', hash, { amount_in: { amount: '40' } })).status).toBe(200)
    })
  })

  describe('without a ledger', () => {
    beforeEach(() => deploy(false))

    test('one hash is refused for a second transaction, and force overrides it', async () => {
      const hash = paid([deposit('t'), deposit('u'), awaiting('v')])
      const replies = await Promise.all([
        sent(a, 't', hash),
        sent(b, 'u', hash),
        received(b, 'v', hash),
      ])
      expect(reasons(replies)).toEqual(['applied', CLAIMED, CLAIMED])
      expect(a.applied()).toBe(1)
      const second = a.statusAtPlatform('t') === 'completed' ? 'u' : 't'
      expect(reasons([await sent(b, second, hash.toUpperCase())])).toEqual([CLAIMED])
      const forced = await sent(a, second, hash, { force: true, note: 'two payments' })
      expect(forced.status).toBe(200)
    })

    test('a hash is refused for a second transaction whose status changes after it was read', async () => {
      const early = { status: 'pending_user_transfer_start' } as const
      const hash = paid([deposit('t'), deposit('u', early)])
      expect((await sent(a, 't', hash)).status).toBe(200)
      const ledger_fixture = a.emulator.state().ledger_fixture
      a.interceptDatabase(async ({ name }) => {
        if (name === 'start_sending') a.platformHas([deposit('u')], { ledger_fixture })
        return undefined
      })
      expect(reasons([await sent(a, 'u', hash)])).toEqual([CLAIMED])
      expect(a.statusAtPlatform('u')).toBe('pending_anchor')
    })

    test('a hash that was claimed as a whole is refused when the ledger is read later', async () => {
      const hash = paid([deposit('t'), deposit('u')])
      expect((await sent(a, 't', hash)).status).toBe(200)
      deploy(true)
      const payment = { type: 'payment', to: USER, asset: USDC, amount: '95' } as const
      ledger.close([{ source: ANCHOR, hash, operations: [payment] }])
      expect(reasons([await sent(b, 'u', hash)])).toEqual([CLAIMED])
    })
  })
})
