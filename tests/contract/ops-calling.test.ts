import { describe, expect, test } from 'vitest'
import { jsonAnswer } from '../../local/world/answer.ts'
import type { Asked as AnyAsked } from './request.ts'
import { BEARER, CRON_SECRET, OPS, useService } from './service.ts'
import { anchor, paths, row } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

type Asked = Partial<AnyAsked>
const call = (asked: Asked) => service.call({ path: OPS, ...asked })

const INVALID_ACTION = 'Invalid action. Use: import_directory | refresh_capabilities | sync'
const DIRECTORY = 'https://directory.example.org/anchors.json'

/** A directory with one anchor that works, which the deployment is configured with. */
function serveDirectory(environment: Record<string, string> = {}): void {
  service.sites.set(
    'directory.example.org',
    paths({ '/anchors.json': jsonAnswer([row('anchor.example.org')]) }),
  )
  service.sites.set('anchor.example.org', anchor('anchor.example.org'))
  service.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY, ...environment })
}

const namesCalled = () => service.databaseCalls.map(({ name }) => name)
const argsOf = (name: string) => service.databaseCalls.find((call) => call.name === name)?.args

describe('the cron header alone, in production', () => {
  const CRON = { 'x-vercel-cron': '1' }

  test.each([
    ['with CRON_SECRET', {}],
    ['without CRON_SECRET', { CRON_SECRET: '' }],
    ['in a preview', { VERCEL: '1', VERCEL_ENV: 'preview' }],
  ])(
    'runs the scheduled sync and ignores every parameter of the caller, %s',
    async (_, environment) => {
      serveDirectory(environment)
      service.sites.set(
        'evil.example.org',
        paths({ '/': jsonAnswer([row('evil-anchor.example.org')]) }),
      )
      const hostile = {
        action: 'import_directory',
        dryRun: false,
        anchors: [row('evil-anchor.example.org')],
        sourceUrl: 'https://evil.example.org/',
        refreshLimit: 1000,
      }
      const query = {
        action: 'refresh_capabilities',
        sourceUrl: 'https://evil.example.org/',
        mode: 'horizon',
      }
      const reply = await call({ method: 'POST', body: hostile, query, headers: CRON })
      expect(reply.status).toBe(200)
      expect(reply.body).toMatchObject({
        action: 'sync',
        discoveryMode: 'directory',
        sourceUrl: DIRECTORY,
        refresh: { requested: 300, processed: 1 },
      })
      expect(service.requests()).not.toHaveProperty('evil.example.org')
      expect(argsOf('start_run')).toMatchObject({ p_trigger: 'scheduled', p_quiet_seconds: 600 })
    },
  )

  test('runs the scheduled sync even with a body or a parameter that cannot be read', async () => {
    serveDirectory()
    for (const asked of [
      { method: 'POST', raw: '{"broken' },
      { query: { limit: 'x', action: 'y' } },
    ]) {
      expect((await call({ ...asked, headers: CRON })).status).toBe(200)
    }
  })

  test('gets the first answer again within 10 minutes, and nothing is done', async () => {
    serveDirectory()
    const first = await call({ headers: CRON })
    expect(first.body.skipped).toBeUndefined()
    const requests = service.requests()
    const second = await call({ headers: CRON })
    expect(second.status).toBe(200)
    expect(second.body).toEqual({ ...first.body, skipped: 'recent' })
    expect(service.requests()).toEqual(requests)

    await service.query(
      `update anchor_ops.run set started_at = started_at - interval '600 seconds'`,
    )
    const third = await call({ headers: CRON })
    expect(third.body.skipped).toBeUndefined()
    expect(third.body.runId).not.toBe(first.body.runId)
  })

  test('does not hold off a person with the secret by its recent run', async () => {
    serveDirectory()
    await call({ headers: CRON })
    const reply = await service.ops({ action: 'sync' })
    expect(reply.body.skipped).toBeUndefined()
    expect(reply.body.refresh.processed).toBe(1)
  })

  test.each(['sync', 'refresh_capabilities'])(
    'Vercel’s own call, with the secret, is worked once for each occasion too: %s',
    async (action) => {
      serveDirectory()
      const headers = { ...BEARER, 'user-agent': 'vercel-cron/1.0' }
      const first = await call({ headers, query: { action } })
      const second = await call({ headers, query: { action } })
      expect(second.body).toEqual({ ...first.body, skipped: 'recent' })
    },
  )
})

