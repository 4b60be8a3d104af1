import { describe, expect, test } from 'vitest'
import type { Database } from '../../lib/db/client.ts'
import {
  applyDustLimits,
  assignPayment,
  decidePayment,
  readArchivedPayment,
  readOpenMoney,
  readOpenPayments,
  readPayment,
  type ShownRefund,
} from '../../lib/payments/open/store.ts'
import { archivePayments, findCandidates, type JudgedPayment } from '../../lib/payments/store.ts'
import { VERDICTS, type VerdictCode } from '../../lib/payments/verdict/codes.ts'
import { recordOutcome, startSending, storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  ACCOUNT,
  creditOf,
  mustObserve,
  OTHER_ACCOUNT,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'
import { begin, documentOf, mustBegin, updateOf } from '../helpers/update-rows.ts'

const OPERATION = '11'
const HASH = OPERATION.padStart(64, '0')
const KEY = { operationId: OPERATION, epoch: null }

describe.each(databases())('open money: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const paymentOf = async (operationId: string) => {
    const found = await readPayment(db, { operationId, epoch: null })
    if (found === null) throw new Error('no payment')
    return found.payment
  }
  const payment = () => paymentOf(OPERATION)
  const listed = async () =>
    (await readOpenPayments(db, NO_FILTER)).payments.map(({ operationId }) => operationId)
  const recorded = async (...payments: JudgedPayment[]) =>
    record(db, await mustObserve(db), payments)

  test.each<[VerdictCode, string]>(
    VERDICTS.filter((code) => code !== 'credited').map((code) => [code, STATE_OF[code] ?? 'open']),
  )('a payment with the verdict %s is %s', async (code, state) => {
    await recorded(refusedOf(OPERATION, code as Exclude<VerdictCode, 'credited'>))
    const { openSince, closedAt, ...found } = await payment()
    expect([found.state, openSince]).toEqual([state, state === 'open' ? closedAt : null])
    expect(await listed()).toEqual(state === 'open' ? [OPERATION] : [])
    expect((await readOpenMoney(db)).payments).toBe(state === 'open' ? 1 : 0)
  })

  test.each<[string, Partial<JudgedPayment>, string]>([
    ['dust', { isDust: true }, 'dust'],
    ['from another observed account', { from: OTHER_ACCOUNT }, 'own'],
    ['a clawback from the observed account', { kind: 'clawback', from: ACCOUNT }, 'open'],
    ['a claimable balance', { kind: 'claimable_balance', from: null }, 'open'],
    ['a payment whose Stellar transaction failed', { successful: false }, 'failed'],
  ])('%s is as it should be: %#', async (_, change, state) => {
    await mustObserve(db, { account: OTHER_ACCOUNT })
    await recorded(refusedOf(OPERATION, 'manual_review', change))
    expect((await payment()).state).toBe(state)
  })

  /** Moves the attempt of a payment on, as the sender and the settler do. */
  async function sendCreditOf(operationId: string, ...to: Parameters<typeof move>[3]) {
    const { attemptId } = await paymentOf(operationId)
    return move(db, String(attemptId), operationId, to)
  }
  const sendCredit = (...to: Parameters<typeof move>[3]) => sendCreditOf(OPERATION, ...to)

  test.each<[string[], string]>([
    [[], 'credited'],
    [['SENDING'], 'credited'],
    [['SENDING', 'UNKNOWN'], 'credited'],
    [['SENDING', 'APPLIED'], 'credited'],
    [['SENDING', 'REJECTED'], 'open'],
    [['SENDING', 'UNKNOWN', 'REJECTED'], 'open'],
  ])('a credited payment whose update went %j is %s', async (path, state) => {
    await recorded(creditOf(OPERATION, 't-1'))
    await sendCredit(...(path as never[]))
    expect((await payment()).state).toBe(state)
    expect(await listed()).toEqual(state === 'open' ? [OPERATION] : [])
  })

  test.each(['NOT_APPLIED', 'EXPIRED', 'WITHDRAWN'])(
    'a credited payment whose update ended %s is open',
    async (state) => {
      await recorded(creditOf(OPERATION, 't-1'))
      await database.query('alter table anchor_ops.attempt disable trigger attempt_guard')
      await database.query('update anchor_ops.attempt set state = $1', [state])
      await database.query('alter table anchor_ops.attempt enable trigger attempt_guard')
      expect(await listed()).toEqual([OPERATION])
    },
  )

  test('a refused credit that is sent anew is open until the new update is applied', async () => {
    await recorded(creditOf(OPERATION, 't-1'))
    await sendCredit('SENDING', 'REJECTED')
    const { attemptId } = await payment()
    const replay = { attemptId: String(attemptId), note: 'n', decisionId: crypto.randomUUID() }
    const anew = await mustBegin(db, reportOf('t-1', { origin: 'replay', replay }))
    expect(await payment()).toMatchObject({ state: 'open', latestAttempt: { id: anew } })
    await move(db, anew, OPERATION, ['SENDING'])
    expect((await payment()).state).toBe('open')
    await move(db, anew, OPERATION, ['APPLIED'])
    expect((await payment()).state).toBe('reported_by_hand')
    expect(await listed()).toEqual([])
  })

  test.each(['first', 'later'])(
    'a payment that is reported by hand %s is open only until that update is applied',
    async (when) => {
      const byHand = async () => {
        const attemptId = await mustBegin(db, reportOf('t-2'))
        await move(db, attemptId, OPERATION, ['SENDING', 'APPLIED'])
        return attemptId
      }
      const first = when === 'first' ? await byHand() : null
      await recorded(refusedOf(OPERATION, 'no_match'))
      const attemptId = first ?? (await byHand())
      expect(await payment()).toMatchObject({ state: 'reported_by_hand', openSince: null })
      // It was lost, and a person found that it had no effect.
      for (const state of ['LOST', 'NOT_APPLIED']) {
        await database.query('update anchor_ops.attempt set state = $1 where id = $2', [
          state,
          attemptId,
        ])
      }
      expect((await payment()).state).toBe('open')
    },
  )

  test.each([
    ['forced, for another transaction', 't-3', { forced: 'the bank says so', keyName: 'anna' }],
    ['repeated, for the same transaction', 't-2', { forced: 'twice', keyName: 'anna' }],
  ])(
    'a report that is %s counts when the first one turns out to have had no effect',
    async (_, id, how) => {
      await recorded(refusedOf(OPERATION, 'no_match'))
      const first = await mustBegin(db, reportOf('t-2'))
      await move(db, first, OPERATION, ['SENDING', 'APPLIED'])
      const second = await mustBegin(db, reportOf(id, { naturalKey: 'again', ...how }))
      await move(db, second, OPERATION, ['SENDING', 'APPLIED'])
      const endInVain = async (attemptId: string) => {
        for (const state of ['LOST', 'NOT_APPLIED']) {
          const moved = 'update anchor_ops.attempt set state = $1 where id = $2'
          await database.query(moved, [state, attemptId])
        }
      }
      await endInVain(first)
      expect(await payment()).toMatchObject({ state: 'reported_by_hand', openSince: null })
      const third = await mustBegin(db, reportOf('t-4', { naturalKey: 'third' }))
      await move(db, third, OPERATION, ['SENDING'])
      const [refused] = await database.query(
        'select outcome from anchor_ops.attempt where id = $1',
        [third],
      )
      expect(refused?.['outcome']).toMatchObject({ claimedBy: [{ attemptId: second }] })
      await endInVain(second)
      expect((await payment()).state).toBe('open')
    },
  )

  test('a forced report of a payment that a person closed counts when the payment is opened again', async () => {
    await recorded(refusedOf(OPERATION, 'no_match'))
    await decide('reported')
    const forced = { forced: 'it was not', keyName: 'anna' }
    const report = await mustBegin(db, reportOf('t-2', forced))
    await move(db, report, OPERATION, ['SENDING', 'APPLIED'])
    expect((await payment()).state).toBe('closed')
    expect(await decide('reopen')).toMatchObject({ payment: { state: 'reported_by_hand' } })
  })

  test('the list is the oldest first, by its filters, and its pages are the whole list', async () => {
    const native = { kind: 'native' } as const
    await recorded(
      ...['14', '12', '13', OPERATION].map((id, index) =>
        refusedOf(id, index === 0 ? 'no_memo' : 'no_match', {
          closedAt: `2026-01-01T00:00:0${index}.000Z`,
          ...(index === 1 && { asset: native }),
        }),
      ),
    )
    const pages: string[][] = []
    let cursor: string | null = null
    do {
      const page = await readOpenPayments(db, { ...NO_FILTER, limit: 3, cursor })
      pages.push(page.payments.map(({ operationId }) => operationId))
      cursor = page.next
    } while (cursor !== null)
    expect(pages).toEqual([['14', '12', '13'], [OPERATION]])
    const by = async (filter: object) =>
      (await readOpenPayments(db, { ...NO_FILTER, ...filter })).payments.map(
        ({ operationId }) => operationId,
      )
    expect(await by({ verdict: 'no_memo' })).toEqual(['14'])
    expect(await by({ asset: 'stellar:native' })).toEqual(['12'])
    expect(await by({ account: OTHER_ACCOUNT })).toEqual([])
    expect(await by({ since: '2026-01-01T00:00:02Z' })).toEqual(['13', OPERATION])
  })

  test('open money is summed up exactly by asset and age', async () => {
    const hour = 3_600_000
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString()
    const native = { asset: { kind: 'native' } } as const
    await recorded(
      refusedOf('11', 'no_memo', { closedAt: ago(hour / 2), amount: '0.1' }),
      refusedOf('12', 'no_memo', { closedAt: ago(2 * hour), amount: '0.2000000' }),
      refusedOf('13', 'no_memo', { closedAt: ago(25 * hour), amount: '922337203685.4775807' }),
      refusedOf('14', 'manual_review', { ...native, closedAt: ago(hour / 2), amount: null }),
      refusedOf('15', 'outgoing'),
    )
    const open = await readOpenMoney(db)
    expect(open).toMatchObject({
      payments: 4,
      isWhole: true,
      otherAssets: 0,
      assets: [
        {
          asset: expect.stringContaining('stellar:USDC:'),
          payments: 3,
          amount: '922337203685.7775807',
          underAnHour: 1,
          underADay: 1,
          older: 1,
        },
        { asset: 'stellar:native', payments: 1, amount: null, underAnHour: 1 },
      ],
    })
    expect(open.oldestSince).toBe(open.assets[0]?.oldestSince)
  })

  test('stored payments follow new dust limits in batches, and nothing else changes', async () => {
    const ids = ['11', '12', '13', '14', '15']
    await recorded(
      ...ids.map((id, index) => refusedOf(id, 'no_match', { amount: `${index + 1}.0000000` })),
      creditOf('16', 't-1', { amount: '1' }),
    )
    await decide('ignored')
    const { asset } = await payment()
    const follow = (...amounts: string[]) =>
      applyDustLimits(db, {
        limits: amounts.map((amount) => ({ asset: String(asset), amount })),
        most: 2,
      })
    expect(await follow('5')).toEqual({ changed: 2, isDone: false })
    expect(await follow('5')).toEqual({ changed: 1, isDone: false })
    expect(await follow('5')).toEqual({ changed: 0, isDone: true })
    expect(await listed()).toEqual(['15'])
    // The closed one stays closed, and the credited one credited.
    expect((await payment()).state).toBe('closed')
    while (!(await follow()).isDone);
    expect((await listed()).sort()).toEqual(['12', '13', '14', '15'])
    expect((await readPayment(db, { operationId: '12', epoch: null }))?.payment).toMatchObject({
      verdict: 'no_match',
      earlier: [],
    })
  })

  const decide = (
    decision: 'refunded' | 'reported' | 'ignored' | 'reopen',
    {
      keyName = 'anna',
      note = 'n',
      refund = null,
      operationId = OPERATION,
      epoch = null,
    }: Partial<Decided> = {},
  ) => {
    const asked: Record<string, string> = refund === null ? {} : { hash: refund.stellarTransaction }
    return decidePayment(db, { operationId, epoch, decision, note, keyName, asked, refund })
  }

  test.each(['reported', 'ignored'] as const)(
    'a payment that is closed as %s is not open, is never judged again, and can be opened again',
    async (decision) => {
      const observed = await mustObserve(db)
      await record(db, observed, [refusedOf(OPERATION, 'no_match')])
      expect(await decide('reopen')).toMatchObject({ decided: false })
      expect(await decide(decision)).toMatchObject({
        decided: true,
        payment: { state: 'closed', openSince: null },
        decision: { keyName: 'anna', decision, note: 'n', subject: `1/${OPERATION}` },
      })
      const judged = await record(db, observed, [creditOf(OPERATION, 't-1')])
      expect(judged).toMatchObject({ changed: 0, credited: [] })
      expect(await decide(decision, { keyName: 'bert' })).toMatchObject({
        decided: false,
        decision: { keyName: 'anna' },
      })
      expect(await decide('reopen')).toMatchObject({ decided: true, payment: { state: 'open' } })
      expect(await record(db, observed, [creditOf(OPERATION, 't-1')])).toMatchObject({ changed: 1 })
    },
  )

  test('the same decision again by the same key is answered as the first time, and stored once', async () => {
    await recorded(refusedOf(OPERATION, 'no_match'))
    for (const decision of ['ignored', 'reopen'] as const) {
      const [first, again] = [await decide(decision), await decide(decision)]
      expect(first?.decided).toBe(true)
      expect(again).toEqual(first)
    }
    await decide('ignored')
    expect((await readPayment(db, KEY))?.decisions.map(({ decision }) => decision)).toEqual([
      'ignored',
      'reopen',
      'ignored',
    ])
  })

  const refundOf = (...choices: string[][]): ShownRefund => ({
    stellarTransaction: 'f'.repeat(64),
    choices,
    amount: '100',
    differences: [],
  })

  test('a refund closes one payment: another needs another operation, until the first is opened again', async () => {
    await recorded(...['11', '12', '13'].map((id) => refusedOf(id, 'no_memo')))
    const refund = refundOf(['91'], ['92'])
    expect(await decide('refunded', { refund })).toMatchObject({ decided: true })
    expect(await decide('refunded', { refund, operationId: '12' })).toMatchObject({
      decided: true,
      decision: { reading: { refund: { operationIds: ['92'] } } },
    })
    const third = { refund, operationId: '13' }
    expect(await decide('refunded', third)).toMatchObject({
      decided: false,
      refusal: { code: 'operation_claimed', claimedBy: [{ refundOf: '1/11' }] },
      payment: { state: 'open' },
    })
    await decide('reopen')
    expect(await decide('refunded', third)).toMatchObject({ decided: true })
    expect(await listed()).toEqual(['11'])
  })

  test('a payout of a transaction is no refund, and a refund is no payout', async () => {
    await recorded(...['11', '12'].map((id) => refusedOf(id, 'no_memo')))
    const claim = (operationId: string) => ({
      stellarTransaction: 'f'.repeat(64),
      choices: [[operationId]],
    })
    const payout = await mustBegin(db, updateOf('t-1'))
    expect((await startClaiming(db, payout, claim('91'))).started).toBe(true)
    expect(await decide('refunded', { refund: refundOf(['91']) })).toMatchObject({
      decided: false,
      refusal: { code: 'operation_claimed', claimedBy: [{ transactionId: 't-1' }] },
    })
    expect(await decide('refunded', { refund: refundOf(['92']) })).toMatchObject({ decided: true })
    const other = await mustBegin(db, updateOf('t-2'))
    expect(await startClaiming(db, other, claim('92'))).toMatchObject({
      started: false,
      outcome: { reason: 'stellar_operation_claimed', claimedBy: [{ refundOf: '1/11' }] },
    })
  })

  const assign = (
    transactionId: string,
    {
      keyName = 'anna',
      operationId = OPERATION,
      epoch = null,
    }: Partial<Omit<Decided, 'refund' | 'note'>> = {},
  ) => {
    const { update } = creditOf(operationId, transactionId)
    if (update === null) throw new Error('a credit has an update')
    return assignPayment(db, {
      operationId,
      epoch,
      update: { ...update, origin: 'assignment', keyName },
      sentence: 'Assigned.',
      evidence: { differences: [] },
      note: 'n',
      keyName,
      asked: { transactionId },
    })
  }

  test('an assigned payment is credited with an update, keeps its earlier verdict, and is open again if that is refused', async () => {
    await storeTransactions(db, [documentOf('t-1')])
    await recorded(refusedOf(OPERATION, 'ambiguous'))
    const assigned = await assign('t-1')
    expect(assigned).toMatchObject({
      decided: true,
      payment: {
        verdict: 'credited',
        state: 'credited',
        transactionId: 't-1',
        attemptState: 'READY',
        earlier: [{ verdict: 'ambiguous' }],
      },
      decision: { decision: 'assign', transactionId: 't-1' },
    })
    expect(await assign('t-1')).toEqual(assigned)
    expect(await assign('t-2', { keyName: 'bert' })).toMatchObject({
      decided: false,
      decision: { keyName: 'anna' },
    })
    await sendCredit('SENDING', 'REJECTED')
    expect((await payment()).state).toBe('open')
    expect(await assign('t-2', { keyName: 'bert' })).toMatchObject({
      decided: true,
      payment: { transactionId: 't-2', state: 'credited' },
    })
  })

  test('a payment that was for the transaction of an assigned one is due when that is assigned to another', async () => {
    const named = { memo: 'memo', memo_type: 'text', started_at: '2026-01-01T00:00:00Z' }
    await storeTransactions(db, [documentOf('t-1', named), documentOf('t-2')])
    await recorded(creditOf(OPERATION, 't-1'), refusedOf('12', 'already_paid'))
    await sendCredit('SENDING', 'REJECTED')
    await database.query('delete from anchor_ops.due_name')
    expect(await assign('t-2')).toMatchObject({ decided: true })
    const noted = await database.query('select value from anchor_ops.due_name where not is_dust')
    expect(noted).toEqual([{ value: 'memo' }])
  })

  test('a payment is not assigned to a transaction that was credited, and not when its operation is claimed', async () => {
    await recorded(creditOf('12', 't-1'), refusedOf(OPERATION, 'already_paid'))
    expect(await assign('t-1')).toMatchObject({
      decided: false,
      refusal: { code: 'transaction_credited', operationId: '12' },
    })
    const byHand = await mustBegin(db, reportOf('t-2'))
    await move(db, byHand, OPERATION, ['SENDING'])
    expect(await assign('t-3')).toMatchObject({
      decided: false,
      refusal: { code: 'operation_claimed', claimedBy: [{ transactionId: 't-2' }] },
      payment: { verdict: 'already_paid', state: 'open' },
    })
    await database.query('select 1')
    const [row] = await database.query(
      "select count(*)::int as attempts from anchor_ops.attempt where origin = 'assignment'",
    )
    expect(row).toEqual({ attempts: 0 })
  })

  test('a payment is assigned to a transaction whose other credit ended without effect, which is open money then', async () => {
    await recorded(creditOf('12', 't-1'), refusedOf(OPERATION, 'already_paid'))
    await sendCreditOf('12', 'SENDING', 'REJECTED')
    const found = async () => {
      const memos = [{ type: 'transaction_id', value: 't-1' }]
      const [{ creditedBy, creditRefused } = {}] = await findCandidates(db, { memos })
      return [creditedBy, creditRefused]
    }
    await storeTransactions(db, [documentOf('t-1')])
    expect(await found()).toEqual(['12', true])
    expect(await assign('t-1')).toMatchObject({
      decided: true,
      payment: { verdict: 'credited', state: 'credited', transactionId: 't-1' },
      decision: { reading: { insteadOf: '1/12' } },
    })
    expect((await readPayment(db, { operationId: '12', epoch: null }))?.payment).toMatchObject({
      ...{ verdict: 'update_refused', state: 'open', transactionId: 't-1', attemptId: null },
      sentence:
        'It was credited to transaction t-1, but that update ended REJECTED. A person credits operation 11 to it instead.',
      evidence: { refusal: { code: 'ended_without_effect', state: 'REJECTED' } },
      earlier: [{ verdict: 'credited' }],
    })
    expect(await found()).toEqual([OPERATION, false])
    // The credit that holds now is given up for nothing.
    expect(await assign('t-1', { operationId: '12' })).toMatchObject({
      refusal: { code: 'transaction_credited', operationId: OPERATION },
    })
  })

  test('a credit that is refused because its operation pays another payment back says so', async () => {
    await recorded(refusedOf('12', 'no_match'), creditOf(OPERATION, 't-1'))
    const refund = { ...refundOf([OPERATION]), stellarTransaction: HASH }
    expect(await decide('refunded', { refund, operationId: '12' })).toMatchObject({ decided: true })
    await sendCredit('SENDING')
    expect((await payment()).sentence).toBe(
      'As transaction t-1 expects, but not credited: it pays payment 1/12 back.',
    )
  })

  test('a credit that was sent anew with effect keeps its transaction', async () => {
    await recorded(creditOf('12', 't-1'), refusedOf(OPERATION, 'already_paid'))
    await sendCreditOf('12', 'SENDING', 'REJECTED')
    const refused = await paymentOf('12')
    const replay = {
      ...{ attemptId: String(refused.attemptId), note: 'n' },
      decisionId: crypto.randomUUID(),
    }
    await mustBegin(db, reportOf('t-1', { origin: 'replay', replay }))
    expect(await assign('t-1')).toMatchObject({ refusal: { code: 'transaction_credited' } })
  })

  test('a later payment is due when the only credit of its transaction ended without effect, and ambiguous', async () => {
    const named = { memo: 'memo', memo_type: 'text', started_at: '2026-01-01T00:00:00Z' }
    await storeTransactions(db, [documentOf('t-1', named)])
    const observed = await mustObserve(db)
    await record(db, observed, [creditOf(OPERATION, 't-1')])
    await record(db, observed, [creditOf('12', 't-1')])
    expect(await paymentOf('12')).toMatchObject({ verdict: 'already_paid' })
    await database.query('update anchor_ops.payment set due_at = null')
    await database.query('delete from anchor_ops.due_name')
    await sendCredit('SENDING', 'REJECTED')
    expect(await database.query('select value from anchor_ops.due_name')).toEqual([
      { value: 'memo' },
    ])
    await record(db, observed, [creditOf('12', 't-1')])
    expect(await paymentOf('12')).toMatchObject({
      ...{ verdict: 'ambiguous', transactionId: 't-1', attemptId: null, state: 'open' },
      sentence:
        'Judged credited. Operation 11 was credited to it before, but that update ended without effect, so a person decides which of them pays it.',
      evidence: { creditedBy: OPERATION },
    })
    expect(await assign('t-1', { operationId: '12' })).toMatchObject({ decided: true })
  })

  const replayOf = (attemptId: string, transactionId: string) =>
    begin(
      db,
      reportOf(transactionId, {
        origin: 'replay',
        replay: { attemptId, note: 'n', decisionId: crypto.randomUUID() },
      }),
    )

  test('a credit that was given up for another payment is not sent anew, nor what replayed it', async () => {
    await recorded(creditOf(OPERATION, 't-1'), refusedOf('12', 'already_paid'))
    await sendCredit('SENDING', 'REJECTED')
    const { attemptId } = await payment()
    const [again] = await replayOf(String(attemptId), 't-1')
    await move(db, String(again?.attemptId), OPERATION, ['SENDING', 'REJECTED'])
    expect(await assign('t-1', { operationId: '12' })).toMatchObject({ decided: true })
    const refusal = {
      code: 'credit_given_up',
      detail: { operationId: OPERATION, creditedBy: '12' },
    }
    expect(await replayOf(String(again?.attemptId), 't-1')).toMatchObject([
      { created: false, attemptId: null, refusal },
    ])
    // The other credit ends without effect as well: the payment may be assigned anew, and nothing else.
    await sendCreditOf('12', 'SENDING', 'REJECTED')
    expect(await replayOf(String(again?.attemptId), 't-1')).toMatchObject([{ refusal }])
    expect(await assign('t-1')).toMatchObject({ decided: true })
    const { attemptId: other } = await paymentOf('12')
    expect(other).toBeNull()
  })

  test('a credit whose payment is assigned to another transaction is not sent anew', async () => {
    await recorded(creditOf(OPERATION, 't-1'))
    await sendCredit('SENDING', 'REJECTED')
    const { attemptId } = await payment()
    expect(await assign('t-2')).toMatchObject({ decided: true })
    expect(await replayOf(String(attemptId), 't-1')).toMatchObject([
      { refusal: { code: 'credit_given_up', detail: { creditedBy: null } } },
    ])
  })

  test('a closed credit that ended without effect is archived only once its transaction is credited with another payment', async () => {
    await recorded(creditOf('12', 't-1'), refusedOf(OPERATION, 'already_paid'))
    await sendCreditOf('12', 'SENDING', 'REJECTED')
    await decide('ignored', { operationId: '12' })
    const archive = () => archivePayments(db, { olderThanDays: 0, limit: 9 })
    expect(await archive()).toBe(0)
    expect(await assign('t-1')).toMatchObject({ decided: true, payment: { state: 'credited' } })
    expect(await paymentOf('12')).toMatchObject({ verdict: 'update_refused', state: 'closed' })
    expect(await archive()).toBe(1)
    const archived = await readArchivedPayment(db, { operationId: '12', epoch: null })
    expect(archived?.payment).toMatchObject({ verdict: 'update_refused', stateBefore: 'closed' })
  })

  test('a payment of an older epoch is neither assigned nor refunded, whoever read it before the reset', async () => {
    await recorded(refusedOf(OPERATION, 'no_match'), refusedOf('12', 'no_match'))
    const before = await decide('refunded', { refund: refundOf(['91']) })
    await database.query('insert into anchor_ops.ledger_epoch (epoch) values (2)')
    const epoch = 1
    const refusal = { code: 'older_epoch', epoch, presentEpoch: 2 }
    const refund = refundOf(['92'])
    const operationId = '12'
    for (const refused of [
      await decide('refunded', { operationId, epoch, refund }),
      await assign('t-1', { operationId, epoch }),
    ]) {
      expect(refused).toMatchObject({ decided: false, refusal, payment: { state: 'open' } })
    }
    // What was decided before the reset is answered as the first time.
    const again = await decide('refunded', { epoch, refund: refundOf(['91']) })
    expect(again).toMatchObject({ decided: true, decision: before?.decision })
    for (const decision of ['reported', 'reopen', 'ignored'] as const) {
      expect(await decide(decision, { operationId, epoch })).toMatchObject({ decided: true })
    }
  })

  test.each<[string, JudgedPayment, boolean]>([
    ['dust', refusedOf(OPERATION, 'no_match', { isDust: true }), true],
    ['not judged yet', refusedOf(OPERATION, 'catching_up'), true],
    ['outgoing', refusedOf(OPERATION, 'outgoing'), false],
    ['credited', creditOf(OPERATION, 't-1'), false],
  ])('a payment that is %s may be decided: %#', async (_, paid, decided) => {
    await recorded(paid)
    expect(await decide('ignored')).toMatchObject({ decided })
  })

  test('an unknown payment is decided by nobody', async () => {
    expect(await decide('ignored')).toBeNull()
    expect(await assign('t-1')).toBeNull()
    expect(await readPayment(db, KEY)).toBeNull()
  })
})

