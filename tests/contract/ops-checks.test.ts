import { describe, expect, test } from 'vitest'
import {
  type Answer,
  bodyAnswer,
  jsonAnswer,
  redirectAnswer,
  statusAnswer,
} from '../../local/world/answer.ts'
import { emptyDatabase, useDatabase } from '../helpers/database.ts'
import { useService } from './service.ts'
import { anchor, gzipBomb, paths, row, TOML_PATH, tomlAnswered, tomlOf } from './sites.ts'

const database = useDatabase()
const service = useService({ database, clock: 'hours', sleep: 'none' })

interface Result {
  id: string
  domain: string
  status: string
  error?: string
  autoDisabled?: boolean
  sep1_404_count?: number
}

const load = (rows: unknown[], more: object = {}) =>
  service.ops({ action: 'import_directory', anchors: rows, dryRun: false, ...more })
const WINDOW_MS = 6 * 3_600_000
/** A refresh in the next window. */
const refresh = (more: object = {}) => {
  service.passTime(WINDOW_MS)
  return refreshAgain(more)
}
/** A refresh in the window of the one before, unless the hour that each call takes ends it. */
const refreshAgain = async (more: object = {}) => {
  const reply = await service.ops({ action: 'refresh_capabilities', ...more })
  expect([reply.status, reply.body.error]).toEqual([200, undefined])
  return reply.body
}
const evidence = async (domain: string) =>
  (await service.call({ path: `/api/anchors/${domain}` })).body
const operational = async () => {
  const { body } = await service.call({
    path: '/api/anchors/catalog',
    query: { operationalOnly: 'true' },
  })
  return [...new Set(body.anchors.map(({ domain }: { domain: string }) => domain))]
}
const names = (count: number, prefix = 'a') =>
  Array.from({ length: count }, (_, at) => `${prefix}${String(at).padStart(3, '0')}.example.org`)
const open = (domains: string[]) => {
  for (const domain of domains) service.sites.set(domain, anchor(domain))
}
/** Anchors that were found healthy, one listing each. */
const healthy = async (count: number) => {
  const domains = names(count)
  open(domains)
  await load(domains.map((domain) => row(domain, { type: 'on' })))
  await refresh()
  return domains
}
const gone = (domains: string[], status = 404) => {
  for (const domain of domains) service.sites.set(domain, tomlAnswered(statusAnswer(status)))
}

describe('the answer of refresh_capabilities', () => {
  test('has every promised key and one result per row', async () => {
    open(['good.example.org'])
    gone(['gone.example.org'])
    await load([
      row('good.example.org', { countries: 'MX;PE' }),
      row('gone.example.org', { type: 'on' }),
      row('nowhere.example.org', { type: 'off' }),
    ])
    const body = await refresh()
    expect(body).toMatchObject({
      status: 'ok',
      action: 'refresh_capabilities',
      refreshed: 3,
      ok: 1,
      errors: 2,
      degraded: false,
      remaining: 0,
      runId: expect.any(String),
    })
    const byId = Object.fromEntries(body.results.map((result: Result) => [result.id, result]))
    expect(Object.keys(byId).sort()).toEqual([
      'gone.example.org:on-ramp:ZZ:USDC',
      'good.example.org:off-ramp:MX:USDC',
      'good.example.org:off-ramp:PE:USDC',
      'good.example.org:on-ramp:MX:USDC',
      'good.example.org:on-ramp:PE:USDC',
      'nowhere.example.org:off-ramp:ZZ:USDC',
    ])
    expect(body.results).toHaveLength(6)
    expect(byId['good.example.org:on-ramp:MX:USDC']).toEqual({
      id: 'good.example.org:on-ramp:MX:USDC',
      domain: 'good.example.org',
      status: 'ok',
    })
    expect(byId['gone.example.org:on-ramp:ZZ:USDC']).toEqual({
      id: 'gone.example.org:on-ramp:ZZ:USDC',
      domain: 'gone.example.org',
      status: 'error',
      error: 'stellar.toml not found (404)',
      sep1_404_count: 1,
    })
    expect(byId['nowhere.example.org:off-ramp:ZZ:USDC']).toMatchObject({
      status: 'error',
      error: 'stellar.toml unavailable (dns_failed)',
    })
  })

  test('is ok with an empty catalog', async () => {
    expect(await refresh()).toMatchObject({
      refreshed: 0,
      ok: 0,
      errors: 0,
      results: [],
      remaining: 0,
    })
  })

  test('has the anchors of the country, without rows that a person switched off', async () => {
    open(names(3))
    await load([
      row('a000.example.org', { country: 'MX' }),
      row('a001.example.org', { country: 'PE' }),
    ])
    await load([row('a002.example.org', { country: 'MX' })], { active: false })
    expect((await refresh({ country: 'mx' })).results.map(({ domain }: Result) => domain)).toEqual([
      'a000.example.org',
      'a000.example.org',
    ])
    // The stellar.toml, /info, a challenge, and the sign-in of the day: a challenge and its answer.
    expect(service.requests()).toEqual({ 'a000.example.org': 5 })
  })
})