describe('the action', () => {
  test.each([
    ['sync', 'sync'],
    ['SYNC', 'sync'],
    ['Refresh_Capabilities', 'refresh_capabilities'],
    ['IMPORT_directory', 'import_directory'],
  ])('%s is %s', async (written, meant) => {
    serveDirectory()
    const anchors = [row('anchor.example.org')]
    expect((await service.ops({ action: written, anchors })).body.action).toBe(meant)
    const query = { action: written, secret: CRON_SECRET, downloadUrl: DIRECTORY }
    expect((await call({ query })).body.action).toBe(meant)
  })

  test.each([
    ['another word', { action: 'drop' }],
    ['a number', { action: 1 }],
    ['null', { action: null }],
    ['a list', { action: ['sync'] }],
    ['an empty text', { action: '' }],
    ['nothing in a POST', {}],
  ])('%s is a 400 with the fixed text', async (_, body) => {
    const reply = await service.ops(body)
    expect(reply.status).toBe(400)
    expect(reply.body.error).toBe(INVALID_ACTION)
    expect(service.databaseCalls).toEqual([])
  })

  test('a POST without a body is a 400 with the fixed text', async () => {
    const reply = await call({ method: 'POST', headers: BEARER })
    expect([reply.status, reply.body.error]).toEqual([400, INVALID_ACTION])
  })

  test('a GET runs the named action, a sync if none is named, and a bad one is a 400', async () => {
    serveDirectory()
    expect((await call({ headers: BEARER })).body.action).toBe('sync')
    expect((await call({ headers: BEARER, query: 'action=' })).body.action).toBe('sync')
    const bad = await call({ headers: BEARER, query: { action: 'x' } })
    expect([bad.status, bad.body.error]).toEqual([400, INVALID_ACTION])
  })

  test('the body wins over the query string, and each fills what the other leaves out', async () => {
    serveDirectory()
    const reply = await service.ops(
      { action: 'sync', refreshLimit: 7 },
      {
        action: 'import_directory',
        refreshLimit: '9',
        domainConcurrency: '3',
        secret: CRON_SECRET,
      },
    )
    expect(reply.body).toMatchObject({ action: 'sync', refresh: { requested: 7 } })
    const blank = await service.ops({ action: 'sync' }, { refreshLimit: '' })
    expect(blank.body.refresh.requested).toBe(300)
  })
})

describe('the parameters', () => {
  const base: Record<string, Record<string, unknown>> = {
    sync: { action: 'sync' },
    refresh_capabilities: { action: 'refresh_capabilities' },
    import_directory: { action: 'import_directory', anchors: [row('anchor.example.org')] },
  }
  const integers = (min: number, max: number) => [min, max, String(min), String(max)]
  const BOOLEANS = [true, false, 'true', 'FALSE', 'True', '1', '0']
  const DOMAINS = [[], ['anchor.example.org'], ['*.example.org'], 'a.example.org,*.example.net']

  test.each<[action: string, name: string, values: unknown[]]>([
    ['refresh_capabilities', 'limit', integers(1, 500)],
    ['refresh_capabilities', 'country', ['MX', 'mx', 'Mx', 'zz', 'XK']],
    ['refresh_capabilities', 'sep1DisableThreshold', integers(1, 20)],
    ['sync', 'sep1DisableThreshold', integers(1, 20)],
    ['import_directory', 'anchors', [[], [{}]]],
    ['import_directory', 'dryRun', BOOLEANS],
    ['import_directory', 'active', BOOLEANS],
    ['import_directory', 'allowedDomains', DOMAINS],
    ['import_directory', 'useEnvAllowedDomains', BOOLEANS],
    ['sync', 'useEnvAllowedDomains', BOOLEANS],
    ['sync', 'mode', ['directory', 'DIRECTORY']],
    ['sync', 'sourceUrl', [DIRECTORY]],
    ['sync', 'directoryHome', ['https://anchors.stellar.org/']],
    ['sync', 'allowHorizon', BOOLEANS],
    ['sync', 'horizonUrl', ['https://horizon.stellar.org']],
    ['sync', 'issuerLimit', integers(10, 1000)],
    ['sync', 'assetPages', integers(1, 10)],
    ['sync', 'issuerConcurrency', integers(1, 50)],
    ['sync', 'domainConcurrency', integers(1, 64)],
    ['sync', 'refreshLimit', integers(1, 1000)],
  ])('%s takes %s up to its bounds', async (action, name, values) => {
    serveDirectory({ ANCHOR_DIRECTORY_ALLOWED_DOMAINS: 'anchor.example.org' })
    for (const value of values) {
      const reply = await service.ops({ ...base[action], [name]: value })
      expect([value, reply.status, reply.body.error]).toEqual([value, 200, undefined])
    }
  })

  test('refresh_capabilities checks 100 anchors of any country by default', async () => {
    await service.ops({ action: 'refresh_capabilities' })
    expect(argsOf('claim_checks')).toMatchObject({
      p_limit: 100,
      p_country: null,
      p_network: 'mainnet',
    })
  })

  test('limit and country choose the anchors, the country in capital letters', async () => {
    await service.ops({ action: 'refresh_capabilities', limit: '17', country: 'mx' })
    expect(argsOf('claim_checks')).toMatchObject({ p_limit: 17, p_country: 'MX' })
  })

  test('a sync imports active rows and checks 300 anchors by default', async () => {
    serveDirectory()
    const { body } = await service.ops({ action: 'sync' })
    expect(body).toMatchObject({ discoveryMode: 'directory', refresh: { requested: 300 } })
    expect(argsOf('claim_checks').p_limit).toBe(300)
    expect(argsOf('import_listings')).toMatchObject({ p_active: true, p_dry_run: false })
  })

  test('a sync ignores country and checks the anchors that have waited longest', async () => {
    serveDirectory()
    await service.ops({ action: 'sync', country: 'MX' })
    expect(argsOf('claim_checks').p_country).toBeNull()
  })

  test('import_directory is a dry run by default', async () => {
    const { body } = await service.ops(base['import_directory'])
    expect(body).toMatchObject({ dryRun: true, written: 0, allowedDomainsCount: 0 })
    expect(argsOf('import_listings')).toMatchObject({ p_active: true, p_dry_run: true })
    expect((await service.tables())['listing']).toEqual([])
  })

  test.each([
    ['the environment', { ANCHOR_SEP1_404_DISABLE_THRESHOLD: '1' }, {}, true],
    ['the default of 3', {}, {}, false],
    ['the parameter', {}, { sep1DisableThreshold: '1' }, true],
    [
      'the parameter before the environment',
      { ANCHOR_SEP1_404_DISABLE_THRESHOLD: '1' },
      { sep1DisableThreshold: 2 },
      false,
    ],
  ])('sep1DisableThreshold comes from %s', async (_, environment, parameters, disabled) => {
    serveDirectory(environment)
    service.sites.set('anchor.example.org', paths({}))
    for (const action of ['sync', 'refresh_capabilities']) {
      await service.query(
        `update anchor_ops.home_domain set health = '{}', auto_disabled_at = null,
          window_start = null, window_outcome = null, window_health = null`,
      )
      const { body } = await service.ops({ action, ...parameters })
      expect(body.results[0].autoDisabled ?? false).toBe(disabled)
    }
  })

  test('mode comes from the environment if the caller does not name one', async () => {
    serveDirectory({ ANCHOR_DISCOVERY_MODE: 'horizon' })
    const { body } = await service.ops({ action: 'sync' })
    expect(body.discoveryMode).toBe('horizon')
    expect((await service.ops({ action: 'sync', mode: 'Directory' })).body.discoveryMode).toBe(
      'directory',
    )
  })

  test('import_directory with neither anchors nor downloadUrl is a 400', async () => {
    const reply = await service.ops({ action: 'import_directory' })
    expect(reply.status).toBe(400)
    expect(reply.body.error).toMatch(/anchors.*downloadUrl/)
  })
})

