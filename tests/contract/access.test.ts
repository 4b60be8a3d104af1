import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Right, SCOPES, type Scope } from '../../lib/caller.ts'
import { isForBusiness } from '../../lib/http/admit.ts'
import { hashOfSecret, makeSecret } from '../../lib/keys/secret.ts'
import type { Asked } from './request.ts'
import {
  BEARER,
  BUSINESS_KEY as BUSINESS,
  CRON_SECRET as CRON,
  type Environment,
  EVENT_SECRET,
  EVENTS,
  KEY,
  PLATFORM_SECRET,
  PREVIOUS_KEY as PREVIOUS,
  RPC,
  useService,
} from './service.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'

const service = useService({ environment: EVENTS })

type Access = 'public' | 'public-or-ops' | 'ops' | 'ops-or-read' | 'event' | Right
interface Route {
  method: 'GET' | 'POST'
  path: string
  access: Access
  /** A harmless request, and its status for a caller with access. */
  query?: string
  body?: unknown
  status: number
  /** Whether a public route changes something, so that HEAD is refused. */
  effects?: true
  /** The status of the scheduled work that the cron header alone starts here; absent where there is none. */
  scheduled?: number
}

const ATTEMPT = '6f1c2b1e-0b1a-4c8e-9a53-0d6c9a1b2c3d'
/**
 * Every method of every file of `api/` but the pages for people, which `pages.test.ts` and `pages-ops.test.ts` hold. The world of these tests has no site, so a sync finds no directory.
 */
const ROUTES: Route[] = [
  { method: 'GET', path: '/api/anchors/catalog', access: 'public', status: 200 },
  { method: 'GET', path: '/api/anchors/countries', access: 'public', status: 200 },
  { method: 'GET', path: '/api/anchors/changes', access: 'public', status: 200 },
  { method: 'GET', path: '/api/anchors/one.example.org', access: 'public', status: 404 },
  { method: 'GET', path: '/api/check', access: 'public', status: 400, effects: true },
  { method: 'GET', path: '/api/openapi', access: 'public', status: 200 },
  { method: 'GET', path: '/api/docs', access: 'public', status: 200 },
  { method: 'GET', path: '/api/docs/start.js', access: 'public', status: 200 },
  { method: 'GET', path: '/api/health', access: 'public-or-ops', status: 200 },
  { method: 'GET', path: '/api/metrics', access: 'ops-or-read', status: 200 },
  {
    method: 'GET',
    path: '/api/anchors/ops',
    access: 'ops',
    query: 'action=nonsense',
    status: 400,
    scheduled: 502,
  },
  {
    method: 'POST',
    path: '/api/anchors/ops',
    access: 'ops',
    body: { action: 'import_directory', anchors: [] },
    status: 200,
    scheduled: 502,
  },
  { method: 'POST', path: '/api/anchors/diagnostics', access: 'ops', body: {}, status: 400 },
  { method: 'GET', path: '/api/anchors/check', access: 'ops', status: 200 },
  { method: 'POST', path: '/api/anchors/check', access: 'ops', status: 200 },
  { method: 'GET', path: '/api/anchors/discover', access: 'ops', status: 502 },
  { method: 'POST', path: '/api/anchors/discover', access: 'ops', status: 502 },
  { method: 'GET', path: '/api/transactions/settle', access: 'ops', status: 200 },
  { method: 'POST', path: '/api/transactions/settle', access: 'ops', status: 200 },
  { method: 'GET', path: '/api/payments/observe', access: 'ops', status: 200 },
  {
    method: 'POST',
    path: '/api/payments/observe',
    access: 'ops',
    body: {},
    status: 200,
  },
  { method: 'POST', path: RPC, access: 'update', body: [], status: 200 },
  { method: 'POST', path: '/api/transactions/event', access: 'event', body: {}, status: 200 },
  { method: 'GET', path: '/api/transactions', access: 'read', status: 200 },
  { method: 'GET', path: '/api/attempts', access: 'read', status: 200 },
  { method: 'GET', path: '/api/transactions/nobody', access: 'read', status: 404 },
  {
    method: 'POST',
    path: '/api/transactions/t/notify_transaction_error',
    access: 'update',
    body: {},
    status: 404,
  },
  {
    method: 'POST',
    path: `/api/transactions/t/attempts/${ATTEMPT}`,
    access: 'decide',
    body: {},
    status: 400,
  },
  { method: 'GET', path: '/api/events', access: 'read', status: 200 },
  { method: 'GET', path: '/api/events/deliver', access: 'ops', status: 200 },
  { method: 'POST', path: '/api/events/deliver', access: 'ops', status: 200 },
  { method: 'POST', path: `/api/events/${ATTEMPT}/replay`, access: 'decide', status: 503 },
  { method: 'GET', path: '/api/payments', access: 'read', status: 200 },
  { method: 'GET', path: '/api/payments/7', access: 'read', status: 404 },
  {
    method: 'POST',
    path: '/api/payments/7',
    access: 'decide',
    body: { decision: 'ignored', note: 'n' },
    status: 404,
  },
  { method: 'GET', path: '/api/payments/reconciliation', access: 'read', status: 200 },
  {
    method: 'POST',
    path: '/api/payments/reconciliation',
    access: 'decide',
    body: {},
    status: 400,
  },
  {
    method: 'POST',
    path: '/api/anchors/nobody.example.org/decisions',
    access: 'decide',
    body: { decision: 'enable', note: 'n' },
    status: 404,
  },
  { method: 'GET', path: '/api/attention', access: 'read', status: 200 },
  { method: 'GET', path: '/api/decisions', access: 'read', status: 200 },
  { method: 'GET', path: '/api/keys', access: 'keys', status: 200 },
  { method: 'POST', path: '/api/keys', access: 'keys', body: {}, status: 400 },
  {
    method: 'POST',
    path: '/api/keys/nobody',
    access: 'keys',
    body: { decision: 'revoked' },
    status: 404,
  },
]
const PATHS = [...new Set(ROUTES.map(({ path }) => path))]
const methodsOf = (path: string) =>
  ROUTES.filter((route) => route.path === path).map(({ method }) => method)