describe('an anchor whose stellar.toml is gone', () => {
  test('is disabled by the third failure in a row, and returns after two successes', async () => {
    open(['one.example.org'])
    await load([row('one.example.org')])
    await refresh()
    expect(await operational()).toEqual(['one.example.org'])

    gone(['one.example.org'])
    const counted = []
    for (let run = 1; run <= 4; run += 1) {
      const { results } = await refresh()
      counted.push(
        results.map(({ sep1_404_count, autoDisabled }: Result) => [
          sep1_404_count,
          autoDisabled ?? false,
        ]),
      )
      expect(await operational()).toEqual([])
    }
    expect(counted).toEqual([
      [
        [1, false],
        [1, false],
      ],
      [
        [2, false],
        [2, false],
      ],
      [
        [3, true],
        [3, true],
      ],
      [
        [4, true],
        [4, true],
      ],
    ])
    expect((await evidence('one.example.org')).health).toMatchObject({
      autoDisabledReason: 'sep1_not_found',
      notFoundCount: 4,
    })

    open(['one.example.org'])
    const first = await refresh()
    expect(first.results[0]).toMatchObject({ status: 'ok', autoDisabled: true })
    expect(await operational()).toEqual([])
    const second = await refresh()
    expect(second.results[0]).toEqual({
      id: expect.any(String),
      domain: 'one.example.org',
      status: 'ok',
    })
    expect(await operational()).toEqual(['one.example.org'])
  })

  test('stays disabled after an import, and its rows stay active', async () => {
    gone(['one.example.org'])
    await load([row('one.example.org')])
    await refresh({ sep1DisableThreshold: 1 })
    await load([row('one.example.org', { name: 'Again' })], { active: true })
    expect((await evidence('one.example.org')).health.autoDisabledReason).toBe('sep1_not_found')
    expect(await service.query('select distinct active from anchor_ops.listing')).toEqual([
      { active: true },
    ])
  })

  test('is counted by 404 and 410; a success resets the count, an unsure outcome leaves it', async () => {
    await load([row('one.example.org', { type: 'on' })])
    const seen = []
    for (const status of [410, 404, 503, 404, 200, 404, 429, 404]) {
      if (status === 200) open(['one.example.org'])
      else gone(['one.example.org'], status)
      const { results } = await refresh({ sep1DisableThreshold: 20 })
      seen.push([status, results[0].error, results[0].sep1_404_count])
    }
    expect(seen).toEqual([
      [410, 'stellar.toml not found (410)', 1],
      [404, 'stellar.toml not found (404)', 2],
      [503, 'stellar.toml unavailable (503)', undefined],
      [404, 'stellar.toml not found (404)', 3],
      [200, undefined, undefined],
      [404, 'stellar.toml not found (404)', 1],
      [429, 'stellar.toml unavailable (429)', undefined],
      [404, 'stellar.toml not found (404)', 2],
    ])
  })

  test('an untrusted stellar.toml takes an anchor out of use at once and disables it after two runs', async () => {
    service.sites.set(
      'one.example.org',
      tomlAnswered(bodyAnswer('text/plain', 'VERSION = "2.0.0"\n')),
    )
    await load([row('one.example.org', { type: 'on' })])
    const first = (await refresh()).results[0]
    expect(first).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/^Untrusted anchor: .+; .+/),
    })
    expect(first.autoDisabled).toBeUndefined()
    expect(await operational()).toEqual([])
    expect((await refresh()).results[0]).toMatchObject({ autoDisabled: true })
  })

  test.each([
    ['ANCHOR_TRUST_REQUIRE_SEP10', /WEB_AUTH_ENDPOINT = .*\n/],
    ['ANCHOR_TRUST_REQUIRE_SIGNING_KEY', /SIGNING_KEY = .*\n/],
    ['ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31', /TRANSFER_SERVER_SEP0024 = .*\n/],
  ])('%s is required unless it is switched off', async (variable, line) => {
    const toml = `TRANSFER_SERVER = "https://one.example.org/sep6"\n${tomlOf('one.example.org').replace(line, '')}`
    service.sites.set('one.example.org', tomlAnswered(bodyAnswer('text/plain', toml)))
    await load([row('one.example.org', { type: 'on' })])
    expect((await refresh()).results[0].error).toMatch(/^Untrusted anchor: /)
    service.deploy({ [variable]: 'false' })
    expect((await refresh()).results[0]).toMatchObject({ status: 'ok' })
  })
})

