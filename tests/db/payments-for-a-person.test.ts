import { describe, expect, test } from 'vitest'
import { readObserverHealth } from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { creditOf, mustObserve, record, refusedOf } from '../helpers/payment-rows.ts'
import { documentOf, mustBegin, updateOf } from '../helpers/update-rows.ts'

describe.each(databases())('a payment for a transaction that waits no more: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const waiting = async () => (await readObserverHealth(db)).waiting
  let seconds = 0
  const becomes = (status: string) => {
    seconds += 1
    const updated_at = `2026-01-01T00:00:${String(seconds % 60).padStart(2, '0')}Z`
    return storeTransactions(db, [documentOf('t-1', { status, updated_at })])
  }
  const judgedDaysAgo = async (days: number) => {
    await database.query('alter table anchor_ops.payment disable trigger payment_guard')
    await database.query(
      'update anchor_ops.payment set judged_at = judged_at - make_interval(days => $1)',
      [days],
    )
    await database.query('alter table anchor_ops.payment enable trigger payment_guard')
  }

  test.each([
    ['expired', 1],
    ['error', 1],
    ['too_small', 1],
    ['pending_anchor', 0],
    ['refunded', 0],
    ['completed', 0],
  ])('that became %s counts %i times for 7 days', async (status, counted) => {
    await becomes('pending_user_transfer_start')
    const short = refusedOf('11', 'amount_short', { transactionId: 't-1' })
    await record(db, await mustObserve(db), [short])
    await becomes(status)
    expect(await waiting()).toBe(counted)
    await judgedDaysAgo(8)
    expect(await waiting()).toBe(0)
  })

  test('because another payment was credited counts for 7 days', async () => {
    await becomes('pending_user_transfer_start')
    const wrong = refusedOf('11', 'wrong_asset', { transactionId: 't-1' })
    await record(db, await mustObserve(db), [wrong, creditOf('12', 't-1')])
    await becomes('pending_anchor')
    expect(await waiting()).toBe(1)
    await judgedDaysAgo(8)
    expect(await waiting()).toBe(0)
  })

  test('does not count if its rejected update was sent anew and applied, also when it is on hold', async () => {
    await becomes('pending_user_transfer_start')
    await record(db, await mustObserve(db), [creditOf('12', 't-1')])
    await database.query("update anchor_ops.attempt set state = 'REJECTED'")
    await becomes('on_hold')
    expect(await waiting()).toBe(1)
    const [rejected] = await database.query('select id from anchor_ops.attempt')
    const replay = {
      attemptId: String(rejected?.['id']),
      note: 'n',
      decisionId: crypto.randomUUID(),
    }
    const anew = await mustBegin(db, updateOf('t-1', { origin: 'replay', replay }))
    expect(await waiting()).toBe(1)
    await database.query("update anchor_ops.attempt set state = 'APPLIED' where id = $1", [anew])
    expect(await waiting()).toBe(0)
  })
})
