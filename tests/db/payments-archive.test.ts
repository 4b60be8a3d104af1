import { beforeEach, describe, expect, test } from 'vitest'
import { missingPayment } from '../../lib/payments/open/refusals.ts'
import { decidePayment, readArchivedPayment, readPayment } from '../../lib/payments/open/store.ts'
import {
  archivePayments,
  findCandidates,
  type ObservedAccount,
  readPayments,
} from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  ACCOUNT,
  creditOf,
  mustObserve,
  OTHER_ACCOUNT,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'
import { documentOf } from '../helpers/update-rows.ts'

const STRANGER = `G${'C'.repeat(55)}`

describe.each(databases())('the archive of payments: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  let observed: ObservedAccount
  beforeEach(async () => {
    observed = await mustObserve(db)
  })

  const archive = (change: { olderThanDays?: number; limit?: number } = {}) =>
    archivePayments(db, { olderThanDays: 0, limit: 100, ...change })
  const apply = () => database.query(`update anchor_ops.attempt set state = 'APPLIED'`)
  const stored = async () => {
    const all = await readPayments(db, { verdict: null, since: null, limit: 200, cursor: null })
    return all.payments.map(({ operationId }) => operationId)
  }
  const archived = async () =>
    (
      await database.query(
        'select operation_id from anchor_ops.archived_payment order by operation_id',
      )
    ).map((row) => row['operation_id'])

  test('takes payments that are credited with an applied update, outgoing or failed, and no others', async () => {
    await record(db, observed, [creditOf('10', 't-1')])
    await apply()
    await record(db, observed, [
      creditOf('11', 't-2'),
      refusedOf('12', 'outgoing'),
      refusedOf('13', 'transaction_failed', { successful: false }),
      refusedOf('14', 'no_match'),
      refusedOf('15', 'amount_short', { transactionId: 't-3' }),
    ])
    expect(await archive()).toBe(3)
    expect(await archived()).toEqual(['10', '12', '13'])
    expect(await stored()).toEqual(['11', '14', '15'])
    expect(await archive()).toBe(0)
  })

  test('takes no payment to another observed account, whose own look may not have read it yet', async () => {
    await mustObserve(db, { account: OTHER_ACCOUNT })
    await record(db, observed, [
      refusedOf('11', 'outgoing', { from: ACCOUNT, to: OTHER_ACCOUNT }),
      refusedOf('12', 'outgoing', { from: ACCOUNT, to: STRANGER }),
    ])
    await archive()
    expect([await archived(), await stored()]).toEqual([['12'], ['11']])
  })

  const decide = (operationId: string, decision: 'ignored' | 'reopen') =>
    decidePayment(db, {
      ...{
        operationId,
        epoch: null,
        decision,
        note: 'n',
        keyName: 'anna',
        asked: {},
        refund: null,
      },
    })

  test('takes a payment that a person closed long enough ago, and none that was opened again', async () => {
    await record(db, observed, [refusedOf('10', 'no_match'), refusedOf('11', 'no_match')])
    await database.query(`do $$ begin
      alter table anchor_ops.payment disable trigger user;
      update anchor_ops.payment set judged_at = judged_at - interval '2 days';
      alter table anchor_ops.payment enable trigger user;
    end $$`)
    await decide('10', 'ignored')
    await decide('11', 'ignored')
    await decide('11', 'reopen')
    expect(await archive({ olderThanDays: 1 })).toBe(0)
    expect(await archive()).toBe(1)
    expect(await archived()).toEqual(['10'])
  })

  test('leaves a payment whose update may still be lost, or is', async () => {
    await record(db, observed, [creditOf('10', 't-1')])
    await database.query(`update anchor_ops.attempt set state = 'APPLIED', settle_at = now()`)
    expect(await archive()).toBe(0)
    await database.query(`update anchor_ops.attempt set state = 'LOST', settle_at = null`)
    expect(await archive()).toBe(0)
  })

  test('an archived payment is shown with the decisions about it, and is not decided about', async () => {
    await record(db, observed, [refusedOf('10', 'no_match')])
    await decide('10', 'ignored')
    await archive()
    const key = { operationId: '10', epoch: null }
    expect(await readPayment(db, key)).toBeNull()
    expect(await readArchivedPayment(db, key)).toMatchObject({
      payment: { operationId: '10', state: 'archived', stateBefore: 'closed', verdict: 'no_match' },
      decisions: [{ decision: 'ignored', keyName: 'anna' }],
    })
    expect(await decide('10', 'reopen')).toBeNull()
    expect((await missingPayment(db, key)).code).toBe('decision_refused')
    expect((await missingPayment(db, { operationId: '11', epoch: null })).code).toBe('not_found')
  })

  test('takes the oldest first, and leaves those that are not old enough', async () => {
    for (const id of ['13', '12', '11']) await record(db, observed, [refusedOf(id, 'outgoing')])
    expect(await archive({ olderThanDays: 1 })).toBe(0)
    expect(await archive({ limit: 2 })).toBe(2)
    expect(await archived()).toEqual(['12', '13'])
  })

  test('keeps what names the operation and its money', async () => {
    await record(db, observed, [creditOf('10', 't-1')])
    await apply()
    await archive()
    const [row] = await database.query(
      `select epoch, operation_id, account, kind, transaction_hash, asset, amount, verdict, state, transaction_id,
        anchor_ops.iso_time(closed_at) as closed_at from anchor_ops.archived_payment`,
    )
    const { account, transactionHash, amount, closedAt } = {
      ...observed,
      ...creditOf('10', 't-1'),
    }
    expect(row).toEqual({
      epoch: 1,
      operation_id: '10',
      account,
      kind: 'payment',
      transaction_hash: transactionHash,
      asset: 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5',
      amount,
      verdict: 'credited',
      state: 'credited',
      transaction_id: 't-1',
      closed_at: closedAt,
    })
  })

  test('an archived operation is not recorded again, whatever it is judged now', async () => {
    await record(db, observed, [creditOf('10', 't-1'), refusedOf('11', 'outgoing')])
    await apply()
    await archive()
    const again = [creditOf('10', 't-2'), creditOf('11', 't-3'), refusedOf('12', 'no_match')]
    expect(await record(db, observed, again)).toMatchObject({ stored: 1, changed: 0, credited: [] })
    expect(await stored()).toEqual(['12'])
  })

  test('an archived operation of another transaction is a reset of the ledger', async () => {
    await record(db, observed, [refusedOf('11', 'outgoing')])
    await archive()
    const other = refusedOf('11', 'outgoing', { transactionHash: 'e'.repeat(64) })
    await mustFail(record(db, observed, [other]), 'ledger_changed')
  })

  test('no other payment is credited to the transaction of an archived one', async () => {
    await storeTransactions(db, [documentOf('t-1', { memo: '7', memo_type: 'id' })])
    await record(db, observed, [creditOf('10', 't-1')])
    await apply()
    await archive()
    expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({
      credited: [],
      verdicts: { already_paid: 1 },
    })
    const [candidate] = await findCandidates(db, { memos: [{ type: 'id', value: '7' }] })
    expect(candidate?.creditedBy).toBe('10')
    await record(db, observed, [refusedOf('12', 'no_match')])
    const credit = `update anchor_ops.payment set verdict = 'credited', transaction_id = 't-1',
      attempt_id = (select id from anchor_ops.attempt limit 1) where operation_id = '12'`
    await expect(database.query(credit)).rejects.toMatchObject({ code: '23505' })
  })

  test('earlier verdicts go with their payment', async () => {
    await record(db, observed, [refusedOf('10', 'no_match')])
    await record(db, observed, [creditOf('10', 't-1')])
    await apply()
    // It was to be judged once more.
    expect(await archive()).toBe(0)
    await database.query('update anchor_ops.payment set due_at = null')
    expect(await archive()).toBe(1)
    expect(await database.query('select from anchor_ops.payment_verdict')).toEqual([])
  })

  test('nobody deletes a payment past the archive, or changes it, not even the owner', async () => {
    await record(db, observed, [refusedOf('10', 'outgoing'), refusedOf('11', 'no_match')])
    const into = (change: string) =>
      `insert into anchor_ops.archived_payment select epoch, operation_id, account, kind, transaction_hash, asset, ${change},
        anchor_ops.why_not_open(payment), transaction_id, closed_at, now() from anchor_ops.payment`
    for (const sql of [
      'delete from anchor_ops.payment',
      `${into('amount, verdict')} where operation_id = '11'`,
      `${into(`'1', verdict`)} where operation_id = '10'`,
    ]) {
      await mustFail(database.query(sql), 'AO002')
    }
    await archive()
    for (const sql of [
      'delete from anchor_ops.archived_payment',
      `update anchor_ops.archived_payment set amount = '1'`,
    ]) {
      await mustFail(database.query(sql), 'AO002')
    }
  })
})
