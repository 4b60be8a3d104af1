import { describe, expect, test } from 'vitest'
import {
  beginObservation,
  endObservation,
  readObserverHealth,
  readPayments,
  setObserverCursor,
} from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  creditOf,
  expireObservers,
  FIRST_EPOCH,
  mustObserve,
  OTHER_ACCOUNT,
  observedOf,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'
import { documentOf } from '../helpers/update-rows.ts'

describe.each(databases())('observing: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const begin = (observed = observedOf()) => beginObservation(db, { ...observed, leaseSeconds: 60 })
  const end = (observed = observedOf(), code: string | null = null, swept = false) =>
    endObservation(db, {
      ...observed,
      alarm: code === null ? null : { code, message: `m ${code}` },
      swept,
    })
  const account = async () => (await readObserverHealth(db)).accounts[0]
  const numberOf = async (table: string) =>
    (await database.query(`select count(*)::int as n from anchor_ops.${table}`))[0]?.['n']

  describe('the lease', () => {
    test('goes to exactly one of 20 processes that begin at once', async () => {
      const starts = await Promise.all(Array.from({ length: 20 }, () => begin()))
      expect(starts.filter(({ started }) => started)).toHaveLength(1)
    })

    test('holds for one account and one source', async () => {
      for (const change of [{}, { source: 'rpc' }, { account: OTHER_ACCOUNT }] as const) {
        expect(await begin(observedOf(change))).toMatchObject({ started: true, cursor: null })
      }
    })

    test('is taken over after it has expired, and its former holder writes nothing', async () => {
      const dead = await mustObserve(db)
      await expireObservers(database)
      const heir = observedOf()
      expect(await begin(heir)).toMatchObject({ started: true, cursor: '0' })

      expect(await record(db, dead, [creditOf('11', 't-1')], { cursor: '11' })).toEqual({
        recorded: false,
        reason: 'lease_lost',
      })
      expect(
        await setObserverCursor(db, {
          ...dead,
          cursor: '99',
          startedFrom: 'now',
          note: null,
          keyName: null,
          ...FIRST_EPOCH,
        }),
      ).toEqual({ moved: false })
      await end(dead, 'history_gone', true)
      expect(await begin()).toEqual({ started: false })
      expect(await account()).toMatchObject({ cursor: '0', alarm: null, sweptAt: null })
      expect([await numberOf('payment'), await numberOf('attempt')]).toEqual([0, 0])
    })

    test('is extended by the next page after it has expired, if no other process took it', async () => {
      const observed = await mustObserve(db)
      await expireObservers(database)
      expect(await record(db, observed, [])).toMatchObject({ recorded: true })
      expect(await begin()).toEqual({ started: false })
    })

    test('allows no write after it was given back', async () => {
      const observed = await mustObserve(db)
      await end(observed)
      expect(await record(db, observed, [])).toEqual({ recorded: false, reason: 'lease_lost' })
      expect(await begin()).toMatchObject({ started: true })
    })
  })

  describe('the cursor', () => {
    test('moves only when the caller names its position', async () => {
      const observed = await mustObserve(db)
      expect(await record(db, observed, [], { cursor: '10' })).toMatchObject({ recorded: true })
      expect(await record(db, observed, [creditOf('11', 't-1')], { cursor: '11' })).toEqual({
        recorded: false,
        reason: 'cursor_moved',
      })
      expect(await account()).toMatchObject({ cursor: '10' })
      expect([await numberOf('payment'), await numberOf('attempt')]).toEqual([0, 0])
    })

    test('does not move before an operator has set it', async () => {
      const observed = observedOf()
      await begin(observed)
      expect(await record(db, observed, [], { cursor: '10' })).toEqual({
        recorded: false,
        reason: 'cursor_moved',
      })
      expect(await account()).toMatchObject({ cursor: null, startedFrom: null })
    })

    test('is text, so no digit is lost and any letter is allowed', async () => {
      const observed = await mustObserve(db)
      const cursor = '9223372036854775807-0000000001'
      await record(db, observed, [], { cursor })
      await end(observed)
      expect(await begin()).toMatchObject({ cursor })
    })

    test('set by an operator clears alarm, checkpoint and sweep, and the jump is recorded', async () => {
      const first = await mustObserve(db)
      await record(db, first, [], {
        cursor: '10',
        sweepCursor: '5',
        checkpoint: { sequence: 7, hash: 'f'.repeat(64) },
        completeUntil: '2026-01-01T00:00:00Z',
      })
      await end(first, 'ledger_reset')
      const operator = observedOf()
      expect(await begin(operator)).toMatchObject({
        cursor: '10',
        sweepCursor: '5',
        checkpoint: { sequence: 7, hash: 'f'.repeat(64) },
      })
      const note = 'testnet was reset'
      await setObserverCursor(db, {
        ...operator,
        cursor: '3',
        startedFrom: 'now',
        note,
        keyName: 'CRON_SECRET',
        ...FIRST_EPOCH,
      })
      expect(await begin(operator)).toMatchObject({
        cursor: '3',
        sweepCursor: null,
        sweptAt: null,
        checkpoint: null,
      })
      expect(await account()).toMatchObject({
        startedFrom: 'now',
        alarm: null,
        completeUntil: null,
      })
      expect(
        await database.query(
          `select from_cursor, to_cursor, started_from, note, alarm ->> 'code' as alarm
           from anchor_ops.observer_jump order by seq`,
        ),
      ).toEqual([
        { from_cursor: null, to_cursor: '0', started_from: 'ledger 1', note: null, alarm: null },
        { from_cursor: '10', to_cursor: '3', started_from: 'now', note, alarm: 'ledger_reset' },
      ])
    })

    test('stays while a sweep records; the sweep continues from its own cursor until its end', async () => {
      const observed = await mustObserve(db)
      await record(db, observed, [], { cursor: '10', completeUntil: '2026-01-02T00:00:00Z' })
      const main = { expectedCursor: '10', cursor: '10' }
      await record(db, observed, [creditOf('5', 't-1')], { ...main, sweepCursor: '5' })
      await record(db, observed, [], main)
      expect(await begin(observed)).toMatchObject({ cursor: '10', sweepCursor: '5', sweptAt: null })
      await end(observed, null, true)
      expect(await begin()).toMatchObject({
        cursor: '10',
        sweepCursor: null,
        sweptAt: expect.any(String),
      })
    })
  })

  describe('health', () => {
    test('shows until when payments are complete, which never goes back', async () => {
      const observed = await mustObserve(db)
      expect(await account()).toMatchObject({ completeUntil: null, observedAt: null })
      const until = async (completeUntil: string | null) => {
        await record(db, observed, [], { completeUntil })
        return (await account())?.completeUntil
      }
      expect(await until('2026-01-02T00:00:00Z')).toBe('2026-01-02T00:00:00.000Z')
      expect(await until('2026-01-01T00:00:00Z')).toBe('2026-01-02T00:00:00.000Z')
      expect(await until(null)).toBe('2026-01-02T00:00:00.000Z')
    })

    test('shows an alarm with the first time of its code, until an observation ends without one', async () => {
      const alarm = async (code: string | null) => {
        const observed = observedOf()
        await begin(observed)
        await end(observed, code)
        return (await account())?.alarm ?? null
      }
      const first = await alarm('history_gone')
      expect(first).toMatchObject({ code: 'history_gone', message: 'm history_gone' })
      expect((await account())?.observedAt).toBeNull()
      await database.query(
        `update anchor_ops.observer set alarm = alarm || '{"since":"2026-01-01T00:00:00.000Z"}'`,
      )
      const since = '2026-01-01T00:00:00.000Z'
      expect(await alarm('history_gone')).toEqual({ ...first, since })
      const other = await alarm('cursor_ahead')
      expect(other?.code).toBe('cursor_ahead')
      expect(other?.since).not.toBe(since)
      expect(await alarm(null)).toBeNull()
      expect((await account())?.observedAt).not.toBeNull()
    })

    test('shows since when the oldest transaction has waited for a payment', async () => {
      const oldest = async () => {
        const start = await begin(observed)
        return start.started ? start.oldestAwaitingAt : undefined
      }
      const observed = observedOf()
      expect(await oldest()).toBeNull()
      const start = 'pending_user_transfer_start'
      await storeTransactions(db, [
        documentOf('t-1', { status: start, started_at: '2026-03-03T00:00:00Z' }),
        documentOf('t-2', { status: start, kind: 'deposit', started_at: '2026-01-01T00:00:00Z' }),
        documentOf('t-3', { status: 'pending_anchor', started_at: '2026-01-01T00:00:00Z' }),
        documentOf('t-4', {
          ...{ sep: '31', kind: 'receive', status: 'pending_sender' },
          started_at: '2026-02-02T00:00:00Z',
        }),
      ])
      expect(await oldest()).toBe('2026-02-02T00:00:00.000Z')
    })
  })

  describe('reading', () => {
    const read = (change: Partial<Parameters<typeof readPayments>[1]> = {}) =>
      readPayments(db, { verdict: null, since: null, limit: 200, cursor: null, ...change })
    const idsOf = async (change: Parameters<typeof read>[0]) =>
      (await read(change)).payments.map(({ operationId }) => operationId)

    test('page by page gives each payment once, in the order of the verdicts', async () => {
      const observed = await mustObserve(db)
      await record(db, observed, [refusedOf('30', 'no_match'), refusedOf('31', 'no_memo')])
      await record(db, observed, [refusedOf('10', 'no_memo'), refusedOf('11', 'no_memo')])
      await record(db, observed, [creditOf('30', 't-1'), refusedOf('12', 'no_memo')])
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const page = await read({ limit: 2, cursor })
        ids.push(...page.payments.map(({ operationId }) => operationId))
        cursor = page.next
      } while (cursor !== null)
      expect(ids).toEqual(['31', '10', '11', '12', '30'])
    })

    test('by verdict and since a time gives the matching payments only', async () => {
      const observed = await mustObserve(db)
      await record(db, observed, [refusedOf('10', 'no_memo'), refusedOf('11', 'no_match')])
      // Answers give times to the millisecond.
      for (const begun = Date.now(); Date.now() - begun < 2; );
      await record(db, observed, [refusedOf('12', 'no_memo')])
      const since = (await read()).payments[2]?.judgedAt ?? null
      expect(await idsOf({ verdict: 'no_memo' })).toEqual(['10', '12'])
      expect(await idsOf({ since })).toEqual(['12'])
      expect(await idsOf({ since, verdict: 'no_match' })).toEqual([])
      expect((await read({ verdict: 'no_memo', limit: 2 })).next).toBeNull()
    })

    test.each(['', 'x', '1', '1.', '1.x', "1.1' or true"])(
      'refuses the cursor "%s" as one that no page gave',
      async (cursor) => {
        await mustFail(read({ cursor }), 'invalid_parameter')
      },
    )
  })
})
