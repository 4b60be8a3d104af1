import { describe, expect, test } from 'vitest'
import { checkHealth } from '../../lib/health/check-health.ts'
import { createLog } from '../../lib/log.ts'
import type { AccessProblem } from '../../lib/platform/access.ts'
import type { ReleaseFinding } from '../../lib/platform/releases/watch.ts'
import { SCHEDULED_KINDS } from '../../lib/schedule/kinds.ts'

const NOW = new Date('2026-11-20T18:00:00Z')
const RUN = {
  watchedSince: '2026-11-01T00:00:00.000Z',
  endedAt: '2026-11-20T17:59:00.000Z',
  okAt: '2026-11-20T17:59:00.000Z',
  failure: null,
  failingSince: null,
  failuresInARow: 0,
}
/** What is stored of the runs of each kind. The sync began at 12:00. */
const RUNS = SCHEDULED_KINDS.map((kind) => ({
  ...RUN,
  kind,
  ...(kind === 'sync' && { endedAt: '2026-11-20T12:04:00.000Z', okAt: '2026-11-20T12:04:00.000Z' }),
}))
const runsWith = (kind: string, change: object) =>
  RUNS.map((run) => (run.kind === kind ? { ...run, ...change } : run))
const NOTHING_WAITS = Object.fromEntries(
  [
    ...['update_manual', 'update_lost', 'update_late', 'payment', 'observer_alarm', 'difference'],
    ...['anchor_held', 'anchor_flapping', 'unlisted'],
  ].map((kind) => [kind, 0]),
)

const UPDATES = {
  now: NOW.toISOString(),
  ready: 0,
  sending: 0,
  unknown: 0,
  manual: 0,
  wentBack: 0,
  oldestReadyAt: null,
  oldestUnknownAt: null,
  oldestManualAt: null,
}

const NO_MONEY = { payments: 0, isWhole: true, oldestSince: null, assets: [], otherAssets: 0 }

interface World {
  /** The answer of `read_catalog_health`, or the error of every call. */
  answer?: unknown
  runs?: object[]
  waiting?: object
  access?: { cronSecret: string | null; weakCronSecret: boolean }
  business?: { apiKey: string | null; weakApiKey: boolean }
  updates?: object
  observed?: {
    accounts: readonly string[]
    answer?: object
    open?: object
    sideUrl?: string | null
  }
  books?: object
  checkAccess?: (() => Promise<AccessProblem | null>) | null
  finding?: ReleaseFinding
}

function world({
  answer = { homeDomains: 91 },
  runs = RUNS,
  waiting = {},
  business = { apiKey: 'k', weakApiKey: false },
  access = { cronSecret: 's', weakCronSecret: false },
  updates = {},
  observed = { accounts: [] },
  books = { differences: 0, accounts: [] },
  checkAccess = null,
  finding = { kind: 'found', release: '2.8', alike: [] },
}: World = {}) {
  const answers: Record<string, unknown> = {
    read_scheduled_runs: { now: NOW.toISOString(), runs },
    count_attention: { ...NOTHING_WAITS, ...waiting },
    read_update_health: { ...UPDATES, ...updates },
    read_observer_health: observed.answer,
    read_open_money: { ...NO_MONEY, ...observed.open },
    read_book_health: books,
    read_query_secret_calls: { calls: 7 },
  }
  const lines: string[] = []
  const { sideUrl = 'https://horizon.sim' } = observed
  return {
    lines,
    deps: {
      config: {
        access: { previousCronSecret: null, ...access },
        business: { previousApiKey: null, ...business },
        sync: { maxDurationSeconds: 300 },
        version: '0123456',
        webhooks: { urls: [], secrets: [], alertUrl: null },
        observer: { accounts: observed.accounts },
        platform: checkAccess && { release: null },
        events: null,
        ledger: observed.accounts.length === 0 ? null : { source: 'horizon' as const, sideUrl },
      },
      db: {
        call: async <T>(name: string) => {
          if (answer instanceof Error) throw answer
          return (answers[name] ?? answer) as T
        },
      },
      log: createLog((line) => lines.push(line)),
      updates: async () => {
        if (checkAccess === null) throw new Error('no platform is configured')
        const findRelease = async () => finding
        const profile = { release: '2.8', custody: false } as const
        return { platform: { checkAccess, findRelease }, profile }
      },
    },
  }
}

