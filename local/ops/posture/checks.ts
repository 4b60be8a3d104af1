import { checkClosedRoutes } from './closed-routes.ts'
import { type Row, rowOf } from './row.ts'
import { type Heard, jsonOf, type Stranger, shownHeard, strangerAt } from './stranger.ts'

/** Half a year. Browsers forget a shorter one too easily. */
const LEAST_HSTS_SECONDS = 15_552_000
/** Files of the repository, one of which Vercel would serve if the project had the wrong output folder. */
const PRIVATE_FILES = ['/package.json', '/vercel.json', '/.env', '/.git/config', '/lib/config.ts']

/** Checks a deployment from outside, as a stranger. */
export async function checkPosture(
  origin: string,
  platformUrl: string | null,
  says: (what: string) => void,
): Promise<Row[]> {
  const ask = strangerAt(origin)
  says('asking for health and docs')
  const health = await ask({ method: 'GET', path: '/api/health' })
  if (health.status === null) {
    const todo = 'Look whether the URL is right and the deployment runs.'
    return [rowOf('The deployment answers', false, shownHeard(health), todo)]
  }
  const rows = [
    ...(await checkEncryption(origin)),
    ...checkHealth(health),
    ...(await checkDocs(ask)),
    ...(await checkHeaders(health, ask)),
  ]
  says('trying every route that is not public')
  rows.push(...(await checkClosedRoutes(ask)), await checkFiles(ask))
  if (platformUrl !== null) {
    says('asking the platform')
    rows.push(await checkPlatform(platformUrl))
  }
  return rows
}

async function checkEncryption(origin: string): Promise<Row[]> {
  const { protocol, hostname, port } = new URL(origin)
  if (protocol === 'http:') {
    return [rowOf('Calls are encrypted', true, 'http on this machine, which nobody reads', '')]
  }
  const valid = rowOf('Calls are encrypted', true, 'https with a valid certificate', '')
  if (port !== '') return [valid]
  const plain = await strangerAt(`http://${hostname}`)({ method: 'GET', path: '/api/health' })
  const isMoved = plain.status !== null && plain.status >= 300 && plain.status < 400
  const todo = 'Let the server redirect http to https, or close port 80.'
  return [
    valid,
    rowOf('Plain http is not served', plain.status === null || isMoved, shownHeard(plain), todo),
  ]
}

function checkHealth(health: Heard): Row[] {
  const body = jsonOf(health)
  const status = body?.['status']
  const checks = (body?.['checks'] ?? {}) as Record<string, Record<string, unknown>>
  const seen = typeof status === 'string' ? `${status}` : shownHeard(health)
  const withSecret = 'GET /api/health with CRON_SECRET tells the reason.'
  const answers = rowOf(
    'Health answers',
    health.status === 200 && (status === 'ok' || status === 'degraded'),
    seen,
    `Look at the log. ${withSecret}`,
  )
  const told = Object.entries(checks).filter(([, one]) => Object.keys(one).join() !== 'status')
  return [
    answers,
    rowOf(
      'Health tells strangers states alone',
      told.length === 0,
      told.length === 0
        ? 'no reasons, figures or times'
        : `more of ${told.map(([name]) => name).join(', ')}`,
      'Set CRON_SECRET, and do not run `npm start` as a deployment.',
    ),
    rowOf(
      'The configuration is whole',
      checks['configuration']?.['status'] === 'ok',
      String(checks['configuration']?.['status'] ?? 'not told'),
      `Set CRON_SECRET to at least 32 random characters. ${withSecret}`,
    ),
    rowOf(
      'The platform is closed to strangers, as the deployment sees it',
      checks['platform']?.['status'] === 'ok',
      String(checks['platform']?.['status'] ?? 'not told'),
      `Let the platform demand a credential (PLATFORM_API_AUTH_TYPE; 2.x: PLATFORM_SERVER_AUTH_TYPE). ${withSecret}`,
    ),
  ]
}

