import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NEW_HEALTH } from '../../../../lib/anchors/health/health.ts'
import { type ClaimSettings, openCheckClaims } from '../../../../lib/anchors/queue/claims.ts'
import type { ClaimedHomeDomain, JudgedCheck } from '../../../../lib/anchors/queue/store.ts'
import type { Database } from '../../../../lib/db/client.ts'
import { okCheck } from '../../../helpers/database-rows.ts'

const NOW = '2026-02-03T04:05:06.000Z'
const WINDOW = '2026-02-03T00:00:00.000Z'
const SETTINGS: ClaimSettings = {
  network: 'mainnet',
  runId: 'run-1',
  windowHours: 6,
  limit: null,
  onlyDue: true,
  country: 'MX',
}

const claimed = (domain: string, durationMs: number | null = null): ClaimedHomeDomain => ({
  domain,
  listings: [],
  capability: null,
  durationMs,
  window: { startedAt: WINDOW, outcome: null, disabled: null },
  health: NEW_HEALTH,
  identity: null,
  held: null,
})
const judged = (domain: string, change: Partial<JudgedCheck> = {}): JudgedCheck => ({
  ...okCheck(domain),
  ...change,
})

interface Call {
  name: string
  args: Record<string, unknown>
}
type Answers = Partial<Record<string, (args: Record<string, unknown>, nth: number) => unknown>>

/** A database that claims these batches, and records every check of them. */
function open(
  settings: Partial<ClaimSettings> = {},
  batches: string[][] = [],
  answers: Answers = {},
) {
  const calls: Call[] = []
  const log: unknown[][] = []
  const claims: string[][] = []
  const windows: unknown[] = []
  const databaseMs: number[] = []
  const left = [...batches]
  const usual: Answers = {
    claim_checks: () => (left.shift() ?? []).map((domain) => claimed(domain)),
    record_checks: ({ checks }) => ({
      recorded: (checks as { domain: string }[]).map(({ domain }) => domain),
      windows: [{ startedAt: WINDOW, healthyBefore: 9, failedNow: 1, braked: false }],
    }),
    renew_claims: () => ({ renewed: 1 }),
    release_claims: () => ({ due: 7 }),
  }
  const call = async (name: string, args: Record<string, unknown>) => {
    calls.push({ name, args })
    const nth = calls.filter((one) => one.name === name).length
    const answer = (answers[name] ?? usual[name])?.(args, nth)
    if (answer instanceof Error) throw answer
    return answer
  }
  const run = openCheckClaims(
    { ...SETTINGS, ...settings },
    {
      db: { call } as Database,
      now: () => new Date(NOW),
      log: (...line) => log.push(line),
      onClaimed: async (domains) => {
        claims.push(domains.map(({ domain }) => domain))
      },
      onRecorded: async (given) => {
        windows.push(...given)
      },
      onDatabaseMs: (ms) => databaseMs.push(ms),
    },
  )
  const args = (name: string) => calls.filter((one) => one.name === name).map((one) => one.args)
  return { run, calls, log, claims, windows, databaseMs, args }
}

const namesOf = (args: Record<string, unknown>) =>
  (args['checks'] as { domain: string }[]).map(({ domain }) => domain)
