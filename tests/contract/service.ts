import * as domain from '../../api/anchors/[domain].ts'
import * as catalog from '../../api/anchors/catalog.ts'
import * as countries from '../../api/anchors/countries.ts'
import * as diagnostics from '../../api/anchors/diagnostics.ts'
import * as ops from '../../api/anchors/ops.ts'
import * as health from '../../api/health.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../../lib/deps.ts'
import type { Handler } from '../../lib/http/handler.ts'
import { createLog } from '../../lib/log.ts'
import type { FetchPolicy } from '../../lib/net/fetch-policy.ts'
import { openEmbeddedDatabase } from '../../local/embedded-database.ts'
import { type Site, startWorldServer } from '../../local/world/world-server.ts'

/** Stands for every secret of the deployment; it may turn up in no answer, no log line and no row. */
export const SECRET = 'canary-Qx81vTz04LmWe93'
export const BEARER = { authorization: `Bearer ${SECRET}` }

const ROUTES: Record<string, Partial<Record<string, Handler>>> = {
  '/api/anchors/ops': ops,
  '/api/anchors/catalog': catalog,
  '/api/anchors/countries': countries,
  '/api/anchors/diagnostics': diagnostics,
  '/api/health': health,
}

/** Every table of the catalogue, in an order that foreign keys allow to truncate. */
const TABLES = ['run', 'discovery_cursor', 'home_domain_check', 'listing', 'home_domain'] as const

export interface Reply {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at as a caller sees it, without our types
  body: any
}

export interface Asked {
  method?: string
  path?: string
  query?: Record<string, string> | string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string
  headers?: Record<string, string>
  url?: string
}

export interface DatabaseCall {
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of any function
  args: any
}

type ServiceDatabase = Pick<
  Awaited<ReturnType<typeof openEmbeddedDatabase>>,
  'fetch' | 'url' | 'serviceKey' | 'query' | 'close'
>

export interface Service {
  /** The outside world: what is put here exists from then on. */
  sites: Map<string, Site>
  /** Calls of database functions since the last reset, in order. */
  databaseCalls: DatabaseCall[]
  /** Takes the place of the database for the calls it returns an answer for. */
  interceptDatabase: (
    intercept: ((call: DatabaseCall) => Promise<Response | undefined>) | null,
  ) => void
  /** Waits that were asked for, in milliseconds; none of them is waited. */
  sleeps: number[]
  log: string[]
  clock: { at: number }
  requests(): Record<string, number>
  /** Replaces the deployment: its environment variables, and what the guarded fetch may wait. */
  deploy(environment?: Record<string, string | undefined>, policy?: FetchPolicy): Deps
  /** Serves with other dependencies until the next `deploy`. */
  use(deps: Deps): void
  call(asked?: Asked): Promise<Reply>
  /** POST /api/anchors/ops with the secret. */
  ops(body: unknown, query?: Record<string, string>): Promise<Reply>
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  tables(): Promise<Record<string, Record<string, unknown>[]>>
  /** Where the secret turned up since the last reset. */
  leaks(): Promise<string[]>
  reset(): Promise<void>
  close(): Promise<void>
}

/**
 * The real routes on a database in memory and an outside world of real TLS servers on loopback. Services that are given
 * one database and the same sites are instances of one deployment.
 */