describe('the request itself', () => {
  test('every answer carries x-request-id, the one of the caller if it has a plain form', async () => {
    const own = { ...BEARER, 'x-request-id': 'call-0123456789' }
    for (const [asked, status] of [
      [{ method: 'POST', body: { action: 'import_directory', anchors: [] }, headers: own }, 200],
      [{ method: 'POST', body: { action: 'x' }, headers: own }, 400],
      [{ headers: { 'x-request-id': own['x-request-id'] } }, 401],
      [{ method: 'PUT', headers: own }, 405],
    ] as const) {
      const reply = await call(asked)
      expect([reply.status, reply.headers.get('x-request-id')]).toEqual([status, 'call-0123456789'])
      expect(reply.headers.get('cache-control')).toBe('no-store')
    }
    const hostile = await call({ headers: { 'x-request-id': 'a b<script>"' } })
    expect(hostile.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('without a database every action answers 503 configuration_invalid', async () => {
    service.deploy({}, { database: null })
    for (const action of ['sync', 'refresh_capabilities', 'import_directory']) {
      const reply = await service.ops({ action, anchors: [row('anchor.example.org')] })
      expect([reply.status, reply.body.code]).toEqual([503, 'configuration_invalid'])
    }
    const health = await call({ path: '/api/health' })
    expect([health.status, health.body.checks.database.status]).toEqual([503, 'error'])
    expect((await call({ path: '/api/anchors/catalog' })).status).toBe(503)
  })

  test.each([
    ['the network', () => Promise.reject(new TypeError('fetch failed'))],
    ['a gateway', async () => new Response('<html>bad gateway</html>', { status: 502 })],
    ['a result of another shape', async () => Response.json({ surprise: true })],
    [
      'SQL',
      async () =>
        Response.json(
          { code: '42P01', message: `relation "${CRON_SECRET}" does not exist` },
          { status: 404 },
        ),
    ],
  ])('a database that fails by %s is a 503 that shows nothing of it', async (_, answer) => {
    service.interceptDatabase(answer)
    for (const action of ['sync', 'refresh_capabilities', 'import_directory']) {
      const reply = await service.ops({ action, anchors: [row('anchor.example.org')] })
      expect([reply.status, reply.body.code]).toEqual([503, 'database_unavailable'])
      expect(reply.text).not.toMatch(/relation|html|fetch failed/)
    }
    service.interceptDatabase(null)
    // The log may show the operator what the database said. Here that is the secret of this test.
    service.log.length = 0
  })

  test('a sync that fails gives the lease back', async () => {
    serveDirectory()
    service.interceptDatabase(async ({ name }) =>
      name === 'claim_checks' ? Response.json({}, { status: 500 }) : undefined,
    )
    expect((await service.ops({ action: 'sync' })).status).toBe(503)
    service.interceptDatabase(null)
    expect((await service.ops({ action: 'sync' })).body.skipped).toBeUndefined()
    expect(namesCalled().filter((name) => name === 'finish_run')).toHaveLength(2)
  })
})