type Presented = Pick<Asked, 'headers' | 'query' | 'origin'>
type Row = [name: string, presented: Presented, environment?: Environment | typeof LAPTOP]

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
const NO_SECRET = { CRON_SECRET: '' }
const ROTATED = { CRON_SECRET: 'another-0123456789', CRON_SECRET_PREVIOUS: PREVIOUS }
const LAPTOP = 'the local service'
const LOCAL = { origin: 'http://localhost:3000' }
const HEADER = { 'x-vercel-cron': '1' }

/** The callers, sorted by the routes that they open: a name, what the request presents, and the environment (production). */
const OPENS: Record<'nothing' | 'ops' | 'scheduled work' | 'business' | 'event', Row[]> = {
  event: [['the credential of events', { headers: { 'x-api-key': EVENT_SECRET } }]],
  nothing: [
    ['no credential', {}],
    ['a wrong bearer', { headers: bearer('wrong') }],
    ['an empty bearer', { headers: { authorization: 'Bearer ' } }],
    ['another scheme', { headers: { authorization: `Basic ${CRON}` } }],
    ['the secret without a scheme', { headers: { authorization: CRON } }],
    ['a bearer twice', { headers: { authorization: `Bearer ${CRON}, Bearer ${CRON}` } }],
    ['x-cron-secret twice', { headers: { 'x-cron-secret': `${CRON}, ${CRON}` } }],
    ['a wrong query secret', { query: 'secret=wrong' }],
    ['an empty query secret', { query: 'secret=' }],
    ['a query secret twice', { query: `secret=${CRON}&secret=${CRON}` }],
    ['the same beside a right bearer', { headers: BEARER, query: `secret=${CRON}&secret=${CRON}` }],
    ['a right bearer beside a wrong query secret', { headers: BEARER, query: 'secret=wrong' }],
    [
      'a wrong bearer beside a right query secret',
      { headers: bearer('w'), query: `secret=${CRON}` },
    ],
    [
      'a wrong x-cron-secret beside a right query secret',
      { headers: { 'x-cron-secret': 'w' }, query: `secret=${CRON}` },
    ],
    ['a wrong bearer beside the cron header', { headers: { ...bearer('wrong'), ...HEADER } }],
    ['a wrong x-cron-secret beside it', { headers: { 'x-cron-secret': 'w', ...HEADER } }],
    ['an empty cron header', { headers: { 'x-vercel-cron': '' } }],
    ['loopback in production', LOCAL],
    ['the word undefined without a secret', { headers: bearer('undefined') }, NO_SECRET],
    ['an empty query secret without a secret', { query: 'secret=' }, NO_SECRET],
    ['an empty bearer without a secret', { headers: { authorization: 'Bearer ' } }, NO_SECRET],
    ['blanks where the secret is blank', { query: 'secret=%20%20' }, { CRON_SECRET: '  ' }],
    ['loopback with NODE_ENV development', LOCAL, { NODE_ENV: 'development' }],
    ['loopback with a mistyped NODE_ENV', LOCAL, { NODE_ENV: 'produciton' }],
    [
      'a laptop asked through a proxy',
      { ...LOCAL, headers: { 'x-forwarded-for': '192.0.2.1' } },
      LAPTOP,
    ],
    ['a laptop asked by a foreign page', { ...LOCAL, headers: { origin: 'null' } }, LAPTOP],
    [
      'a laptop asked by the page of another local server',
      { ...LOCAL, headers: { origin: 'http://localhost:5173' } },
      LAPTOP,
    ],
    ['a laptop asked from the network', { origin: 'http://10.0.0.5:3000' }, LAPTOP],
    [
      'a laptop asked by a page of another site',
      { ...LOCAL, headers: { 'sec-fetch-site': 'cross-site' } },
      LAPTOP,
    ],
    [
      'a laptop asked by a page of another port',
      { ...LOCAL, headers: { 'sec-fetch-site': 'same-site' } },
      LAPTOP,
    ],
    [
      'a laptop asked by a rebound name',
      { ...LOCAL, headers: { host: 'rebound.example' } },
      LAPTOP,
    ],
    ['a laptop asked with a wrong secret', { ...LOCAL, query: 'secret=wrong' }, LAPTOP],
    ['a laptop asked with the cron header', { origin: 'http://10.0.0.5', headers: HEADER }, LAPTOP],
    ['a wrong key', { headers: { 'x-api-key': 'wrong' } }],
    ['an empty key', { headers: { 'x-api-key': '' } }],
    ['the key and one more character', { headers: { 'x-api-key': `${BUSINESS}x` } }],
    ['the key without its last character', { headers: { 'x-api-key': BUSINESS.slice(0, -1) } }],
    ['the key in another letter case', { headers: { 'x-api-key': BUSINESS.toUpperCase() } }],
    ['the key twice', { headers: { 'x-api-key': `${BUSINESS}, ${BUSINESS}` } }],
    ['a wrong key beside it as a bearer', { headers: { ...bearer(BUSINESS), 'x-api-key': 'w' } }],
    ['a right key beside a wrong bearer', { headers: { ...KEY, ...bearer('wrong') } }],
    ['the key in another scheme', { headers: { authorization: `Basic ${BUSINESS}` } }],
    ['the key without a scheme', { headers: { authorization: BUSINESS } }],
    ['the key as the query secret', { query: `secret=${BUSINESS}` }],
    ['the key in the query by its name', { query: `apiKey=${BUSINESS}&x-api-key=${BUSINESS}` }],
    ['the key as x-cron-secret', { headers: { 'x-cron-secret': BUSINESS } }],
    ['a previous key that was taken out', { headers: { 'x-api-key': PREVIOUS } }],
  ],
  ops: [
    ['a bearer', { headers: BEARER }],
    ['a bearer in any letter case', { headers: { authorization: `bEARER ${CRON}` } }],
    ['x-cron-secret', { headers: { 'x-cron-secret': CRON } }],
    ['a query secret', { query: `secret=${CRON}` }],
    ['a bearer and a query secret', { headers: BEARER, query: `secret=${CRON}` }],
    ['a bearer and the cron header', { headers: { ...BEARER, ...HEADER } }],
    ['the previous secret', { headers: bearer(PREVIOUS) }, ROTATED],
    [
      'the secret and the previous secret',
      { headers: { 'x-cron-secret': PREVIOUS, ...BEARER } },
      { CRON_SECRET_PREVIOUS: PREVIOUS },
    ],
    ['a previous secret alone', { headers: bearer(PREVIOUS) }, { ...ROTATED, ...NO_SECRET }],
    ['a laptop that has a secret, asked from itself', LOCAL, LAPTOP],
    ['a laptop asked from 127.0.0.1', { origin: 'http://127.0.0.1:3000' }, LAPTOP],
    ['a laptop asked from [::1]', { origin: 'http://[::1]:3000' }, LAPTOP],
    [
      'a laptop asked by a form of its own page',
      { ...LOCAL, headers: { origin: 'http://localhost:3000' } },
      LAPTOP,
    ],
    [
      'a laptop asked by its own page',
      { ...LOCAL, headers: { 'sec-fetch-site': 'same-origin' } },
      LAPTOP,
    ],
    [
      'a laptop asked from the address bar',
      { ...LOCAL, headers: { 'sec-fetch-site': 'none' } },
      LAPTOP,
    ],
  ],
  'scheduled work': [
    ['the cron header', { headers: HEADER }],
    ['the cron header without a secret', { headers: HEADER }, NO_SECRET],
    ['the cron header in a preview', { headers: HEADER }, { VERCEL: '1', VERCEL_ENV: 'preview' }],
  ],
  business: [
    ['X-Api-Key', { headers: KEY }],
    ['the key as a bearer', { headers: bearer(BUSINESS) }],
    [
      'the key as a bearer in any letter case',
      { headers: { authorization: `bearer ${BUSINESS}` } },
    ],
    ['both', { headers: { ...KEY, ...bearer(BUSINESS) } }],
    [
      'the previous key',
      { headers: { 'x-api-key': PREVIOUS } },
      { BUSINESS_API_KEY_PREVIOUS: PREVIOUS },
    ],
  ],
}
const ROWS = Object.entries(OPENS).flatMap(([opens, rows]) =>
  rows.map(([name, presented, environment = {}]) => ({ name, opens, presented, environment })),
)