describe('the mass-failure brake', () => {
  test('counts nothing when six healthy anchors are gone at once, and the run is degraded', async () => {
    const domains = await healthy(6)
    const before = await operational()
    gone(domains)
    const body = await refresh({ sep1DisableThreshold: 1 })
    expect(body).toMatchObject({ degraded: true, refreshed: 6, errors: 6 })
    expect(body.results.some(({ autoDisabled }: Result) => autoDisabled)).toBe(false)
    expect(await operational()).toEqual(before)
    for (const domain of domains) {
      const { health, capability } = await evidence(domain)
      expect(health).toMatchObject({ notFoundCount: 0, autoDisabledReason: null })
      expect(capability).not.toBeNull()
    }
  })

  test('counts no anchor that is gone while most others are unsure', async () => {
    const domains = await healthy(6)
    gone(domains.slice(0, 5), 503)
    gone(domains.slice(5), 404)
    expect(await refresh({ sep1DisableThreshold: 1 })).toMatchObject({ degraded: true })
    expect((await evidence('a005.example.org')).health).toMatchObject({
      notFoundCount: 0,
      autoDisabledReason: null,
    })
  })

  test('does not act when four of twenty anchors are gone', async () => {
    const domains = await healthy(20)
    gone(domains.slice(0, 4))
    const body = await refresh({ sep1DisableThreshold: 1 })
    expect(body).toMatchObject({ degraded: false, errors: 4 })
    expect(body.results.filter(({ autoDisabled }: Result) => autoDisabled)).toHaveLength(4)
  })

  test('does not act on anchors that were not healthy before', async () => {
    const domains = names(6)
    gone(domains)
    await load(domains.map((domain) => row(domain)))
    expect(await refresh()).toMatchObject({ degraded: false })
    expect(await refresh()).toMatchObject({ degraded: false })
  })

  test('lets a run with a small limit get round the whole catalog', async () => {
    const domains = await healthy(12)
    gone(domains.slice(0, 6))
    const first = await refresh({ limit: 6 })
    expect(first.degraded).toBe(true)
    const second = await refresh({ limit: 6 })
    expect(second.results.map(({ domain }: Result) => domain).sort()).toEqual(domains.slice(6))
  })

  test('ends after some runs, and anchors that stay gone are disabled', async () => {
    const domains = await healthy(6)
    gone(domains)
    for (let run = 0; run < 6; run += 1) await refresh()
    expect((await evidence('a000.example.org')).health.autoDisabledReason).toBe('sep1_not_found')
  })

  test('keeps the failed check in the history', async () => {
    const domains = await healthy(6)
    gone(domains)
    await refresh()
    const { checks } = await evidence('a000.example.org')
    expect(checks).toHaveLength(2)
    expect(checks[0].error).toBe('stellar.toml not found (404)')
  })
})

