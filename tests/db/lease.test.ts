import { describe, expect, test } from 'vitest'
import { renewLease } from '../../lib/anchors/store.ts'
import { readScheduledRuns } from '../../lib/schedule/store.ts'
import { databases, describeMeetings, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  expireLease,
  listingOf,
  mustFail,
  mustStart,
  storeListings,
  tryStart,
} from '../helpers/database-rows.ts'

describe.each(databases())('lease: $name', (kind) => {
  const database = useDatabase(kind)

  const calls = (run: { runId: string; fence: string }) => callsOf(database, run)
  const renew = ({ runId, fence }: { runId: string; fence: string }) =>
    renewLease(database.db, { runId, fence, leaseSeconds: 60 })
  const addDomain = () => storeListings(database.db, [listingOf('a.example')])

  test('exactly one of 200 contenders starts, and the others get the run that is under way', async () => {
    const starts = await Promise.all(Array.from({ length: 200 }, () => tryStart(database.db)))
    const winners = starts.filter((start) => start.started)
    expect(winners).toHaveLength(1)
    expect(starts.filter((start) => !start.started)).toEqual(
      Array(199).fill({
        started: false,
        skipped: 'already_running',
        runId: winners[0]?.runId,
        answer: null,
      }),
    )
    expect(await database.query('select id from anchor_ops.run')).toEqual([
      { id: winners[0]?.runId },
    ])
  })

  test('exactly one of 50 contenders takes over the lease of a dead run', async () => {
    const dead = await mustStart(database.db)
    await expireLease(database)
    const starts = await Promise.all(Array.from({ length: 50 }, () => tryStart(database.db)))
    const winners = starts.filter((start) => start.started)
    expect(winners).toHaveLength(1)
    expect(BigInt(winners[0]?.fence ?? 0)).toBeGreaterThan(BigInt(dead.fence))
  })

  test('a run that was taken over stores no listing, renews no lease and cannot finish', async () => {
    await addDomain()
    const zombie = await mustStart(database.db)
    await expireLease(database)
    const successor = await mustStart(database.db)

    await mustFail(renew(zombie), 'lease_lost')
    const ofRun = {
      cursor: { source: 'walk', position: '9' },
      run: { id: zombie.runId, fence: zombie.fence },
    }
    const late = storeListings(database.db, [listingOf('zombie.example')], ofRun)
    await mustFail(late, 'lease_lost')
    expect(
      await database.query(`select from anchor_ops.listing where domain = 'zombie.example'`),
    ).toEqual([])
    expect(await database.query('select from anchor_ops.discovery_cursor')).toEqual([])
    expect(await calls(zombie).finish()).toEqual({ finished: false })
    expect(await renew(successor)).toEqual({ renewed: true })
    expect(await calls(successor).finish()).toEqual({ finished: true })
  })

  test('a run that broke off leaves no answer, and the next one works', async () => {
    const run = await mustStart(database.db)
    expect(await calls(run).finish(null)).toEqual({ finished: true })
    await mustStart(database.db, { quietSeconds: 600 })
  })

  test('a run that has finished writes nothing more and finishes once', async () => {
    await addDomain()
    const run = await mustStart(database.db)
    expect(await calls(run).finish({ n: 1 })).toEqual({ finished: true })
    expect(await calls(run).finish({ n: 2 })).toEqual({ finished: false })
    await mustFail(renew(run), 'lease_lost')
    expect(await database.query('select answer from anchor_ops.run')).toEqual([
      { answer: { n: 1 } },
    ])
  })

  test('the right fence with the id of another run is refused', async () => {
    const run = await mustStart(database.db)
    const other = { runId: crypto.randomUUID(), fence: run.fence }
    await mustFail(renew(other), 'lease_lost')
    expect(await calls(other).finish()).toEqual({ finished: false })
  })

  test('a run whose lease has expired continues until another run takes the lease', async () => {
    await addDomain()
    const run = await mustStart(database.db)
    await expireLease(database)
    expect(await renew(run)).toEqual({ renewed: true })
    expect(await tryStart(database.db)).toMatchObject({ skipped: 'already_running' })
  })

  test('a shorter renewal never shortens the lease', async () => {
    const run = await mustStart(database.db)
    const [before] = await database.query(
      `select expires_at from anchor_ops.lease where name = 'catalog'`,
    )
    expect(await renew(run)).toEqual({ renewed: true })
    expect(
      await database.query(`select expires_at from anchor_ops.lease where name = 'catalog'`),
    ).toEqual([before])
    await expireLease(database)
    expect(await renew(run)).toEqual({ renewed: true })
    expect(
      await database.query(
        `select expires_at > now() + interval '50 seconds' as held from anchor_ops.lease where name = 'catalog'`,
      ),
    ).toEqual([{ held: true }])
  })

  test('a repeat within the quiet time gets the answer of the previous run; another kind runs', async () => {
    const run = await mustStart(database.db)
    await calls(run).finish({ text: 'ä' })
    expect(await tryStart(database.db, { quietSeconds: 600 })).toEqual({
      started: false,
      skipped: 'recent',
      runId: run.runId,
      answer: { text: 'ä' },
    })
    await mustStart(database.db, { quietSeconds: 600, kind: 'refresh_capabilities' })
    expect(await tryStart(database.db, { quietSeconds: 600 })).toMatchObject({ skipped: 'recent' })
  })

  test('after the quiet time, or after a run that died, the next one starts', async () => {
    const run = await mustStart(database.db)
    await calls(run).finish()
    await database.query(`update anchor_ops.run set finished_at = now() - interval '601 seconds'`)
    await mustStart(database.db, { quietSeconds: 600 })
    await expireLease(database)
    await mustStart(database.db, { quietSeconds: 600 })
  })

  test('counted from the start, a run holds off the next one for 10 minutes, whatever became of it', async () => {
    const fromStart = { quietSeconds: 600, quietFrom: 'start' } as const
    const started = (seconds: number) => `
      update anchor_ops.run set started_at = now() - interval '${seconds} seconds';
      v_skipped := public.start_run('sync', 'scheduled', gen_random_uuid(), 60, 600, 'start', null) ->> 'skipped'`
    const ends: [string, (run: Awaited<ReturnType<typeof mustStart>>) => Promise<unknown>][] = [
      ['finished', (run) => calls(run).finish({ n: 1 })],
      ['broke off', (run) => calls(run).finish(null)],
      ['died', () => expireLease(database)],
    ]
    for (const [end, ended] of ends) {
      const run = await mustStart(database.db)
      const answer = end === 'finished' ? { n: 1 } : null
      const held = { started: false, runId: run.runId, answer: null }
      expect(await tryStart(database.db, fromStart)).toEqual({
        ...held,
        skipped: 'already_running',
      })
      await ended(run)
      const quiet = { ...held, skipped: 'recent', answer }
      expect(await tryStart(database.db, fromStart), end).toEqual(quiet)
      // Within one transaction now() stands still.
      await database.query(`do $$ declare v_skipped text; begin
        ${started(599)};
        assert v_skipped = 'recent', v_skipped;
        ${started(600)};
        assert v_skipped is null, v_skipped;
      end $$`)
      await database.query(`delete from anchor_ops.run`)
      await database.query(`update anchor_ops.lease set holder = null, expires_at = '-infinity'`)
    }
  })

  test('fences are text and keep every digit beyond 2^53', async () => {
    await database.query(`select setval('anchor_ops.lease_fence', 9007199254740992)`)
    const run = await mustStart(database.db)
    expect(run.fence).toBe('9007199254740993')
    expect(await renew(run)).toEqual({ renewed: true })
  })

  test('runs are kept for 30 days, and the last one that finished of each kind for good', async () => {
    await database.query(`
      insert into anchor_ops.run (kind, trigger, fence, started_at, finished_at)
      select kind, 'scheduled', case kind when 'sync' then -place end, now() - make_interval(days => place),
        now() - make_interval(days => place)
      from (values ('sync', 28), ('sync', 29), ('sync', 31), ('discover', 40), ('discover', 50)) as run (kind, place)`)
    await mustStart(database.db, { kind: 'check', holder: null, leaseSeconds: null })
    expect(
      await database.query(
        `select kind, (extract(epoch from now() - started_at) / 86400)::int as days from anchor_ops.run order by kind, days`,
      ),
    ).toEqual([
      { kind: 'check', days: 0 },
      { kind: 'discover', days: 40 },
      { kind: 'sync', days: 28 },
      { kind: 'sync', days: 29 },
    ])
  })

  test.each([
    ['another kind', { kind: 'drop' as 'sync' }],
    ['no lease time', { leaseSeconds: 0 }],
    ['a lease of more than an hour', { leaseSeconds: 3_601 }],
    ['negative quiet time', { quietSeconds: -1 }],
    ['a quiet time from another moment', { quietFrom: 'end' as 'start' }],
    ['a trigger with a line break', { trigger: 'manual\n' }],
  ])('%s is refused and takes no lease', async (_what, change) => {
    await mustFail(tryStart(database.db, change), 'database_unavailable')
    await mustStart(database.db)
  })

  test('how the last run of a kind ended stays while the next one runs, and after one that died', async () => {
    const syncs = async () => {
      const { runs } = await readScheduledRuns(database.db)
      return runs.find(({ kind }) => kind === 'sync')
    }
    expect(await syncs()).toMatchObject({ endedAt: null, okAt: null, failure: null })
    await calls(await mustStart(database.db)).finish()
    const well = await syncs()
    expect(well).toMatchObject({ endedAt: expect.any(String), failuresInARow: 0 })
    const died = await mustStart(database.db)
    await expireLease(database)
    expect(await syncs()).toEqual(well)
    const failed = await mustStart(database.db)
    await calls(died).finish({}, 'internal_error')
    expect(await syncs(), 'a run that lost its lease').toEqual(well)
    await calls(failed).finish(null, 'lease_lost')
    const failing = await syncs()
    expect(failing).toMatchObject({ okAt: well?.okAt, failure: 'lease_lost', failuresInARow: 1 })
    await calls(await mustStart(database.db)).finish({}, 'source_unavailable')
    const { failingSince } = failing ?? {}
    expect(await syncs()).toMatchObject({ failingSince, failuresInARow: 2 })
    await calls(await mustStart(database.db)).finish()
    expect(await syncs()).toMatchObject({ failure: null, failingSince: null, failuresInARow: 0 })
  })
})