async function checkDocs(ask: Stranger): Promise<Row[]> {
  const [document, page] = await Promise.all([
    ask({ method: 'GET', path: '/api/openapi' }),
    ask({ method: 'GET', path: '/docs' }),
  ])
  const todo = 'Deploy the whole repository, with the rewrites of vercel.json.'
  const version = jsonOf(document)?.['openapi']
  const isPage = page.status === 200 && page.text.includes('<html')
  const policy = (page.status !== null && page.headers['content-security-policy']) || ''
  return [
    rowOf('The API is described', version === '3.1.0', shownHeard(document), todo),
    rowOf('The docs answer', isPage, shownHeard(page), todo),
    rowOf(
      'The docs run no foreign script',
      /default-src 'self'|script-src 'self'/.test(policy),
      policy === '' ? 'no content-security-policy' : policy,
      'Let nothing before the service drop the header content-security-policy.',
    ),
    ...headerRows('of the docs', page),
  ]
}

async function checkHeaders(health: Heard, ask: Stranger): Promise<Row[]> {
  const refused = await ask({
    method: 'GET',
    path: '/api/transactions?posture-check=1',
    headers: { origin: 'https://stranger.example' },
  })
  const opened =
    refused.status === null ? undefined : refused.headers['access-control-allow-origin']
  return [
    ...headerRows('of an answer', health),
    ...headerRows('of a refusal', refused),
    rowOf(
      'No page of another site may read what the business reads',
      opened === undefined,
      opened === undefined
        ? 'no access-control-allow-origin'
        : `access-control-allow-origin: ${opened}`,
      'Let nothing before the service add CORS headers.',
    ),
  ]
}

/** The security headers of one answer, as one row. */
function headerRows(of: string, heard: Heard): Row[] {
  const headers = heard.status === null ? {} : heard.headers
  const hsts = Number(/max-age=(\d+)/.exec(headers['strict-transport-security'] ?? '')?.[1] ?? 0)
  const missing = [
    ...(headers['x-content-type-options'] === 'nosniff' ? [] : ['x-content-type-options: nosniff']),
    ...(headers['referrer-policy'] === undefined ? ['referrer-policy'] : []),
    ...(hsts >= LEAST_HSTS_SECONDS ? [] : ['strict-transport-security for half a year']),
  ]
  const seen =
    missing.length === 0 ? 'nosniff, referrer-policy, HSTS' : `missing: ${missing.join(', ')}`
  const todo = 'Deploy vercel.json with its headers; a server of your own must send them too.'
  return [rowOf(`Security headers ${of}`, missing.length === 0, seen, todo)]
}

async function checkFiles(ask: Stranger): Promise<Row> {
  const heard = await Promise.all(
    PRIVATE_FILES.map(async (path) => ({ path, answer: await ask({ method: 'GET', path }) })),
  )
  const served = heard.filter(({ answer }) => answer.status === 200).map(({ path }) => path)
  return rowOf(
    'No file of the repository is served',
    served.length === 0,
    served.length === 0 ? `${heard.length} files refused` : served.join(', '),
    'Serve the routes alone: on Vercel an empty output folder, elsewhere no static files.',
  )
}

/** Asks the Anchor Platform itself for a transaction without a credential, which changes nothing. */
async function checkPlatform(platformUrl: string): Promise<Row> {
  const { origin, pathname, search } = new URL(platformUrl)
  const heard = await strangerAt(origin)({
    method: 'POST',
    path: pathname + search,
    body: JSON.stringify([
      {
        id: '1',
        jsonrpc: '2.0',
        method: 'get_transaction',
        params: { transaction_id: 'posture-check' },
      },
    ]),
  })
  const isClosed = heard.status === null || heard.status === 401 || heard.status === 403
  return rowOf(
    'The platform is closed to strangers, as seen from here',
    isClosed,
    shownHeard(heard),
    'Let the platform demand a credential (PLATFORM_API_AUTH_TYPE; 2.x: PLATFORM_SERVER_AUTH_TYPE), and close its port to the internet.',
  )
}