/** Whether some key of the business opens the route. */
const isReadBy = (access: Access) => access === 'ops-or-read' || isForBusiness(access)

const OPS_REFUSAL =
  'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.'
const BUSINESS_REFUSAL =
  'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.'

const READER_REFUSAL =
  'Unauthorized. Provide CRON_SECRET as Authorization: Bearer, or a key with the scope read as X-Api-Key or as Authorization: Bearer.'

const EVENT_REFUSAL = 'Unauthorized. The event needs the credential of ANCHOR_PLATFORM_EVENT_AUTH.'

const REFUSALS: Partial<Record<Access, string>> = {
  ops: OPS_REFUSAL,
  'ops-or-read': READER_REFUSAL,
  event: EVENT_REFUSAL,
}

function call({ method, path, query = '', body }: Route, presented: Presented) {
  const asked = [presented.query, query].filter(Boolean).join('&')
  return service.call({
    method,
    path,
    ...(body !== undefined && { body }),
    ...presented,
    query: asked,
  })
}

const deploy = (environment: Environment | typeof LAPTOP) =>
  environment === LAPTOP ? service.deploy({}, { development: true }) : service.deploy(environment)

describe('each route answers each caller by this table', () => {
  test.each(ROWS)('$name opens $opens', async ({ opens, presented, environment }) => {
    deploy(environment)
    for (const route of ROUTES) {
      const { method, path, access } = route
      const { status, body } = await call(route, presented)
      const isOpen =
        access.startsWith('public') ||
        access === opens ||
        (opens === 'ops' && access === 'ops-or-read') ||
        (opens === 'business' && isReadBy(access))
      const isScheduled = opens === 'scheduled work' && access === 'ops'
      // A route that anybody may call refuses a name that it does not have.
      const isKnown = !String(presented.query).startsWith('apiKey=')
      const openStatus = isKnown ? route.status : 400
      const expected = isOpen ? openStatus : (isScheduled && route.scheduled) || 401
      expect([method, path, status, body?.error]).toEqual([method, path, expected, body?.error])
      if (path === '/api/health' && isKnown) {
        const shown = Object.keys(body.checks.database).length > 1
        expect(shown, 'health shows figures').toBe(opens === 'ops')
      }
    }
  })

  test.each(ROWS.filter(({ opens }) => opens === 'nothing'))(
    '$name: the refusal is the fixed one, comes before the body is read, and nothing happens',
    async ({ presented, environment }) => {
      deploy(environment)
      for (const { method, path, access } of ROUTES) {
        if (access.startsWith('public')) continue
        const headers = { ...presented.headers, 'x-request-id': 'request-1' }
        const query = [presented.query, 'action=x', 'limit=-1'].filter(Boolean).join('&')
        const raw = method === 'POST' ? { raw: '{"broken' } : {}
        const reply = await service.call({ ...presented, method, path, query, headers, ...raw })
        expect(reply.body).toEqual({
          error: REFUSALS[access] ?? BUSINESS_REFUSAL,
          code: 'unauthorized',
          requestId: 'request-1',
          docs: 'docs/errors.md#unauthorized',
        })
        expect(Object.fromEntries(reply.headers)).toMatchObject({
          'cache-control': 'no-store',
          'content-type': 'application/json; charset=utf-8',
          'www-authenticate': 'Bearer',
          'x-request-id': 'request-1',
        })
        expect(reply.headers.get('access-control-allow-origin')).toBeNull()
      }
      expect(service.databaseCalls).toEqual([])
      expect(service.emulator.requests().filter(({ status }) => status === null)).toEqual([])
      expect(service.sent()).toEqual([])
    },
  )

  /** The named keys: a name, its scopes, and its state. */
  const NAMED: [string, Scope[], ('usable' | 'revoked' | 'expired')?][] = [
    ...SCOPES.map((scope): [string, Scope[]] => [`only-${scope}`, [scope]]),
    ['all-scopes', [...SCOPES]],
    ['revoked-key', [...SCOPES], 'revoked'],
    ['expired-key', [...SCOPES], 'expired'],
  ]
  test.each(NAMED)(
    'the named key %s opens the routes of its scopes %j',
    async (name, scopes, state = 'usable') => {
      const secret =
        state === 'expired' ? await expiredKey(name, scopes) : await service.makeKey(name, scopes)
      if (state === 'revoked') await service.revokeKey(name)
      for (const credential of [{ 'x-api-key': secret }, bearer(secret)]) {
        for (const route of ROUTES) {
          const { method, path, access } = route
          const { status, body } = await call(route, { headers: credential })
          const isRight = state === 'usable' && isReadBy(access)
          const needed = access === 'ops-or-read' ? 'read' : access
          const isOpen =
            access.startsWith('public') || (isRight && scopes.some((one) => one === needed))
          const expected = isOpen ? route.status : isRight ? 403 : 401
          expect([method, path, status, body?.error]).toEqual([method, path, expected, body?.error])
          if (expected === 403)
            expect(body).toMatchObject({ code: 'forbidden', error: expect.stringContaining(name) })
        }
      }
    },
  )

  /** A key whose time is over. The route makes no such key. */
  async function expiredKey(name: string, scopes: readonly Scope[]): Promise<string> {
    const secret = makeSecret()
    await service.query("select public.create_key($1, $2, $3, -1, null, 'BUSINESS_API_KEY', 500)", [
      name,
      hashOfSecret(secret),
      scopes,
    ])
    return secret
  }

  test('a request with the secret in its body alone, or with a body above every limit, is refused', async () => {
    const action = { action: 'import_directory', anchors: [], secret: CRON }
    for (const raw of [JSON.stringify(action), 'x'.repeat(5_000_000)]) {
      const reply = await service.call({ method: 'POST', path: '/api/anchors/ops', raw })
      expect(reply.status).toBe(401)
    }
  })

  test('a secret in the query is answered with a warning, and a bearer without one', async () => {
    const path = '/api/transactions/settle'
    const inQuery = await service.call({ path, query: { secret: CRON } })
    expect(inQuery.headers.get('warning')).toMatch(/^299 - ".*deprecated/)
    expect((await service.call({ path, headers: BEARER })).headers.get('warning')).toBeNull()
  })

  test.each([undefined, '', '   '])(
    'without a business key (%j) a business route answers 503, whatever is presented',
    async (unset) => {
      service.deploy({ BUSINESS_API_KEY: unset }, { development: true })
      const presented = [{}, { 'x-api-key': '' }, { 'x-api-key': 'undefined' }, KEY, BEARER]
      for (const route of ROUTES.filter(({ access }) => isForBusiness(access))) {
        for (const headers of presented as Record<string, string>[]) {
          expect(await call(route, { ...LOCAL, headers })).toMatchObject({
            status: 503,
            body: {
              code: 'configuration_invalid',
              error: 'Transaction updates are not configured. Set BUSINESS_API_KEY.',
            },
          })
        }
      }
    },
  )
})

test.each([
  ['as it is', (secret: string) => secret],
  ['percent-encoded', encodeURIComponent],
  ['in base64', (secret: string) => Buffer.from(`user:${secret}!`).toString('base64')],
])('a secret that a caller writes %s reaches no answer, log line or row', async (_, write) => {
  service.platformHas([withdrawal('t')])
  for (const secret of [CRON, BUSINESS, PREVIOUS, PLATFORM_SECRET]) {
    const text = write(secret)
    service.deploy({ CRON_SECRET_PREVIOUS: PREVIOUS })
    const { status } = await service.rpc([amountsUpdated('t', text)])
    expect(status).toBe(200)
    await service.rpc([amountsUpdated(text, 'm')])
    await service.update('t', 'notify_amounts_updated', { message: 'm', [text]: text })
    await service.call({ path: `/api/transactions/${encodeURIComponent(text)}`, headers: KEY })
    await service.call({ path: '/api/transactions', query: { [text]: text }, headers: KEY })
    const anchors = [{ domain: text, name: text, country: 'NG', currency: 'USDC' }]
    await service.ops({ action: 'import_directory', anchors, sourceUrl: text })
  }
  const rows = JSON.stringify(await service.tables())
  expect(rows).toContain('[redacted]')
})

test('a secret that a caller sends as the request id comes back in no header and no log line', async () => {
  for (const secret of [CRON, BUSINESS, PLATFORM_SECRET]) {
    for (const { method, path, body } of ROUTES) {
      const headers = { ...KEY, 'x-request-id': secret }
      const reply = await service.call({
        method,
        path,
        headers,
        ...(body !== undefined && { body }),
      })
      expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  }
})

describe('each route serves the methods of this table and no other', () => {
  test('the table has a path for every file of api/ but the pages, and no other path', () => {
    const root = resolve(import.meta.dirname, '../..')
    const files = globSync('api/**/*.ts', { cwd: root, exclude: ['api/pages/**'] })
    const patterns = files.map((file) =>
      file
        .replace(/^/, '/')
        .replace(/(\/index)?\.ts$/, '')
        .split('/')
        .map((step) => (step.startsWith('[') ? '[^/]+' : step))
        .join('/'),
    )
    const fits = (pattern: string, path: string) => new RegExp(`^${pattern}$`).test(path)
    // A file with a fixed name comes before a file with a parameter.
    const served = PATHS.map(
      (path) => patterns.filter((one) => fits(one, path)).sort(fixedFirst)[0],
    )
    expect(served.toSorted()).toEqual(patterns.toSorted())
  })
  const fixedFirst = (a: string, b: string) => a.split('[^/]+').length - b.split('[^/]+').length

  test.each(PATHS)('%s', async (path) => {
    const [route] = ROUTES.filter((one) => one.path === path)
    const isPublic = route?.access.startsWith('public')
    const allowed = [
      ...methodsOf(path),
      ...(route?.access === 'ops' || route?.effects ? [] : ['HEAD']),
      'OPTIONS',
    ]
    const allow = ['GET', 'HEAD', 'POST', 'OPTIONS'].filter(
      (method) => allowed.includes(method) && (method !== 'HEAD' || allowed.includes('GET')),
    )
    const headers = { ...BEARER, ...HEADER, ...KEY, origin: 'https://wallet.example.org' }
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (allow.includes(method)) continue
      const reply = await service.call({ method, path, headers })
      expect([method, reply.status, reply.headers.get('allow')]).toEqual([
        method,
        405,
        allow.join(', '),
      ])
      expect(reply.headers.get('x-request-id')).not.toBeNull()
      if (method === 'HEAD') continue
      expect(reply.body).toMatchObject({
        code: 'method_not_allowed',
        error: `Method ${method} is not served by ${path}; allowed: ${allow.join(', ')}`,
      })
    }
    const options = await service.call({ method: 'OPTIONS', path, headers })
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow.join(', ')])
    expect(options.headers.get('access-control-allow-origin')).toBe(isPublic ? '*' : null)
    expect(options.headers.get('access-control-allow-methods')).toBe(
      isPublic ? allow.join(', ') : null,
    )
    expect(service.databaseCalls).toEqual([])
  })
})
