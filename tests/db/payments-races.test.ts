import { beforeEach, expect, test } from 'vitest'
import { decidePayment, readPayment } from '../../lib/payments/open/store.ts'
import { type ObservedAccount, readPayments } from '../../lib/payments/store.ts'
import { recordOutcome, startSending } from '../../lib/updates/store.ts'
import { claimUnsettled } from '../../lib/updates/store-settling.ts'
import { describeMeetings } from '../helpers/database.ts'
import {
  creditOf,
  expireObservers,
  mustObserve,
  OTHER_ACCOUNT,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'
import { begin, mustBegin, statesOf, updateOf } from '../helpers/update-rows.ts'

describeMeetings('payments: two transactions that meet', ({ database, other, ...meeting }) => {
  let one: ObservedAccount
  let two: ObservedAccount
  beforeEach(async () => {
    one = await mustObserve(database.db)
    two = await mustObserve(database.db, { account: OTHER_ACCOUNT })
  })

  const verdicts = async () => {
    const all = { verdict: null, since: null, limit: 200, cursor: null }
    const { payments } = await readPayments(database.db, all)
    return payments.map(({ operationId, verdict }) => [operationId, verdict])
  }
  /** Records a page in a transaction that stays open until `late` waits for it. */
  const meet = <T>(payments: unknown[], late: () => Promise<T>): Promise<T> =>
    meeting.meet(
      `select public.record_payments($1, 'horizon', $2, 60, '0', '0', null, null, null, $3) as page`,
      [one.account, one.holder, JSON.stringify(payments)],
      ([row]) => {
        expect(row?.['page']).toMatchObject({ recorded: true })
        return late()
      },
    )
  /** A payment as record_payments takes it. */
  const rowOf = ({ verdict, ...payment }: ReturnType<typeof creditOf>) => ({
    ...payment,
    ...verdict,
    asset: 'stellar:native',
    memoType: 'none',
    memo: null,
  })

  test('the second of two pages that credit one transaction finds it paid', async () => {
    const late = await meet([rowOf(creditOf('11', 't-1'))], () =>
      record(database.db, two, [creditOf('12', 't-1')]),
    )
    expect(late).toMatchObject({ credited: [], verdicts: { already_paid: 1 } })
    expect(await verdicts()).toEqual([
      ['11', 'credited'],
      ['12', 'already_paid'],
    ])
    expect(await statesOf(database.db, 't-1')).toEqual(['READY'])
  })

  test("an operation in concurrent pages of payer and payee gets the payee's verdict", async () => {
    const late = await meet([rowOf(refusedOf('11', 'outgoing'))], () =>
      record(database.db, two, [creditOf('11', 't-1')]),
    )
    expect(late).toMatchObject({ stored: 0, changed: 1, credited: [{ operationId: '11' }] })
  })

  const stateOf = async (operationId: string) =>
    (await readPayment(database.db, { operationId, epoch: null }))?.payment.state
  const decision = { epoch: null, note: 'n', keyName: 'anna', asked: {}, refund: null }
  const ignore = () =>
    decidePayment(database.db, { ...decision, operationId: '11', decision: 'ignored' })

  test('a payment that is recorded while a report of it by hand is applied is not open', async () => {
    const stellarTransaction = '11'.padStart(64, '0')
    const params = { transaction_id: 't-1', stellar_transaction_id: stellarTransaction }
    const attemptId = await mustBegin(database.db, updateOf('t-1', { params }))
    const rpcId = crypto.randomUUID()
    await startSending(database.db, {
      ...{ attemptId, rpcId, pre: {}, transaction: null, ledger: null, earlier: [] },
      claim: { stellarTransaction, choices: [['11']] },
    })
    await meet([rowOf(refusedOf('11', 'no_match'))], () =>
      recordOutcome(database.db, {
        ...{ attemptId, rpcId, from: 'SENDING', to: 'APPLIED', outcome: null },
        ...{ transaction: null, settleInSeconds: null },
      }),
    )
    expect(await stateOf('11')).toBe('reported_by_hand')
  })

  test('a person who decides while the payment is credited hears so', async () => {
    await record(database.db, one, [refusedOf('11', 'no_match')])
    const late = await meet([rowOf(creditOf('11', 't-1'))], ignore)
    expect(late).toMatchObject({ decided: false, payment: { state: 'credited' } })
  })

  test('a payment that a person closes while it is judged again keeps its verdict', async () => {
    await record(database.db, one, [refusedOf('11', 'no_match')])
    const late = await meeting.meet(
      `select public.decide_payment('11', null, 'ignored', 'n', 'anna', '{}', null) as decided`,
      [],
      ([row]) => {
        expect(row?.['decided']).toMatchObject({ decided: true })
        return record(database.db, two, [creditOf('11', 't-1')])
      },
    )
    expect(late).toMatchObject({ recorded: true, changed: 0, credited: [] })
    expect([await stateOf('11'), await verdicts()]).toEqual(['closed', [['11', 'no_match']]])
  })

  test('a page that two processes record at once is recorded once', async () => {
    const page = [creditOf('11', 't-1')]
    const late = await meet(page.map(rowOf), () => record(database.db, one, page))
    expect(late).toMatchObject({ recorded: true, stored: 0, credited: [] })
  })

  test('a page whose lease is taken over while it waits writes nothing', async () => {
    await expireObservers(database)
    const late = await meet([], async () => {
      const recording = record(database.db, two, [creditOf('12', 't-2')])
      await other(`select public.begin_observation($1, 'horizon', gen_random_uuid(), 60)`, [
        two.account,
      ])
      return recording
    })
    expect(late).toEqual({ recorded: false, reason: 'lease_lost' })
    expect(await verdicts()).toEqual([])
  })

  test('a settler that ends two updates at once locks their payments in the order of the operations', async () => {
    const expiring = (operationId: string, transactionId: string) => {
      const credit = creditOf(operationId, transactionId)
      return { ...credit, update: credit.update && { ...credit.update, expiresInSeconds: 0 } }
    }
    await record(database.db, one, [expiring('12', 't-1'), expiring('11', 't-2')])
    const lock = (operationId: string) =>
      `select anchor_ops.lock_payments(1, '[{"operationId": "${operationId}"}]')`
    await meeting.meet(
      lock('11'),
      [],
      () =>
        claimUnsettled(database.db, {
          ...{ holder: crypto.randomUUID(), limit: 9, sendingAfterSeconds: 60 },
          ...{ readyAfterSeconds: 0, pausedToo: false, claimSeconds: 60 },
        }),
      lock('12'),
    )
    expect([await stateOf('11'), await stateOf('12')]).toEqual(['open', 'open'])
  })

  test.each([
    ['12', 't-1', '12'],
    ['11', 't-2', null],
  ])(
    'a refused credit is not sent anew while a person assigns payment %s to %s',
    async (operationId, transactionId, creditedBy) => {
      await record(database.db, one, [creditOf('11', 't-1'), refusedOf('12', 'already_paid')])
      const credit = (await readPayment(database.db, { operationId: '11', epoch: null }))?.payment
      const attemptId = String(credit?.attemptId)
      const rpcId = crypto.randomUUID()
      await startSending(database.db, {
        ...{ attemptId, rpcId, pre: {}, transaction: null, ledger: null, earlier: [] },
        claim: { stellarTransaction: '11'.padStart(64, '0'), choices: [['11']] },
      })
      await recordOutcome(database.db, {
        ...{ attemptId, rpcId, from: 'SENDING', to: 'REJECTED', outcome: null },
        ...{ transaction: null, settleInSeconds: null },
      })
      const { update } = creditOf(operationId, transactionId)
      const params = creditOf('11', 't-1').update?.params ?? {}
      const replay = { attemptId, note: 'n', decisionId: crypto.randomUUID() }
      const late = await meeting.meet(
        `select public.assign_payment($1, null, $2, 'Assigned.', '{}', 'n', 'anna', '{}') as decided`,
        [operationId, JSON.stringify({ ...update, origin: 'assignment', keyName: 'anna' })],
        ([row]) => {
          expect(row?.['decided']).toMatchObject({ decided: true })
          return begin(database.db, updateOf('t-1', { params, origin: 'replay', replay }))
        },
      )
      const detail = { operationId: '11', creditedBy }
      expect(late).toMatchObject([{ refusal: { code: 'credit_given_up', detail } }])
      expect(await statesOf(database.db, 't-1')).toEqual(
        creditedBy === null ? ['REJECTED'] : ['REJECTED', 'READY'],
      )
    },
  )

  test('20 pages and 20 requests on the same 20 transactions credit each once and do not deadlock', async () => {
    const transactions = Array.from({ length: 20 }, (_, n) => `t-${n}`)
    const calls = Array.from({ length: 20 }, (_, n) => {
      const order = n % 2 === 0 ? transactions : transactions.toReversed()
      const page = order.map((id, m) => creditOf(`${1_000 + 20 * n + m}`, id))
      const items = order.map((id, index) => updateOf(id, { index }))
      return [record(database.db, n % 4 < 2 ? one : two, page), begin(database.db, ...items)]
    })
    const results = await Promise.all(calls.flat())
    const credited = results.flatMap((result) =>
      'recorded' in result && result.recorded ? result.credited : [],
    )
    expect(credited.map(({ transactionId }) => transactionId).sort()).toEqual(transactions.sort())
    expect(
      await database.query(
        `select verdict, count(*)::int from anchor_ops.payment group by 1 order by 1`,
      ),
    ).toEqual([
      { verdict: 'already_paid', count: 380 },
      { verdict: 'credited', count: 20 },
    ])
  })
})
