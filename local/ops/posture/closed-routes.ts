import { readFileSync } from 'node:fs'
import { mapLimit } from '../../../lib/net/map-limit.ts'
import { DEVELOPMENT_BUSINESS_KEY, DEVELOPMENT_SECRET } from '../../development-secrets.ts'
import type { Row } from './row.ts'
import { type Heard, jsonOf, type Stranger, type StrangersRequest, shownHeard } from './stranger.ts'

const AT_ONCE = 4
/** No route has this parameter, so a route that lets the stranger in answers 400 and runs nothing. */
const ALIEN = 'posture-check=1'
const WRONG = 'a-wrong-credential-of-the-posture-check'
/** The scheduler of Vercel calls it with the header x-vercel-cron alone, and then its parameters are ignored. */
const SYNC = '/api/anchors/ops'

interface Operation {
  method: 'GET' | 'POST'
  path: string
}

interface Ask {
  check: string
  todo: string
  routes: readonly Operation[]
  headers?: Readonly<Record<string, string>>
  query?: string
}

/** Asks every route that is not public, in each way in which a stranger may try it. */
export async function checkClosedRoutes(ask: Stranger): Promise<Row[]> {
  const rows: Row[] = []
  for (const one of asks()) rows.push(await checkRoutes(one, ask))
  return rows
}

function asks(): Ask[] {
  const { scheduler, business, event } = readClosedRoutes()
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const setSecret = 'Set CRON_SECRET, and do not run `npm start` as a deployment.'
  const setKey = 'Set BUSINESS_API_KEY, and do not run `npm start` as a deployment.'
  const published =
    'Its secret stands in the repository: set another one, at least 32 random characters.'
  return [
    { check: 'scheduler: no secret', todo: setSecret, routes: scheduler },
    {
      check: 'scheduler: a wrong secret',
      todo: setSecret,
      routes: scheduler,
      headers: bearer(WRONG),
    },
    {
      check: 'scheduler: a wrong secret in the query',
      todo: setSecret,
      routes: scheduler,
      query: `secret=${WRONG}`,
    },
    {
      check: 'scheduler: the secret of npm start',
      todo: published,
      routes: scheduler,
      headers: bearer(DEVELOPMENT_SECRET),
    },
    {
      check: 'scheduler: x-vercel-cron alone',
      todo: 'Deploy this release: the header proves nothing, because anybody can send it.',
      routes: scheduler.filter(({ path }) => path !== SYNC),
      headers: { 'x-vercel-cron': '1' },
    },
    { check: 'business: no key', todo: setKey, routes: business },
    {
      check: 'business: a wrong key',
      todo: setKey,
      routes: business,
      headers: { 'x-api-key': WRONG },
    },
    {
      check: 'business: the key of npm start',
      todo: published,
      routes: business,
      headers: { 'x-api-key': DEVELOPMENT_BUSINESS_KEY },
    },
    {
      check: 'business: a key in the query',
      todo: 'Deploy this release: a key belongs into a header, because logs keep URLs.',
      routes: business,
      query: `key=${DEVELOPMENT_BUSINESS_KEY}&api_key=${DEVELOPMENT_BUSINESS_KEY}&secret=${DEVELOPMENT_BUSINESS_KEY}`,
    },
    {
      check: 'events: no credential',
      todo: 'Set ANCHOR_PLATFORM_EVENT_AUTH and ANCHOR_PLATFORM_EVENT_SECRET.',
      routes: event,
    },
  ]
}

async function checkRoutes(
  { check, todo, routes, headers = {}, query }: Ask,
  ask: Stranger,
): Promise<Row> {
  const heard = await mapLimit(routes, AT_ONCE, async ({ method, path }) => {
    const asked: StrangersRequest = {
      method,
      path: `${path}?${query ?? ALIEN}${query === undefined ? '' : `&${ALIEN}`}`,
      headers,
      ...(method === 'POST' ? { body: '{}' } : {}),
    }
    return { method, path, answer: await ask(asked) }
  })
  const all = heard.filter((one) => one !== undefined)
  const open = all.filter(({ answer }) => !isRefused(answer))
  const name = `Refused: ${check}`
  if (open.length === 0) {
    return {
      check: name,
      result: 'pass',
      seen: `${all.length} of ${all.length} routes refuse`,
      todo: '',
    }
  }
  const [first] = open
  const isAway = open.every(({ answer }) => answer.status === null)
  return {
    check: name,
    result: isAway ? 'unknown' : 'fail',
    seen: `${open.length} of ${all.length} routes do not refuse, such as ${first?.method} ${first?.path}: ${first === undefined ? '' : shownHeard(first.answer)}`,
    todo: isAway ? 'Check again when the deployment answers.' : todo,
  }
}

/** Refused by the service or by a firewall before it; or nobody is let in, because no credential is set. */
function isRefused(heard: Heard): boolean {
  if (heard.status === 401 || heard.status === 403) return true
  return heard.status === 503 && jsonOf(heard)?.['code'] === 'configuration_invalid'
}

interface Described {
  paths: Record<string, Record<string, { security: Record<string, unknown>[] }>>
}

/** The routes of the OpenAPI document that are not public, by who may call them. */
function readClosedRoutes() {
  const file = new URL('../../../lib/openapi/openapi.json', import.meta.url)
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as Described
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase() as Operation['method'],
      path: path.replace(/\{\w+\}/g, 'posture-check'),
      names: security.flatMap((one) => Object.keys(one)),
      isPublic: security.some((one) => Object.keys(one).length === 0),
    })),
  )
  const closed = all.filter(({ isPublic }) => !isPublic)
  const of = (name: string) => closed.filter(({ names }) => names.includes(name))
  return { scheduler: of('operatorBearer'), business: of('businessKey'), event: of('eventKey') }
}