/** Faults of the configuration, and the time before the first sync: the deployment works all the same. */
const WORKS_ALL_THE_SAME = [
  ...['never', 'weak_cron_secret', 'no_cron_secret', 'no_business_api_key'],
  'weak_business_api_key',
]

/** An operator gets status 200 and these checks, and at the top whether something waits or fails. */
async function expectChecks(checks: Record<string, object>, given: World): Promise<void> {
  const shown = await checkHealth(world(given).deps, { detailed: true })
  const isFine = Object.values(checks).every(
    (check: { status?: unknown; reason?: unknown }) =>
      check.status === 'ok' || WORKS_ALL_THE_SAME.includes(String(check.reason)),
  )
  const status = isFine ? 'ok' : 'degraded'
  expect(shown).toMatchObject({ status: 200, body: { status, checks } })
}

describe('health', () => {
  test('shows a stranger neither figures nor times nor reasons', async () => {
    const { deps } = world()
    expect(await checkHealth(deps, { detailed: false })).toEqual({
      status: 200,
      body: {
        status: 'ok',
        version: '0123456',
        checks: {
          database: { status: 'ok' },
          configuration: { status: 'ok' },
          lastSync: { status: 'ok' },
          schedule: { status: 'ok' },
          unsettled: { status: 'ok' },
          anchors: { status: 'ok' },
          observer: { status: 'ok' },
          events: { status: 'ok' },
          openMoney: { status: 'ok' },
          platform: { status: 'ok' },
          webhooks: { status: 'ok' },
        },
      },
    })
  })

  test('shows an operator the figures', async () => {
    const database = { status: 'ok', homeDomains: 91, ms: expect.any(Number) }
    const configuration = { status: 'ok', querySecretCalls: 7 }
    await expectChecks(
      {
        ...{ database, configuration },
        lastSync: { status: 'ok', finishedAt: '2026-11-20T12:04:00.000Z' },
      },
      {},
    )
  })

  const NEVER = { endedAt: null, okAt: null }
  const FAILED = {
    failure: 'source_unavailable',
    failingSince: '2026-11-20T12:04:00.000Z',
    failuresInARow: 3,
  }
  const failed = { status: 'warning', reason: 'failed' }
  const overdue = { status: 'warning', reason: 'overdue' }
  test.each<[string, object, object]>([
    [
      'a fresh deployment',
      { ...NEVER, watchedSince: '2026-11-20T17:00:00.000Z' },
      { status: 'warning', reason: 'never' },
    ],
    ['a sync that never came', NEVER, overdue],
    // Twice six hours and the 300 s of a run.
    ['a sync as late as may be', { endedAt: '2026-11-20T05:50:00.000Z' }, { status: 'ok' }],
    ['two scheduled syncs missed', { endedAt: '2026-11-20T05:49:59.000Z' }, overdue],
    ['a sync that failed', FAILED, failed],
    [
      'a sync that failed and came no more',
      { ...FAILED, endedAt: '2026-11-20T05:00:00.000Z' },
      failed,
    ],
  ])('%s is reported with status 200', async (_case, change, lastSync) => {
    await expectChecks({ lastSync }, { runs: runsWith('sync', change) })
  })

  test.each<[string, string, object, object]>([
    ['checks that fail', 'check', FAILED, failed],
    ['a walk that fails', 'discover', FAILED, failed],
    ['a settler that fails', 'settle', FAILED, failed],
    ['checks in time', 'check', { endedAt: '2026-11-20T17:30:00.000Z' }, { status: 'ok' }],
    ['checks overdue', 'check', { endedAt: '2026-11-20T17:29:59.000Z' }, overdue],
    ['a walk overdue', 'discover', { endedAt: '2026-11-20T15:49:59.000Z' }, overdue],
    ['a settler overdue', 'settle', { endedAt: '2026-11-20T17:47:59.000Z' }, overdue],
    ['a settler that never ran', 'settle', NEVER, overdue],
    ['no observer where nothing is observed', 'observe', NEVER, { status: 'ok' }],
  ])('the schedule is reported with %s', async (_case, kind, change, schedule) => {
    await expectChecks(
      { schedule },
      { runs: runsWith(kind, change), checkAccess: async () => null },
    )
  })

  test('without a platform nobody waits for the settler', async () => {
    await expectChecks({ schedule: { status: 'ok' } }, { runs: runsWith('settle', NEVER) })
  })

  test('an anchor that flaps waits for a person, and one that is held counts by itself', async () => {
    await expectChecks(
      { anchors: { status: 'ok', held: 2, flapping: 0 } },
      { waiting: { anchor_held: 2 } },
    )
    await expectChecks(
      { anchors: { status: 'warning', reason: 'flapping' } },
      { waiting: { anchor_flapping: 1 } },
    )
  })

  test('everything that is wrong has a reason, which says what to do and where it is explained', async () => {
    const { deps } = world({
      runs: runsWith('check', FAILED),
      updates: { manual: 3, wentBack: 1, unknown: 1, oldestUnknownAt: '2026-11-20T16:00:00.000Z' },
      access: { cronSecret: 'short', weakCronSecret: true },
    })
    const { body } = await checkHealth(deps, { detailed: true })
    expect(body.reasons?.map(({ check, code, docs }) => [check, code, docs])).toEqual([
      ['configuration', 'weak_cron_secret', 'docs/health.md#configuration-weak_cron_secret'],
      ['schedule', 'failed', 'docs/health.md#schedule-failed'],
      ['unsettled', 'platform_went_back', 'docs/health.md#unsettled-platform_went_back'],
      ['unsettled', 'needs_a_person', 'docs/health.md#unsettled-needs_a_person'],
      ['unsettled', 'late', 'docs/health.md#unsettled-late'],
    ])
    expect(body.reasons?.[1]?.message).toMatch(
      /^The last run of check ended with source_unavailable, as the 2 before\. Read /,
    )
    const open = await checkHealth(deps, { detailed: false })
    expect(Object.keys(open.body)).toEqual(['status', 'version', 'checks'])
  })

  test('that no secret is set is told to everybody, because nobody could prove to be an operator', async () => {
    const { deps } = world({ access: { cronSecret: null, weakCronSecret: false } })
    const { body } = await checkHealth(deps, { detailed: false })
    const configuration = { status: 'warning', reason: 'no_cron_secret' }
    expect(body).toMatchObject({ status: 'ok', checks: { configuration } })
    const others = Object.entries(body.checks).filter(([name]) => name !== 'configuration')
    expect(others.every(([, check]) => Object.keys(check).join() === 'status')).toBe(true)
  })

  test.each<[string, AccessProblem | null, string, object]>([
    ['takes our credential', null, 'ok', { status: 'ok' }],
    [
      'refuses our credential',
      { code: 'credential_refused', reason: 'Set A' },
      'degraded',
      { status: 'error', reason: 'credential_refused', message: 'Set A' },
    ],
    [
      'lets everybody in',
      { code: 'unprotected', reason: 'Set B' },
      'degraded',
      { status: 'error', reason: 'unprotected', message: 'Set B' },
    ],
    [
      'cannot be read',
      { code: 'unreachable', reason: 'no answer' },
      'degraded',
      { status: 'warning', reason: 'unreachable' },
    ],
  ])('a platform that %s is reported with status 200', async (_case, problem, status, platform) => {
    const { deps } = world({ checkAccess: async () => problem })
    const full = await checkHealth(deps, { detailed: true })
    expect(full).toMatchObject({ status: 200, body: { status, checks: { platform } } })
    const open = await checkHealth(deps, { detailed: false })
    expect(open.body.status).toBe(status)
    expect(Object.keys(open.body.checks['platform'] ?? {})).toEqual(['status'])
  })

  test.each<[string, object, object]>([
    ['waits for a person', { manual: 1 }, { status: 'warning', reason: 'needs_a_person' }],
    [
      'is lost, because the platform went back,',
      { manual: 2, wentBack: 1 },
      { status: 'warning', reason: 'platform_went_back' },
    ],
    [
      'is unknown for more than an hour',
      { unknown: 1, oldestUnknownAt: '2026-11-20T16:59:59.000Z' },
      { status: 'warning', reason: 'late' },
    ],
    [
      'is unknown for less',
      { unknown: 1, oldestUnknownAt: '2026-11-20T17:00:01.000Z' },
      { status: 'ok', unknown: 1 },
    ],
  ])('an update that %s is reported with status 200', async (_case, updates, unsettled) => {
    await expectChecks({ unsettled }, { updates })
  })

  const OBSERVED = {
    account: 'G',
    source: 'horizon',
    epoch: 1,
    cursor: '1',
    startedFrom: 'now',
    completeUntil: '2026-11-20T17:59:00.000Z',
    observedAt: '2026-11-20T17:59:30.000Z',
    alarm: null,
    sweptAt: null,
    sideLook: null,
  }
  const ALARM = { code: 'history_gone', message: 'm', since: NOW.toISOString() }

  const LOOK = { beganAt: '2026-11-20T17:00:00.000Z', lookedAt: null, failure: null }
  const OTHER = { ...OBSERVED, account: 'H', alarm: ALARM }
  const observed = (change: object) => [{ ...OBSERVED, ...change }]
  const warning = { status: 'warning' }
  const PLACE = {
    sep: '24',
    status: 'pending_user_transfer_start',
    newerId: 'a',
    olderId: null,
    transactions: 1,
    reason: 'answered 500',
    since: NOW.toISOString(),
  }
  const LISTS = [
    { sep: '24', status: 'pending_user_transfer_start' },
    { sep: '31', status: 'pending_sender' },
    { sep: '6', status: 'pending_user_transfer_start' },
  ].map((list) => ({ ...list, listed: 0, beganAt: null, wholeAt: NOW.toISOString() }))
  type Row = [
    string,
    shown: object,
    accounts: string,
    stored: object[],
    unlisted?: object[],
    openLists?: object[],
  ]
  test.each<Row>([
    ['nothing to observe', { status: 'ok', reason: 'not_configured' }, '', []],
    ['an account observed a minute ago', { status: 'ok' }, 'G', [OBSERVED]],
    ['an account never observed', { reason: 'never_observed' }, 'G', []],
    [
      'an account of another source',
      { reason: 'never_observed' },
      'G',
      observed({ source: 'rpc' }),
    ],
    ['an unfinished account', { reason: 'late' }, 'G', observed({ completeUntil: null })],
    [
      'a start that failed',
      { reason: 'never_observed' },
      'G',
      observed({ observedAt: null, completeUntil: null }),
    ],
    [
      'a lag of 10 minutes',
      { status: 'ok', accounts: [{ account: 'G', lagSeconds: 600 }] },
      'G',
      observed({ completeUntil: '2026-11-20T17:50:00.000Z' }),
    ],
    [
      'a longer lag',
      { ...warning, reason: 'late' },
      'G',
      observed({ completeUntil: '2026-11-20T17:49:59.000Z' }),
    ],
    [
      'an alarm of the second account',
      { ...warning, reason: 'history_gone', accounts: [{}, { alarm: ALARM }] },
      'GH',
      [OBSERVED, OTHER],
    ],
    [
      'transactions that the platform does not show',
      { ...warning, reason: 'transactions_unlisted', unlisted: [PLACE] },
      'G',
      [OBSERVED],
      [PLACE],
    ],
    [
      'open transactions that were not all read yet',
      { ...warning, reason: 'catching_up', openLists: [{ sep: '24', listed: 400 }] },
      'G',
      observed({ completeUntil: null }),
      [],
      [{ ...LISTS[0], listed: 400, beganAt: '2026-11-20T17:59:00.000Z', wholeAt: null }],
    ],
    [
      'claimable balances that were read an hour ago',
      { status: 'ok', sideLooks: { seen: true } },
      'G',
      observed({ sideLook: { ...LOOK, lookedAt: '2026-11-20T17:00:00.000Z' } }),
    ],
    [
      'claimable balances that were not read for two hours',
      { ...warning, reason: 'side_look_late' },
      'G',
      observed({ sideLook: { ...LOOK, lookedAt: '2026-11-20T15:59:59.000Z' } }),
    ],
    [
      'claimable balances that were never read to their end, for two hours',
      { ...warning, reason: 'side_look_late' },
      'G',
      observed({ sideLook: { ...LOOK, beganAt: '2026-11-20T15:59:59.000Z' } }),
    ],
    [
      'claimable balances that cannot be read',
      { ...warning, reason: 'side_look_failed', accounts: [{ sideLook: { failure: ALARM } }] },
      'G',
      observed({ sideLook: { ...LOOK, failure: ALARM } }),
    ],
    ['an account that is no longer observed', { status: 'ok' }, 'G', [OBSERVED, OTHER]],
  ])(
    'the observer is reported with %s',
    async (_case, observer, accounts, stored, unlisted = [], openLists = LISTS) => {
      const answer = { now: NOW.toISOString(), accounts: stored, unlisted, openLists }
      const given = { observed: { accounts: [...accounts], answer }, checkAccess: async () => null }
      await expectChecks({ observer }, given)
    },
  )

  test('claimable balances are reported as unseen when Stellar RPC is the source and no Horizon is set', async () => {
    const lists = { unlisted: [], openLists: LISTS }
    const answer = { now: NOW.toISOString(), accounts: [OBSERVED], ...lists }
    const unseen = { reason: 'claimable_balances_unseen', sideLooks: { seen: false } }
    const observed = { accounts: ['G'], answer, sideUrl: null }
    await expectChecks({ observer: { ...warning, ...unseen } }, { observed })
  })

  test('open money is reported by asset and age, and waits for a person', async () => {
    const lists = { unlisted: [], openLists: LISTS }
    const answer = { now: NOW.toISOString(), accounts: [OBSERVED], ...lists }
    const counts = { underAnHour: 1, underADay: 0, older: 1 }
    const oldestSince = '2026-11-19T18:00:00.000Z'
    const assets = [{ asset: 'stellar:native', payments: 2, amount: '7', ...counts, oldestSince }]
    const open = { payments: 2, oldestSince, assets }
    const observer = { status: 'ok' }
    await expectChecks(
      { observer, openMoney: { status: 'ok', payments: 0 } },
      { observed: { accounts: ['G'], answer } },
    )
    await expectChecks(
      { observer, openMoney: { ...warning, reason: 'waits_for_a_person', ...open } },
      { observed: { accounts: ['G'], answer, open } },
    )
    const older = { ...open, oldestSince: '2026-11-19T17:59:59.000Z' }
    await expectChecks(
      { observer, openMoney: { ...warning, reason: 'open_too_long', ...older } },
      { observed: { accounts: ['G'], answer, open: older } },
    )
  })

  const books = (differences: number, snapshotAt: string | null) => ({
    differences,
    accounts: [
      {
        ...{ account: 'G', source: 'horizon', readUpTo: 7, readAt: NOW.toISOString() },
        ...{ isComplete: true, snapshotAt },
      },
    ],
  })
  test.each([
    [
      'a difference',
      books(1, NOW.toISOString()),
      { ...warning, reason: 'reconciliation_difference' },
    ],
    [
      'no snapshot for two days',
      books(0, '2026-11-18T18:00:00.000Z'),
      { ...warning, reason: 'books_late' },
    ],
    ['a snapshot of yesterday', books(0, '2026-11-19T18:00:00.000Z'), { status: 'ok' }],
  ])('the books of an observed account are reported with %s', async (_case, given, observer) => {
    const answer = {
      now: NOW.toISOString(),
      accounts: [OBSERVED],
      unlisted: [],
      openLists: LISTS,
    }
    const observed = { accounts: ['G'], answer }
    await expectChecks(
      { observer: { ...observer, books: given } },
      { observed, books: given, checkAccess: async () => null },
    )
  })

  test.each([
    ['cannot be reached', new Error('connect ECONNREFUSED db.internal')],
    ['answers something else', { message: 'not what was asked' }],
  ])('a database that %s is a 503 with its detail in the log', async (_case, answer) => {
    const { deps, lines } = world({ answer })
    const { status, body } = await checkHealth(deps, { detailed: true })
    expect(status).toBe(503)
    expect(body).toMatchObject({ status: 'error', checks: { database: { status: 'error' } } })
    expect(JSON.stringify(body)).not.toContain('db.internal')
    expect(lines).toHaveLength(1)
  })

  test.each([
    [{ access: { cronSecret: 'short', weakCronSecret: true } }, 'weak_cron_secret'],
    [{ access: { cronSecret: null, weakCronSecret: false } }, 'no_cron_secret'],
    [{ business: { apiKey: 'short', weakApiKey: true } }, 'weak_business_api_key'],
    [
      { business: { apiKey: null, weakApiKey: false }, checkAccess: async () => null },
      'no_business_api_key',
    ],
  ] satisfies [World, string][])('an operator sees the reason of %j', async (given, reason) => {
    await expectChecks({ configuration: { status: 'warning', reason } }, given)
  })
})