describe('an unsure outcome', () => {
  const bytes = (count: number) =>
    `${tomlOf('one.example.org')}${'# filler\n'.repeat(20_000)}`.slice(0, count)
  test.each<[string, Answer | (() => Answer), string]>([
    ['500', statusAnswer(500), 'toml_status'],
    ['a gzip bomb of 100 MB', gzipBomb(100_000_000), 'toml_too_large'],
    ['silence', { kind: 'hang' }, 'toml_timeout'],
    [
      'a redirect to a name with a private address',
      redirectAnswer('https://inside.example.org/x'),
      'toml_blocked',
    ],
  ])(
    '%s is a finding of that anchor: its last good capability stays, the others are served',
    async (_, answer, code) => {
      open(['one.example.org', 'two.example.org'])
      await load([row('one.example.org'), row('two.example.org')])
      await refresh()
      const before = await evidence('one.example.org')
      service.sites.set('one.example.org', tomlAnswered(answer))
      service.sites.set('inside.example.org', {
        ...anchor('inside.example.org'),
        address: '10.0.0.5',
      })
      // An answer that never ends is given 300 ms.
      service.deploy({}, { policy: { requestTimeoutMs: 300 } })
      const body = await refresh()
      expect(body).toMatchObject({ refreshed: 2, ok: 1, errors: 1, degraded: false })
      const after = await evidence('one.example.org')
      expect(after.outcome).toBe('unsure')
      expect(after.findings.map((finding: { code: string }) => finding.code)).toContain(code)
      expect(after.capability).toEqual(before.capability)
      expect(after.trust).toEqual(before.trust)
      expect(after.evidenceAt).toBe(before.evidenceAt)
      expect(after.health).toMatchObject({
        notFoundCount: 0,
        policyFailureCount: 0,
        autoDisabledReason: null,
      })
      expect((await operational()).sort()).toEqual(['one.example.org', 'two.example.org'])
    },
  )

  test('a stellar.toml of 100 KB is read to its end', async () => {
    service.sites.set(
      'one.example.org',
      paths({
        [TOML_PATH]: bodyAnswer('text/plain', bytes(100 * 1024)),
        '/sep24/info': jsonAnswer({}),
      }),
    )
    await load([row('one.example.org')])
    expect((await refresh()).ok).toBe(1)
  })

  test('a 404 under a certificate of another name is unsure', async () => {
    service.sites.set('one.example.org', {
      ...tomlAnswered(statusAnswer(404)),
      certificateName: 'other.example.org',
    })
    await load([row('one.example.org')])
    const { results } = await refresh()
    expect(results[0].error).toBe('stellar.toml unavailable (tls_failed)')
    expect(results[0].sep1_404_count).toBeUndefined()
  })

  test('HTML instead of a stellar.toml is not trusted', async () => {
    open(['two.example.org'])
    const page = bodyAnswer('text/html', '<!doctype html><title>Parked</title>')
    service.sites.set('one.example.org', tomlAnswered(page))
    await load([row('one.example.org'), row('two.example.org')])
    const body = await refresh()
    expect(body.ok).toBe(1)
    const found = body.results.find(({ domain }: Result) => domain === 'one.example.org')
    expect(found.error).toMatch(/^Untrusted anchor: .*HTML/)
  })

  test('an anchor whose text holds SQL, NUL or a prototype key is stored without harm', async () => {
    const nasty =
      'ORG_X = "a\\u0000b"\n[DOCUMENTATION]\nORG_NAME = "\'; drop table anchor_ops.listing; --"\n[__proto__]\npolluted = true\n'
    service.sites.set('one.example.org', anchor('one.example.org', nasty))
    open(['two.example.org'])
    await load([row('one.example.org'), row('two.example.org')])
    expect((await refresh()).refreshed).toBe(2)
    expect((await evidence('one.example.org')).lastCheckedAt).not.toBeNull()
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('the work of one run', () => {
  test('5 and 60 domains take the same number of database round trips', async () => {
    const trips: Record<string, Record<string, number>> = {}
    for (const count of [5, 60]) {
      await emptyDatabase(database)
      service.sites.clear()
      const domains = names(count)
      open(domains)
      service.sites.set(
        'directory.example.org',
        paths({ '/': jsonAnswer(domains.map((domain) => row(domain))) }),
      )
      for (const action of ['sync', 'refresh_capabilities']) {
        service.databaseCalls.length = 0
        const { body } = await service.ops({
          action,
          sourceUrl: 'https://directory.example.org/',
          domainConcurrency: 64,
        })
        expect(body.results).toHaveLength(count * 2)
        const called = service.databaseCalls.map(({ name }) => name)
        trips[`${action} of ${count}`] = Object.fromEntries(
          called.map((name) => [name, called.filter((one) => one === name).length]),
        )
      }
    }
    expect(trips['sync of 60']).toEqual(trips['sync of 5'])
    expect(trips['refresh_capabilities of 60']).toEqual(trips['refresh_capabilities of 5'])
    expect(trips['sync of 60']).toEqual({
      start_run: 1,
      import_listings: 1,
      claim_checks: 1,
      read_issuers: 1,
      read_due_issuers: 1,
      record_checks: 1,
      note_expired_listings: 1,
      release_claims: 1,
      finish_run: 1,
    })
  })

  test('a domain that several rows name is fetched once', async () => {
    open(['one.example.org'])
    await load([
      row('one.example.org', { countries: 'MX;PE;AR', currencies: 'USD;MXN' }),
      row('ONE.example.org', { currency: 'EUR' }),
    ])
    const { refreshed, results } = await refresh()
    expect([refreshed, results.length]).toEqual([1, 20])
    expect(service.requests()).toEqual({ 'one.example.org': 5 })
  })

  test('new anchors are checked first, then those that have waited longest, and the next run continues', async () => {
    const domains = names(5)
    open(domains)
    await load(domains.map((domain) => row(domain, { type: 'on' })))
    const runs = []
    for (let run = 0; run < 3; run += 1) {
      const body = await refresh({ limit: 2 })
      runs.push([
        body.results.map(({ domain }: Result) => domain.slice(0, 4)).sort(),
        body.remaining,
      ])
    }
    expect(runs).toEqual([
      [['a000', 'a001'], 3],
      [['a002', 'a003'], 1],
      [['a000', 'a004'], 0],
    ])
  })

  test('no check starts after the deadline, and the rest comes first in the next run', async () => {
    const domains = names(6)
    open(domains)
    await load(domains.map((domain) => row(domain, { type: 'on' })))
    // The clock jumps past the deadline while the second anchor answers.
    let answered = 0
    for (const domain of domains) {
      const site = anchor(domain)
      service.sites.set(domain, {
        answer: (url) => {
          if (url.pathname === TOML_PATH) answered += 1
          if (url.pathname === TOML_PATH && answered === 2) service.passTime(3_600_000)
          return site.answer(url)
        },
      })
    }
    const first = await service.ops({
      action: 'sync',
      mode: 'horizon',
      horizonUrl: 'https://none.example.org',
      domainConcurrency: 1,
    })
    expect(first.status).toBe(502)
    expect(first.body).toMatchObject({ refresh: { processed: 2, ok: 2 }, remaining: 4 })
    expect(first.body.results).toHaveLength(2)
    const second = await refresh({ domainConcurrency: 1, limit: 4 })
    expect(second.results.map(({ domain }: Result) => domain)).toEqual(domains.slice(2))
  })

  test('the fees and amounts of an anchor are the same decimal texts in our answer', async () => {
    open(['one.example.org'])
    await load([row('one.example.org')])
    await refresh()
    const { body } = await service.call({
      path: '/api/anchors/catalog',
      query: { type: 'on-ramp' },
    })
    expect(body.anchors[0].fees).toMatchObject({
      enabled: true,
      feeFixed: '1.5',
      minAmount: '10.0000001',
    })
  })
})