interface Decided {
  keyName: string
  note: string
  refund: ShownRefund | null
  operationId: string
  epoch: number | null
}

const NO_FILTER = {
  ...{ verdict: null, account: null, asset: null, since: null },
  ...{ limit: 50, cursor: null },
}

/** The verdicts that leave no open money. */
const STATE_OF: Partial<Record<VerdictCode, string>> = {
  transaction_failed: 'failed',
  outgoing: 'outgoing',
  catching_up: 'catching_up',
}

/** A report by hand of the payment. */
const reportOf = (transactionId: string, change: object = {}) =>
  updateOf(transactionId, {
    method: 'notify_onchain_funds_received',
    params: { transaction_id: transactionId, stellar_transaction_id: HASH },
    ...change,
  })

type Claim = { stellarTransaction: string; choices: string[][] }

function startClaiming(db: Database, attemptId: string, claim: Claim) {
  return startSending(db, {
    attemptId,
    rpcId: crypto.randomUUID(),
    pre: {},
    transaction: null,
    ledger: null,
    claim,
    earlier: [],
  })
}

/** Moves an attempt that reports the operation from state to state. */
async function move(
  db: Database,
  attemptId: string,
  operationId: string,
  path: readonly ('SENDING' | 'UNKNOWN' | 'APPLIED' | 'REJECTED')[],
): Promise<void> {
  for (const to of path) {
    const known = sends.get(attemptId)
    if (to === 'SENDING') {
      const rpcId = crypto.randomUUID()
      await startSending(db, {
        ...{ attemptId, rpcId, pre: {}, transaction: null, ledger: null, earlier: [] },
        claim: { stellarTransaction: operationId.padStart(64, '0'), choices: [[operationId]] },
      })
      sends.set(attemptId, { rpcId, state: 'SENDING' })
    } else if (known !== undefined) {
      await recordOutcome(db, {
        ...{ attemptId, rpcId: known.rpcId, from: known.state, to, outcome: null },
        ...{ transaction: null, settleInSeconds: null },
      })
      if (to === 'UNKNOWN') known.state = to
    }
  }
}

const sends = new Map<string, { rpcId: string; state: 'SENDING' | 'UNKNOWN' }>()
