import { AsyncLocalStorage } from 'node:async_hooks'
import { Keypair } from '@stellar/stellar-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Scope } from '../../lib/caller.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../../lib/deps.ts'
import type { LedgerSource } from '../../lib/ledger/source.ts'
import { createLog } from '../../lib/log.ts'
import { createOwnFetch, type OwnFetch } from '../../lib/net/fetch-own.ts'
import type { FetchPolicy } from '../../lib/net/fetch-policy.ts'
import type { SimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { type Site, startWorldServer, type WorldServer } from '../../local/world/world-server.ts'
import { type TestDatabase, useDatabase } from '../helpers/database.ts'
import { createDatabaseTap, type DatabaseCall, type Intercept } from './database-tap.ts'
import { type Asked, type Reply, send } from './request.ts'
import { ageOpen, findTexts, readTables, writtenForms } from './rows.ts'
import { tellRelease } from './told-release.ts'

/** The secrets of every deployment. No answer, log line or row may show one of them. */
export const CRON_SECRET = 'canary-cron-Qx81vTz04LmWe93'
export const BUSINESS_KEY = 'canary-business-Vb72mQx9LpTz'
export const PREVIOUS_KEY = 'canary-previous-Hd31kWs8RnYc'
export const PLATFORM_SECRET = 'canary-platform-Jg64fEa5UoXi-0123456789'
export const EVENT_SECRET = 'canary-event-Zr95hTc7NbYw-0123456789abc'
/** The settings of a deployment that takes events. */
export const EVENTS = {
  ANCHOR_PLATFORM_EVENT_AUTH: 'api_key',
  ANCHOR_PLATFORM_EVENT_SECRET: EVENT_SECRET,
}
/** The account that signs in to anchors, and its seed. */
const SIGN_IN = Keypair.fromRawEd25519Seed(Buffer.from('canary-sign-in-Wd58nLq0TzMx29Rb!'))
export const BEARER = { authorization: `Bearer ${CRON_SECRET}` }
export const KEY = { 'x-api-key': BUSINESS_KEY }

export const RPC = '/api/transactions/rpc'
export const OPS = '/api/anchors/ops'

export type Environment = Record<string, string | undefined>

export interface ServiceSettings {
  /** For several instances of one deployment: their database, and below it their sites. */
  database?: TestDatabase
  sites?: Map<string, Site>
  /** Another instance of the same deployment, whose platform this one uses. */
  beside?: Service
  /** The ledger that the platform reads. */
  platformLedger?: SimulatedLedger
  /** Variables of each deployment of the file. */
  environment?: Environment
  /** How long the platform of each deployment may take to answer; by default as in production. */
  platformTimeoutMs?: number
  /** `hours` starts a year ago and adds an hour before each call, so two checks never have the same time. */
  clock?: 'real' | 'hours'
  /** `none` notes waits in `sleeps` and does not wait; `pass` moves the clock instead. */
  sleep?: 'real' | 'none' | 'pass'
  /** `once` keeps rows, sites and the platform from test to test. */
  reset?: 'each' | 'once'
}

export interface DeploySettings {
  policy?: FetchPolicy
  /** Whether callers on this machine need no secret, as with the local service. */
  development?: boolean
  /** How long the platform may take to answer a POST. */
  platformTimeoutMs?: number
  ledger?: LedgerSource
  /** Whether the platform itself is asked for its release. By default a release is told that fits the setting. */
  asksRelease?: boolean
  /** null: a deployment that has no database. */
  database?: null
}

export interface Service {
  /** The outside world: a site exists as soon as it is put here. */
  sites: Map<string, Site>
  /** Requests to each site since the test began. */
  requests(): Record<string, number>
  emulator: PlatformEmulator
  query: TestDatabase['query']
  /** Calls of database functions since the test began, in order. */
  databaseCalls: DatabaseCall[]
  interceptDatabase(intercept: Intercept | null): void
  sleeps: number[]
  log: string[]
  now(): Date
  /** Moves both clocks. The one that never goes back stands still otherwise. */
  passTime(ms: number): void
  setClock(at: number): void
  /** Replaces the deployment, as a restart with other variables does. */
  deploy(environment?: Environment, settings?: DeploySettings): void
  call(asked: Asked): Promise<Reply>
  /** Runs something within this deployment, such as a server of its own that calls the routes. */
  within<T>(run: () => Promise<T>): Promise<T>
  /** POST /api/anchors/ops with the secret. */
  ops(body: unknown, query?: Record<string, string>): Promise<Reply>
  /** POST /api/transactions/rpc with the business key; a text is sent as it is. */
  rpc(body: unknown, headers?: Record<string, string>): Promise<Reply>
  /** POST /api/transactions/{id}/{method} with the business key; a text is sent as it is. */
  update(
    id: string,
    method: string,
    params?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>
  /** GET /api/transactions/{id} with the business key. */
  show(id: string, query?: Record<string, string>): Promise<Reply>
  settle(): Promise<Reply>
  /** Waits for the work that calls started to go on after their answers. */
  background(): Promise<void>
  /** Makes a named key by its route, and returns its secret, which must be found nowhere from then on. */
  makeKey(name: string, scopes: readonly Scope[]): Promise<string>
  revokeKey(name: string): Promise<Reply>
  /** Replaces what the platform holds. */
  platformHas(transactions: StoredTransaction[], rest?: StateForm): void
  statusAtPlatform(id: string): string | undefined
  /** Updates that reached the platform since the test began, in order, as `transaction method`. */
  sent(): string[]
  /** How many updates the platform has applied since the test began. */
  applied(): number
  /** `method state` of each attempt of a transaction, oldest first. */
  attempts(id: string): Promise<string[]>
  /** Moves every open attempt, running request and observer into the past. */
  age(seconds: number): Promise<void>
  /** Every row of every table. */
  tables(): Promise<Record<string, Record<string, unknown>[]>>
  /** Further texts that must be found nowhere, for this test alone. */
  canaries: string[]
  /** The places where a secret was found since the test began. Each test must end with none. */
  leaks(): Promise<string[]>
}

/**
 * The real routes over a database, a world of real TLS servers on loopback and an emulated Anchor Platform, for the
 * tests and hooks of a file. Each test begins with an empty world and a new deployment.
 */
export function useService(settings: ServiceSettings = {}): Service {
  const { sites = new Map<string, Site>(), platformLedger, clock, sleep = 'real' } = settings
  const { reset = 'each', platformTimeoutMs: timeoutMs } = settings
  const database = settings.database ?? useDatabase(undefined, { reset })
  let world: WorldServer
  let deps: Deps
  let requestsBefore: Record<string, number> = {}
  let platformRequestsBefore = 0
  let fixedAt: number | null = null
  let passedMs = 0
  let monotonicMs = 0
  const answers: string[] = []
  const later: Promise<void>[] = []
  /** The secrets of the named keys that were made since the test began. */
  const namedKeys: string[] = []

  const tap = createDatabaseTap(database)
  const posts = () =>
    service.emulator
      .requests()
      .slice(platformRequestsBefore)
      .filter(({ method, path }) => method === 'POST' && path === '/')
      // The questions about the release are no updates.
      .filter(
        ({ items }) =>
          items.length === 1 || !items.some((item) => item.method === 'get_transaction'),
      )

  const service: Service = {
    sites,
    requests: () =>
      Object.fromEntries(
        Object.entries(world.requests())
          .map(([host, count]) => [host, count - (requestsBefore[host] ?? 0)] as const)
          .filter(([, count]) => count > 0),
      ),
    emulator: undefined as unknown as PlatformEmulator,
    query: database.query,
    databaseCalls: tap.calls,
    interceptDatabase: tap.intercept,
    sleeps: [],
    log: [],
    canaries: [],
    now: () => new Date((fixedAt ?? Date.now()) + passedMs),
    passTime: (ms) => {
      passedMs += ms
      monotonicMs += ms
    },
    setClock: (at) => {
      fixedAt = at
      passedMs = 0
    },
    deploy: (environment = {}, change = {}) => {
      const { policy = {}, ledger, platformTimeoutMs = timeoutMs, development = false } = change
      const { asksRelease = false } = change
      const config = readConfig({
        CRON_SECRET,
        BUSINESS_API_KEY: BUSINESS_KEY,
        ANCHOR_PLATFORM_URL: service.emulator.url,
        ANCHOR_PLATFORM_AUTH: 'api_key',
        ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
        ANCHOR_PLATFORM_VERSION: '2.8.4',
        ANCHOR_SIGN_IN_SEED: SIGN_IN.secret(),
        ...settings.environment,
        ...environment,
      })
      const { origin } = new URL(config.platform?.url ?? service.emulator.url)
      const reach = platformTimeoutMs
        ? fetchWithin(origin, platformTimeoutMs)
        : createOwnFetch({ origin })
      const { url, serviceKey } = database
      const supabase = change.database === null ? null : { url, serviceKey }
      deps = createDeps(
        { ...config, access: { ...config.access, development }, supabase },
        {
          databaseFetch: tap.fetch,
          fetchPolicy: { ...world.policy, ...policy },
          now: service.now,
          monotonicMs: () => monotonicMs,
          later: (_, work) => void later.push(work()),
          makeLog: (redact) => createLog((line) => service.log.push(line), redact),
          ...(sleep === 'none' && { sleep: async (ms) => void service.sleeps.push(ms) }),
          ...(sleep === 'pass' && { sleep: async (ms) => service.passTime(ms) }),
          ...(ledger && { ledger }),
          platformFetch: asksRelease
            ? reach
            : tellRelease(config.platform?.release === '4.2' ? '4.3.0' : '2.8.4', reach),
        },
      )
    },
    within: (run) => {
      useDeps(depsOfCall)
      return calling.run(deps, run)
    },
    call: async (asked) => {
      if (clock === 'hours') service.passTime(3_600_000)
      useDeps(depsOfCall)
      const reply = await calling.run(deps, () => send(asked))
      answers.push(`${withoutNewKey(reply, namedKeys)} ${[...reply.headers].join(' ')}`)
      return reply
    },
    ops: (body, query = {}) =>
      service.call({ method: 'POST', path: OPS, body, query, headers: BEARER }),
    rpc: (body, headers = {}) =>
      service.call({
        method: 'POST',
        path: RPC,
        ...(typeof body === 'string' ? { raw: body } : { body }),
        headers: { ...KEY, ...headers },
      }),
    update: (id, method, params = {}, headers = {}) =>
      service.call({
        method: 'POST',
        path: `/api/transactions/${encodeURIComponent(id)}/${method}`,
        ...(typeof params === 'string' ? { raw: params } : { body: params }),
        headers: { ...KEY, ...headers },
      }),
    show: (id, query = {}) =>
      service.call({ path: `/api/transactions/${encodeURIComponent(id)}`, query, headers: KEY }),
    makeKey: async (name, scopes) => {
      const asked = { method: 'POST', path: '/api/keys', body: { name, scopes }, headers: KEY }
      const { status, body } = await service.call(asked)
      expect([status, body]).toMatchObject([201, { name, scopes }])
      return body.secret
    },
    revokeKey: (name) =>
      service.call({
        method: 'POST',
        path: `/api/keys/${name}`,
        body: { decision: 'revoked' },
        headers: KEY,
      }),
    settle: () =>
      service.call({ method: 'POST', path: '/api/transactions/settle', headers: BEARER }),
    background: async () => {
      while (later.length > 0) await Promise.all(later.splice(0))
    },
    platformHas: (held, { config, ...rest } = {}) => {
      const auth = { platform_server_auth_type: 'api_key', secret: PLATFORM_SECRET }
      service.emulator.setState({
        initial_transactions: held,
        ...rest,
        config: { ...auth, ...(config as Record<string, unknown> | undefined) },
      })
    },
    statusAtPlatform: (id) =>
      service.emulator.state().transactions.find((one) => one.id === id)?.status,
    sent: () =>
      posts().flatMap(({ items }) =>
        items.map(({ transactionId, method }) => `${transactionId} ${method}`),
      ),
    applied: () => posts().reduce((sum, { applied }) => sum + applied, 0),
    attempts: async (id) => {
      const rows = await database.query(
        'select method, state from anchor_ops.attempt where transaction_id = $1 order by seq',
        [id],
      )
      return rows.map(({ method, state }) => `${method} ${state}`)
    },
    age: (seconds) => ageOpen(database.query, seconds),
    tables: () => readTables(database.query),
    leaks: async () => {
      const places = {
        answers: answers.join('\n'),
        log: service.log.join(''),
        rows: JSON.stringify(await service.tables()),
      }
      const named = [CRON_SECRET, BUSINESS_KEY, PREVIOUS_KEY, PLATFORM_SECRET, EVENT_SECRET]
      const secrets = [...named, ...namedKeys]
      const ours = [SIGN_IN.secret(), SIGN_IN.publicKey(), database.serviceKey]
      const all = [...secrets, ...ours, ...service.canaries]
      return findTexts(all.flatMap(writtenForms), places)
    },
  }

  /** Resets what belongs to one test. */
  const begin = () => {
    const { databaseCalls, sleeps, log, canaries } = service
    for (const list of [answers, namedKeys, databaseCalls, sleeps, log, canaries]) list.length = 0
    tap.intercept(null)
    fixedAt = clock === 'hours' ? Date.now() - 365 * 24 * 3_600_000 : null
    passedMs = 0
    service.emulator.setFaults([])
    requestsBefore = world.requests()
    platformRequestsBefore = service.emulator.requests().length
    service.deploy()
  }
  beforeAll(async () => {
    world = await startWorldServer(sites)
    service.emulator =
      settings.beside?.emulator ??
      (await startPlatformEmulator({ ...(platformLedger && { ledger: platformLedger }) }))
    service.platformHas([])
    begin()
  })
  beforeEach(() => {
    if (reset === 'each') {
      sites.clear()
      service.platformHas([])
    }
    begin()
  })
  afterEach(async () => {
    await service.background()
    expect(await service.leaks(), 'secrets in answers, log or rows').toEqual([])
  })
  afterAll(async () => {
    if (settings.beside === undefined) await service.emulator?.close()
    await world?.close()
  })
  return service
}

/** The text of an answer without the secret of a new key, which it shows once. */
function withoutNewKey({ status, text, body }: Reply, namedKeys: string[]): string {
  if (status !== 201 || typeof body?.secret !== 'string') return text
  namedKeys.push(body.secret)
  return text.replace(body.secret, '')
}

/** A route asks for its dependencies some steps after the call began, when another instance may have begun one too. */
const calling = new AsyncLocalStorage<Deps>()
function depsOfCall(): Deps {
  const deps = calling.getStore()
  if (deps === undefined) throw new Error('A route was called outside of a call of a service.')
  return deps
}

/**
 * A fetch by which the platform may take `timeoutMs` to answer a POST. A reading may take as long as ever: on a loaded
 * machine it would else fail for no reason of the test.
 */
function fetchWithin(origin: string, timeoutMs: number): OwnFetch {
  const limits = { headersTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs + 500 }
  const [get, post] = [createOwnFetch({ origin }), createOwnFetch({ origin, ...limits })]
  return (path, request) => (request.method === 'POST' ? post : get)(path, request)
}