export async function startService(
  given: { database?: ServiceDatabase; sites?: Map<string, Site> } = {},
): Promise<Service> {
  const database = given.database ?? (await openEmbeddedDatabase())
  const sites = given.sites ?? new Map<string, Site>()
  let current: Deps
  const world = await startWorldServer(sites)
  const answers: string[] = []
  let intercept: ((call: DatabaseCall) => Promise<Response | undefined>) | null = null
  let requestsBefore: Record<string, number> = {}
  // An hour per call: two checks of a domain never bear one time, and none lies in the database's future.
  const startOfTime = Date.now() - 365 * 24 * 3_600_000

  const databaseFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const call = {
      name: new URL(request.url).pathname.split('/').at(-1) ?? '',
      args: JSON.parse((await request.clone().text()) || '{}'),
    }
    service.databaseCalls.push(call)
    return (await intercept?.(call)) ?? database.fetch(request)
  }

  const service: Service = {
    sites,
    databaseCalls: [],
    interceptDatabase: (next) => {
      intercept = next
    },
    sleeps: [],
    log: [],
    clock: { at: startOfTime },
    requests: () =>
      Object.fromEntries(
        Object.entries(world.requests())
          .map(([host, count]) => [host, count - (requestsBefore[host] ?? 0)] as const)
          .filter(([, count]) => count > 0),
      ),
    deploy: (environment = {}, policy = {}) => {
      const config = readConfig({ NODE_ENV: 'production', CRON_SECRET: SECRET, ...environment })
      current = {
        ...createDeps(
          { ...config, supabase: { url: database.url, serviceKey: database.serviceKey } },
          {
            databaseFetch,
            fetchPolicy: { ...world.policy, ...policy },
            now: () => new Date(service.clock.at),
            log: createLog((line) => service.log.push(line)),
          },
        ),
        sleep: async (ms) => {
          service.sleeps.push(ms)
        },
      }
      return current
    },
    use: (deps) => {
      current = deps
    },
    call: async (asked = {}) => {
      service.clock.at += 3_600_000
      useDeps(current)
      const reply = await send(asked)
      answers.push(`${reply.text} ${[...reply.headers].join(' ')}`)
      return reply
    },
    ops: (body, query = {}) => service.call({ method: 'POST', body, query, headers: BEARER }),
    query: database.query,
    tables: async () => {
      const found = [...TABLES, 'lease'].map(
        async (name) =>
          [name, await database.query(`select * from anchor_ops.${name} order by 1, 2`)] as const,
      )
      return Object.fromEntries(await Promise.all(found))
    },
    leaks: async () => {
      const places = {
        answers: answers.join('\n'),
        log: service.log.join(''),
        rows: JSON.stringify(await service.tables()),
      }
      return Object.entries(places).flatMap(([place, text]) =>
        [SECRET, database.serviceKey]
          .filter((secret) => text.includes(secret))
          .map(
            (secret) =>
              `${place}: …${text.slice(Math.max(0, text.indexOf(secret) - 200)).slice(0, 300)}`,
          ),
      )
    },
    reset: async () => {
      await database.query(`truncate ${TABLES.map((name) => `anchor_ops.${name}`).join(', ')}`)
      await database.query(
        `update anchor_ops.lease set holder = null, fence = 0, expires_at = '-infinity'`,
      )
      sites.clear()
      answers.length = 0
      service.databaseCalls.length = 0
      service.sleeps.length = 0
      service.log.length = 0
      intercept = null
      requestsBefore = world.requests()
      service.clock.at = startOfTime
      service.deploy()
    },
    close: async () => {
      await world.close()
      if (given.database === undefined) await database.close()
    },
  }
  service.deploy()
  return service
}

/** Hands a request to the file that Vercel would hand it to, with path parameters in the query string. */
async function send(asked: Asked): Promise<Reply> {
  const { method = 'GET', path = '/api/anchors/ops', query = {}, body, raw, headers = {} } = asked
  const url = new URL(asked.url ?? `https://ops.example.org${path}`)
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value)
  let handlers = ROUTES[url.pathname]
  if (handlers === undefined) {
    handlers = domain
    url.searchParams.set('domain', decodeURIComponent(url.pathname.split('/').at(-1) ?? ''))
  }
  const handler = handlers[method]
  if (handler === undefined) throw new Error(`${url.pathname} has no ${method}`)
  const sent = raw ?? (body === undefined ? null : JSON.stringify(body))
  const response = await handler(new Request(url, { method, headers, body: sent }))
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? null : JSON.parse(text),
  }
}
