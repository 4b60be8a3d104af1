import { describe, expect, test } from 'vitest'
import { finishRun } from '../../lib/anchors/store.ts'
import { EVENT_TYPES, type EventTypeName } from '../../lib/outbox/event-types.ts'
import { recordSnapshot } from '../../lib/payments/books/store.ts'
import { beginObservation, endObservation } from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustStart } from '../helpers/database-rows.ts'
import { ACCOUNT, creditOf, mustObserve, record, refusedOf } from '../helpers/payment-rows.ts'
import {
  documentOf,
  move,
  mustBegin,
  mustBeginSending,
  mustLeaveToPerson,
  mustLose,
  mustSend,
  updateOf,
} from '../helpers/update-rows.ts'

describe.each(databases())('what is told of a change: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  /** `type subject` of the events in the order in which they were written. Each has the data that its type describes. */
  const told = async () => {
    const rows = await database.query(
      'select type, subject, data from anchor_ops.outbox order by seq',
    )
    for (const { type, data } of rows) {
      expect(EVENT_TYPES[type as EventTypeName].data.strict().parse(data)).toEqual(data)
    }
    return rows.map(({ type, subject }) => `${type} ${subject}`)
  }
  const dataOf = async (type: string) =>
    (
      await database.query('select data from anchor_ops.outbox where type = $1 order by seq', [
        type,
      ])
    ).map(({ data }) => data)

  test('a transaction is told when it is first seen and when its status changes, and not when anything else does', async () => {
    for (const [status, day] of [
      ['incomplete', '02'],
      ['incomplete', '03'],
      ['pending_anchor', '04'],
    ]) {
      await storeTransactions(db, [
        documentOf('t', { status, updated_at: `2026-01-${day}T00:00:00Z` }),
      ])
    }
    expect(await told()).toEqual(Array(2).fill('transaction.status transaction/t'))
    expect(await dataOf('transaction.status')).toEqual([
      { transactionId: 't', from: null, to: 'incomplete' },
      { transactionId: 't', from: 'incomplete', to: 'pending_anchor' },
    ])
  })

  test('an attempt is told when it is settled or waits for a person, and not while it is open', async () => {
    const id = await mustBegin(db, updateOf('t'))
    const rpcId = await mustSend(db, id)
    await move(db, id, rpcId, 'SENDING', 'READY')
    await mustSend(db, id)
    expect(await told()).toEqual([])
    const [applied, sent] = await mustBeginSending(db, updateOf('a'))
    await move(db, applied, sent, 'SENDING', 'APPLIED')
    await mustLeaveToPerson(db, await mustBegin(db, updateOf('m')))
    await mustLose(db, await mustBegin(db, updateOf('l')))
    expect(await told()).toEqual([
      'attempt.settled transaction/a',
      'attempt.waiting transaction/m',
      'attempt.settled transaction/l',
      'attempt.waiting transaction/l',
    ])
    expect(await dataOf('attempt.waiting')).toMatchObject([{ to: 'MANUAL' }, { to: 'LOST' }])
  })

  test('a payment is told with its verdict, with what makes it open money and what ends that, and dust only where it is credited', async () => {
    const observed = await mustObserve(db)
    await storeTransactions(db, [documentOf('t')])
    await database.query('delete from anchor_ops.outbox')
    await record(db, observed, [
      refusedOf('11', 'no_match'),
      refusedOf('12', 'no_match', { isDust: true }),
      creditOf('13', 't', { isDust: true }),
    ])
    expect(await told()).toEqual([
      'payment.verdict payment/1/11',
      'open_money.began payment/1/11',
      'payment.verdict payment/1/13',
    ])
    await database.query(`update anchor_ops.payment set is_dust = true where operation_id = '11'`)
    expect((await told()).slice(3)).toEqual(['open_money.ended payment/1/11'])
  })

  test('a difference in the books is told when it is found, and when it is gone or explained, and not at each look', async () => {
    const ended: Record<string, string> = {
      'gone at the next look': `update anchor_ops.reconciliation set moved = 3, difference = 0, found_at = null`,
      'explained by a person': `update anchor_ops.reconciliation set explained_at = now()`,
    }
    const asset = 'stellar:native'
    await mustObserve(db)
    for (const [place, end] of Object.values(ended).entries()) {
      for (const ledger of [10, 20]) {
        await recordSnapshot(
          db,
          { account: ACCOUNT, epoch: 1 },
          {
            ...{ ledger: ledger + place * 100, closedAt: '2026-01-01T00:00:00Z', isWhole: true },
            balances: [{ asset: { kind: 'native' }, stroops: '5' }],
          },
        )
      }
      const period = [10, 20].map((ledger) => ledger + place * 100)
      await database.query('delete from anchor_ops.outbox')
      await database.query(
        `insert into anchor_ops.reconciliation (epoch, account, asset, opening_ledger, closing_ledger, opening, moved, closing,
          difference, found_at) values (1, $1, $2, $3, $4, 5, 2, 8, -1, now())`,
        [ACCOUNT, asset, ...period],
      )
      const at = `where closing_ledger = ${period[1]}`
      await database.query(`update anchor_ops.reconciliation set reconciled_at = now() ${at}`)
      await database.query(`${end} ${at}`)
      await database.query(`update anchor_ops.reconciliation set reconciled_at = now() ${at}`)
      const subject = `books/1/${ACCOUNT}/${asset}`
      expect(await told()).toEqual([`difference.found ${subject}`, `difference.ended ${subject}`])
      expect(await dataOf('difference.ended')).toEqual([
        {
          ...{ epoch: 1, account: ACCOUNT, asset },
          ...{ openingLedger: period[0], closingLedger: period[1] },
        },
      ])
    }
  })

  test('a page of payments that is refused tells nothing', async () => {
    const observed = await mustObserve(db)
    const refused = await record(db, observed, [refusedOf('11', 'no_match')], {
      expectedCursor: '9',
    })
    expect(refused).toMatchObject({ recorded: false })
    expect(await told()).toEqual([])
    await expect(
      database.query(`do $$ begin
        perform anchor_ops.tell('run.degraded', 'run/sync', '{}');
        raise exception 'the change failed';
      end $$`),
    ).rejects.toThrow('the change failed')
    expect(await told()).toEqual([])
  })

  test.each([
    ['listing_on', 'anchor.switched'],
    ['listing_off', 'anchor.switched'],
    ['held', 'anchor.held'],
    ['domain_flapping', 'anchor.flapping'],
    ['drift', 'anchor.changed'],
    ['delisted', 'anchor.changed'],
  ])('the change %s of the catalog is told as %s', async (change, type) => {
    const isOfListing = /^(listing|delisted)/.test(change)
    await database.query(
      `insert into anchor_ops.catalog_change (network, domain, listing, kind) values ('mainnet', 'a.example', $1, $2)`,
      [isOfListing ? 'a.example:on-ramp:MX:MXN' : null, change],
    )
    expect(await told()).toEqual([`${type} anchor/mainnet:a.example`])
    expect(await dataOf(type)).toMatchObject([{ change, domain: 'a.example' }])
  })

  test('runs are told when they begin to go wrong, for another reason, and when they go well again', async () => {
    for (const answer of [
      { status: 'ok', degraded: false },
      { status: 'ok', degraded: true },
      { status: 'ok', degraded: true },
      { status: 'error', degraded: false },
      null,
      { status: 'ok', degraded: false },
      { status: 'ok', degraded: false },
    ]) {
      const { runId, fence } = await mustStart(db, { quietSeconds: 0 })
      await finishRun(db, { runId, fence, answer, failure: null })
    }
    expect(await told()).toEqual([
      ...Array(3).fill('run.degraded run/sync'),
      'run.recovered run/sync',
    ])
    expect(await dataOf('run.degraded')).toMatchObject([
      { reason: 'degraded' },
      { reason: 'source_failed' },
      { reason: 'broke_off' },
    ])
  })

  test('the alarm of an observer is told when it begins and when it ends, and not in each run', async () => {
    const observed = await mustObserve(db)
    for (const code of [null, 'history_gone', 'history_gone', 'ledger_reset', null, null]) {
      await beginObservation(db, { ...observed, leaseSeconds: 60 })
      const alarm = code === null ? null : { code, message: 'm' }
      await endObservation(db, { ...observed, alarm, swept: false })
    }
    const subject = `observer/${ACCOUNT}/horizon`
    expect(await told()).toEqual([
      ...Array(2).fill(`observer.alarm ${subject}`),
      `observer.recovered ${subject}`,
    ])
    expect(await dataOf('observer.alarm')).toMatchObject([
      { code: 'history_gone' },
      { code: 'ledger_reset' },
    ])
  })
})