describeMeetings('lease: two transactions that meet', ({ database, meet }) => {
  test('a heartbeat that came first leaves the lease with its run', async () => {
    const run = await mustStart(database.db)
    await expireLease(database)
    const contender = await meet(
      `select public.renew_lease($1, $2, 60)`,
      [run.runId, run.fence],
      () => tryStart(database.db),
    )
    expect(contender).toMatchObject({ skipped: 'already_running', runId: run.runId })
  })

  test('a takeover that came first stops the old run, which began to renew before the commit', async () => {
    await storeListings(database.db, [listingOf('a.example')])
    const zombie = await mustStart(database.db)
    await expireLease(database)
    const late = await meet(
      `select public.start_run('sync', 'manual', gen_random_uuid(), 60, 0, 'finish', null)`,
      [],
      () =>
        renewLease(database.db, {
          runId: zombie.runId,
          fence: zombie.fence,
          leaseSeconds: 60,
        }).catch((error: unknown) => error),
    )
    expect(late).toMatchObject({ code: 'lease_lost' })
  })

  test('a request that waits for a finishing run gets its answer and starts no second run', async () => {
    const run = await mustStart(database.db)
    await expireLease(database)
    const contender = await meet(
      `select public.finish_run($1, $2, '{"n":1}', null)`,
      [run.runId, run.fence],
      () => tryStart(database.db, { quietSeconds: 600 }),
    )
    expect(contender).toMatchObject({ skipped: 'recent', answer: { n: 1 } })
    await mustStart(database.db)
  })
})