const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}.example`)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})
/** Lets 10 s pass, and what was begun then end. */
async function tick() {
  await vi.advanceTimersByTimeAsync(10_000)
}

describe('the claims of a run', () => {
  test('are taken for 60 s, with all that says which', async () => {
    const { run, args } = open({}, [['a.example']])
    await run.next()
    expect(args('claim_checks')).toEqual([
      {
        network: 'mainnet',
        runId: 'run-1',
        token: expect.stringMatching(/^[0-9a-f-]{36}$/),
        limit: 500,
        windowHours: 6,
        country: 'MX',
        claimSeconds: 60,
        now: NOW,
        onlyDue: true,
      },
    ])
    await run.abandon()
  })

  test('give the slowest home domains first, and tell each batch before its first check', async () => {
    const slow = { a: 20, b: null, c: 900 }
    const { run, claims } = open({}, [], {
      claim_checks: (_, nth) =>
        nth === 1 ? Object.entries(slow).map(([name, ms]) => claimed(name, ms)) : [],
    })
    const order = [await run.next(), await run.next(), await run.next(), await run.next()]
    expect(order.map((one) => one?.domain ?? null)).toEqual(['c', 'a', 'b', null])
    expect(claims).toEqual([['a', 'b', 'c']])
    await run.abandon()
  })

  test('are taken again while whole batches come, and not after a short one', async () => {
    const { run, args } = open({}, [many(500), ['last.example']])
    let taken = 0
    while ((await run.next()) !== null) taken += 1
    expect(taken).toBe(501)
    expect(await run.next()).toBeNull()
    expect(args('claim_checks')).toHaveLength(2)
    await run.abandon()
  })

  test('are no more than the limit', async () => {
    const { run, args } = open({ limit: 502 }, [many(500), ['b', 'c']])
    while ((await run.next()) !== null);
    expect(args('claim_checks').map(({ limit }) => limit)).toEqual([500, 2])
    expect(await run.next()).toBeNull()
    await run.abandon()
  })

  test('are renewed every 10 s under the same token, while any is held', async () => {
    const { run, args } = open({}, [['a', 'b']])
    await tick()
    expect(args('renew_claims')).toEqual([])
    await run.next()
    await tick()
    const [{ token } = { token: null }] = args('claim_checks')
    expect(args('renew_claims')).toEqual([
      { network: 'mainnet', token, domains: ['a', 'b'], claimSeconds: 60 },
    ])
    await run.close()
    await tick()
    expect(args('renew_claims')).toHaveLength(1)
  })

  test('that were not checked are given back at the end, which says how many are due', async () => {
    const { run, args } = open({}, [['a', 'b']])
    await run.next()
    run.add(judged('a'))
    expect(await run.close()).toEqual({ due: 7, lost: 0 })
    const [{ token } = { token: null }] = args('claim_checks')
    expect(args('release_claims')).toEqual([
      { network: 'mainnet', token, domains: ['b'], country: 'MX' },
    ])
  })

  test('that cannot be taken fail the run', async () => {
    const { run } = open({}, [], { claim_checks: () => new Error('away') })
    await expect(run.next()).rejects.toThrow('away')
    await run.abandon()
  })
})

describe('finished checks', () => {
  test('are recorded every 10 s, once, with their windows', async () => {
    const { run, args, windows } = open({}, [['a', 'b']])
    await run.next()
    run.add(judged('a'))
    await tick()
    await tick()
    run.add(judged('b'))
    await run.close()
    expect(args('record_checks').map(namesOf)).toEqual([['a'], ['b']])
    expect(args('record_checks')[0]).toMatchObject({
      network: 'mainnet',
      runId: 'run-1',
      windowHours: 6,
    })
    expect(windows).toHaveLength(2)
  })

  test('are recorded at once when 250 wait', async () => {
    const { run, args } = open({}, [many(500)])
    await run.next()
    for (const domain of many(249)) run.add(judged(domain))
    await vi.advanceTimersByTimeAsync(0)
    expect(args('record_checks')).toHaveLength(0)
    run.add(judged('a249.example'))
    await vi.advanceTimersByTimeAsync(0)
    expect(args('record_checks').map((one) => namesOf(one).length)).toEqual([250])
    await run.abandon()
  })

  test('that could not be recorded are recorded with the next ones, which is logged', async () => {
    const away = new Error('away')
    const { run, args, log } = open({}, [['a', 'b']], {
      record_checks: ({ checks }, nth) =>
        nth === 1
          ? away
          : { recorded: (checks as { domain: string }[]).map(({ domain }) => domain), windows: [] },
    })
    await run.next()
    run.add(judged('a'))
    await tick()
    expect(log).toEqual([['warn', 'commit_failed', { runId: 'run-1', error: away }]])
    run.add(judged('b'))
    expect(await run.close()).toEqual({ due: 7, lost: 0 })
    expect(args('record_checks').map(namesOf)).toEqual([['a'], ['a', 'b']])
  })

  test('that cannot be recorded at the end fail the run', async () => {
    const { run, args } = open({}, [['a']], { record_checks: () => new Error('away') })
    await run.next()
    run.add(judged('a'))
    await expect(run.close()).rejects.toThrow('away')
    expect(args('release_claims')).toEqual([])
  })

  test('whose claim another invocation has taken are counted as lost, and told nobody', async () => {
    const flapping = { ...NEW_HEALTH, autoDisabledReason: 'flapping' as const }
    const { run, log, args } = open({}, [['a', 'b']], {
      record_checks: () => ({ recorded: ['b'], windows: [] }),
    })
    await run.next()
    run.add(judged('a', { health: flapping }))
    run.add(judged('b'))
    expect(await run.close()).toEqual({ due: 7, lost: 1 })
    expect(log).toEqual([])
    expect(args('release_claims')[0]?.['domains']).toEqual([])
  })

  test('are recorded one commit after another', async () => {
    const first = Promise.withResolvers<unknown>()
    const { run, args } = open({}, [['a', 'b']], {
      record_checks: ({ checks }, nth) => {
        const answer = {
          recorded: (checks as { domain: string }[]).map((one) => one.domain),
          windows: [],
        }
        return nth === 1 ? first.promise.then(() => answer) : answer
      },
    })
    await run.next()
    run.add(judged('a'))
    await tick()
    run.add(judged('b'))
    const closed = run.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(args('record_checks')).toHaveLength(1)
    first.resolve(null)
    await closed
    expect(args('record_checks').map(namesOf)).toEqual([['a'], ['b']])
  })

  test('tell how long the database took', async () => {
    const { run, databaseMs } = open({}, [['a']])
    await run.next()
    run.add(judged('a'))
    await run.close()
    expect(databaseMs).toHaveLength(2)
    expect(databaseMs.every((ms) => ms >= 0 && ms < 60_000)).toBe(true)
  })
})

describe('what a person should look at', () => {
  const flapping = { ...NEW_HEALTH, autoDisabledReason: 'flapping' as const, flips: [NOW] }
  const logged = async (change: Partial<JudgedCheck>) => {
    const { run, log } = open({}, [['a']])
    await run.next()
    run.add(judged('a', change))
    await run.close()
    return log
  }

  test('is an anchor that begins to come and go', async () => {
    expect(await logged({ health: flapping })).toEqual([
      ['warn', 'anchor_flapping', { domain: 'a', flips: [NOW] }],
    ])
    expect(await logged({ health: flapping, before: flapping })).toEqual([])
    expect(await logged({ before: flapping })).toEqual([])
  })

  test('is a change that is held', async () => {
    const event = (kind: string) => ({ kind, before: { x: 1 }, after: { x: 2 } }) as never
    expect(await logged({ events: [event('other'), event('held')] })).toEqual([
      ['warn', 'anchor_held', { domain: 'a', before: { x: 1 }, after: { x: 2 } }],
    ])
    expect(await logged({ events: [event('other')] })).toEqual([])
  })
})

describe('a run that failed', () => {
  test('gives its claims back, and records nothing more', async () => {
    const { run, args } = open({}, [['a', 'b']])
    await run.next()
    run.add(judged('a'))
    await run.abandon()
    await tick()
    expect(args('release_claims')[0]?.['domains']).toEqual(['a', 'b'])
    expect(args('record_checks')).toEqual([])
    expect(args('renew_claims')).toEqual([])
  })

  test('keeps its first error: claims that cannot be given back end by themselves', async () => {
    const away = new Error('away')
    const { run, log } = open({}, [['a']], { release_claims: () => away })
    await run.next()
    await run.abandon()
    expect(log).toEqual([['warn', 'claims_not_released', { runId: 'run-1', error: away }]])
  })
})
