import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Answer, jsonAnswer } from '../../local/world/answer.ts'
import type { Site } from '../../local/world/world-server.ts'
import { BEARER, OPS, useService } from '../contract/service.ts'
import { anchor, paths, row, TOML_PATH } from '../contract/sites.ts'
import { databases, useDatabase } from '../helpers/database.ts'

const DIRECTORY = 'https://directory.example.org/'
const SYNC = { action: 'sync', sourceUrl: DIRECTORY }
const CRON = { 'x-vercel-cron': '1' }

/** A point at which a call waits until the test opens it. */
function createGate() {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    pass: () => {
      reached.resolve()
      return opened.promise
    },
  }
}

/** The stellar.toml, `/info`, a challenge, and the sign-in of the day: a challenge and its answer. */
const REQUESTS_OF_A_CHECK = 5

describe.each(databases())('runs that meet: $name', (kind) => {
  const database = useDatabase(kind)
  const sites = new Map<string, Site>()
  const one = useService({ database, sites, clock: 'hours', sleep: 'none' })
  const two = useService({ database, sites, clock: 'hours', sleep: 'none' })
  afterEach(() => {
    vi.useRealTimers()
  })

  const serve = (count: number): string[] => {
    const domains = Array.from({ length: count }, (_, at) => `a${at}.example.org`)
    for (const domain of domains) sites.set(domain, anchor(domain))
    sites.set(
      'directory.example.org',
      paths({ '/': jsonAnswer(domains.map((domain) => row(domain, { type: 'on' }))) }),
    )
    return domains
  }
  const load = (domains: string[]) =>
    one.ops({
      action: 'import_directory',
      anchors: domains.map((domain) => row(domain, { type: 'on' })),
      dryRun: false,
    })
  const expireLease = () =>
    database.query(`update anchor_ops.lease set expires_at = now() - interval '1 second'`)
  const expireClaims = () =>
    database.query(`update anchor_ops.due_check set claimed_until = now() - interval '1 second'`)
  const claimed = () =>
    database.query('select domain from anchor_ops.due_check where claimed_until > now()')
  const checkDue = (service: typeof one) =>
    service.call({ path: '/api/anchors/check', headers: BEARER })
  const requests = () => {
    const [first, second] = [one.requests(), two.requests()]
    return Object.fromEntries(
      [...sites.keys()].map((host) => [host, (first[host] ?? 0) + (second[host] ?? 0)]),
    )
  }
  /** Loads these anchors. The request for the third stellar.toml starts a heartbeat of the run. */
  const loadWithHeartbeat = async (count: number, toml?: Answer) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const domains = serve(count)
    await load(domains)
    const site = anchor('a2.example.org')
    sites.set('a2.example.org', {
      answer: (url) => {
        if (url.pathname !== TOML_PATH) return site.answer(url)
        vi.advanceTimersByTime(10_000)
        return toml ?? site.answer(url)
      },
    })
    return domains
  }
  const refreshOneByOne = () => one.ops({ action: 'refresh_capabilities', domainConcurrency: 1 })
  const domainsOf = ({ results }: { results: { domain: string }[] }) =>
    results.map(({ domain }) => domain)
  /** Stops the first call of this function at a gate, behind which it may fail. */
  const holdUp = (service: typeof one, name: string, failure?: Error) => {
    const gate = createGate()
    let first = true
    service.interceptDatabase(async (call) => {
      if (call.name !== name || !first) return undefined
      first = false
      await gate.pass()
      if (failure !== undefined) throw failure
      return undefined
    })
    return gate
  }

  test('one of ten concurrent syncs on two instances works, and each anchor is asked once', async () => {
    const domains = serve(6)
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, at) => (at % 2 ? one : two).ops(SYNC)),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200))
    const workers = replies.filter(({ body }) => body.skipped === undefined)
    expect(workers).toHaveLength(1)
    expect(workers[0]?.body.refresh).toMatchObject({ processed: 6, ok: 6 })
    for (const { body } of replies) expect(body.runId).toBe(workers[0]?.body.runId)
    const skipped = replies.filter(({ body }) => body.skipped === 'already_running')
    expect(skipped).toHaveLength(9)
    expect(skipped[0]?.body).toMatchObject({
      status: 'ok',
      import: { written: 0 },
      refresh: { processed: 0, ok: 0, errors: 0 },
      results: [],
    })
    expect(await database.query('select from anchor_ops.run')).toHaveLength(1)
    expect(requests()).toEqual({
      'directory.example.org': 1,
      ...Object.fromEntries(domains.map((domain) => [domain, REQUESTS_OF_A_CHECK])),
    })
  })

  test('a scheduled run that is delivered several times works once, and later deliveries get its answer', async () => {
    serve(2)
    one.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY })
    two.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY })
    const atOnce = await Promise.all(
      [one, two, one, two].map((service) => service.call({ path: OPS, headers: CRON })),
    )
    const answers = atOnce.filter(({ body }) => body.skipped === undefined)
    expect(answers).toHaveLength(1)
    const later = await two.call({ path: OPS, headers: CRON })
    expect(later.body).toEqual({ ...answers[0]?.body, skipped: 'recent' })
    expect(requests()['a0.example.org']).toBe(REQUESTS_OF_A_CHECK)
  })

  test('a run whose claims were taken over while it checked stores none of its checks', async () => {
    serve(4)
    const gate = holdUp(one, 'record_checks')
    const frozen = one.ops(SYNC)
    await gate.reached
    await expireClaims()
    const { body: winner } = await checkDue(two)
    expect(winner).toMatchObject({ status: 'ok', processed: 4, ok: 4, lost: 0, remaining: 0 })
    const after = await two.tables()
    gate.open()
    expect((await frozen).status).toBe(200)
    const { run: _, lease: __, scheduled_run: ___, ...stored } = await two.tables()
    expect(after).toMatchObject(stored)
  })

  test('what a run has claimed no other run checks, and a refresh runs beside a sync and beside itself', async () => {
    serve(4)
    const gate = holdUp(one, 'record_checks')
    const syncing = one.ops(SYNC)
    await gate.reached
    expect((await checkDue(two)).body).toMatchObject({ processed: 0, remaining: 4 })
    await load(['more.example.org'])
    sites.set('more.example.org', anchor('more.example.org'))
    const replies = await Promise.all(
      [one, two, two].map((service) => service.ops({ action: 'refresh_capabilities' })),
    )
    expect(replies.map(({ body }) => body.skipped)).toEqual([undefined, undefined, undefined])
    expect(replies.flatMap(({ body }) => domainsOf(body))).toEqual(['more.example.org'])
    gate.open()
    expect((await syncing).body).toMatchObject({ refresh: { processed: 4 }, remaining: 0 })
    expect(requests()['a0.example.org']).toBe(REQUESTS_OF_A_CHECK)
  })

  test('eight runs on two instances share what is due, and check no anchor twice', async () => {
    const domains = serve(60)
    await load(domains)
    // The hour that each call takes otherwise would pass for the runs that have begun.
    const now = Date.now()
    for (const service of [one, two]) service.setClock(now)
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, at) => checkDue(at % 2 ? one : two)),
    )
    const processed = replies.map(({ body }) => body.processed)
    expect(processed.reduce((sum, count) => sum + count)).toBe(60)
    expect(replies.map(({ body }) => body.lost)).toEqual(Array(8).fill(0))
    const { 'directory.example.org': _, ...asked } = requests()
    expect(asked).toEqual(
      Object.fromEntries(domains.map((domain) => [domain, REQUESTS_OF_A_CHECK])),
    )
    expect((await checkDue(one)).body).toMatchObject({ processed: 0, remaining: 0 })
  })

  test('a run that lost its lease does not give back the lease of its successor', async () => {
    serve(2)
    const first = holdUp(one, 'release_claims')
    const frozen = one.ops(SYNC)
    await first.reached
    await expireLease()
    const second = holdUp(two, 'release_claims')
    const working = two.ops(SYNC)
    await second.reached
    first.open()
    expect((await frozen).body.refresh).toMatchObject({ processed: 2, ok: 2 })
    expect((await one.ops(SYNC)).body.skipped).toBe('already_running')
    second.open()
    expect((await working).body).toMatchObject({ status: 'ok' })
  })

  test('a run that lost its lease starts no further check', async () => {
    // The answer takes longer than the heartbeat, which aborts the check.
    await loadWithHeartbeat(6, { kind: 'hang' })
    one.interceptDatabase(async (call) => {
      if (call.name === 'renew_lease') {
        await database.query('update anchor_ops.lease set fence = fence + 1')
      }
      return undefined
    })
    const reply = await one.ops({ ...SYNC, domainConcurrency: 1 })
    expect([reply.status, reply.body.code]).toEqual([503, 'lease_lost'])
    expect(requests()).toMatchObject({
      'a1.example.org': REQUESTS_OF_A_CHECK,
      'a2.example.org': 1,
      'a3.example.org': 0,
      'a5.example.org': 0,
    })
    expect(await claimed()).toEqual([])
  })

  test('a killed run leaves its finished checks, and once its claims end another run checks the rest', async () => {
    const domains = await loadWithHeartbeat(6)
    // The heartbeat of the third check commits the two before it. Then the instance no longer reaches the database.
    let isDead = false
    one.interceptDatabase(async (call) => {
      if (isDead) throw new TypeError('killed')
      isDead = call.name === 'record_checks'
      return undefined
    })
    expect((await refreshOneByOne()).status).toBe(503)
    sites.set('a2.example.org', anchor('a2.example.org'))
    vi.useRealTimers()

    const checked = await database.query(
      'select domain from anchor_ops.home_domain where last_checked_at is not null order by 1',
    )
    expect(checked.map(({ domain }) => domain)).toEqual(domains.slice(0, 2))
    expect((await checkDue(two)).body).toMatchObject({ processed: 0, remaining: 4 })
    await expireClaims()
    expect((await checkDue(two)).body).toMatchObject({ processed: 4, remaining: 0 })
    expect((await two.tables())['home_domain_check']).toHaveLength(6)
  })

  test('a run survives a database that is unreachable for one heartbeat', async () => {
    await loadWithHeartbeat(4)
    let away = true
    one.interceptDatabase(async (call) => {
      if (call.name !== 'record_checks' || !away) return undefined
      away = false
      throw new TypeError('fetch failed')
    })
    const reply = await refreshOneByOne()
    expect([away, reply.status]).toEqual([false, 200])
    expect((await two.tables())['home_domain_check']).toHaveLength(4)
  })

  test('a run ends well although its last heartbeat fails', async () => {
    // The third check is the last one. Its heartbeat fails only after the run has asked for its last commit.
    await loadWithHeartbeat(3)
    const gate = holdUp(one, 'record_checks', new TypeError('fetch failed'))
    const running = refreshOneByOne()
    await gate.reached
    await vi.waitUntil(() => one.log.filter((line) => line.includes('anchor_checked')).length === 3)
    gate.open()
    expect((await running).status).toBe(200)
    expect((await two.tables())['home_domain_check']).toHaveLength(3)
  })
})
