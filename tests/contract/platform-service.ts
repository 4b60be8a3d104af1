import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import * as health from '../../api/health.ts'
import * as update from '../../api/transactions/[id]/[method].ts'
import * as attempt from '../../api/transactions/[id]/attempts/[attemptId].ts'
import * as transaction from '../../api/transactions/[id].ts'
import * as transactions from '../../api/transactions/index.ts'
import * as rpc from '../../api/transactions/rpc.ts'
import * as settle from '../../api/transactions/settle.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../../lib/deps.ts'
import type { Handler } from '../../lib/http/handler.ts'
import type { LedgerSource } from '../../lib/ledger/source.ts'
import { createLog } from '../../lib/log.ts'
import { createOwnFetch } from '../../lib/net/fetch-own.ts'
import { createPlatformApi } from '../../lib/platform/client.ts'
import type { UpdateIo } from '../../lib/updates/context.ts'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { databases, type TestDatabase } from '../helpers/database.ts'
import { clearUpdates } from '../helpers/update-rows.ts'
import type { DatabaseCall, Reply } from './service.ts'

/** Stand for every secret of the deployment; they may turn up in no answer, no log line and no row. */
export const BUSINESS_KEY = 'canary-business-Vb72mQx9LpTz'
export const PREVIOUS_KEY = 'canary-previous-Hd31kWs8RnYc'
export const PLATFORM_SECRET = 'canary-platform-Jg64fEa5UoXi-0123456789'
export const CRON_SECRET = 'canary-cron-Zt08yBv7MwKq'
export const KEY = { 'x-api-key': BUSINESS_KEY }
export const CRON = { authorization: `Bearer ${CRON_SECRET}` }

export const USD = 'iso4217:USD'
const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
export const USDC = `stellar:USDC:${ISSUER}`
export const XLM = 'stellar:native'
export const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
export const ANCHOR = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'

/** What the platform asks of its callers. */
const OWN_AUTH = { platform_server_auth_type: 'api_key', secret: PLATFORM_SECRET }

export interface Asked {
  method?: string
  path: string
  query?: Record<string, string> | string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string
  headers?: Record<string, string>
}

export interface Item {
  jsonrpc: '2.0'
  method: string
  params: unknown
  id: unknown
}

export interface PlatformService {
  emulator: PlatformEmulator
  log: string[]
  /** Takes the place of the database for the calls it returns an answer for. */
  interceptDatabase: (
    intercept: ((call: DatabaseCall) => Promise<Response | undefined>) | null,
  ) => void
  /** Replaces the deployment: its environment, how long the platform may take to answer, and the ledger it asks. */
  deploy(
    environment?: Record<string, string | undefined>,
    answerTimeoutMs?: number,
    ledger?: LedgerSource,
  ): void
  /** What the platform holds from then on; its API key is ours. */
  platformHas(transactions: StoredTransaction[], rest?: StateForm): void
  call(asked: Asked): Promise<Reply>
  /** POST /api/transactions/rpc with the business key; a text is sent as it is. */
  rpc(body: unknown, headers?: Record<string, string>): Promise<Reply>
  /** POST /api/transactions/{id}/{method} with the business key. */
  update(
    id: string,
    method: string,
    params?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>
  /** GET /api/transactions/{id} with the business key. */
  show(id: string, query?: Record<string, string>): Promise<Reply>
  settle(): Promise<Reply>
  /** Updates that reached the platform, in order, as `transaction method`. */
  sent(): string[]
  /** How many items the platform applied. */
  applied(): number
  statusAtPlatform(id: string): string | undefined
  /** `method state` of every attempt of a transaction, oldest first. */
  attempts(id: string): Promise<string[]>
  query: TestDatabase['query']
  /** Moves every attempt and request that is open into the past. */
  age(seconds: number): Promise<void>
}

/** The real routes over an empty embedded database and an emulated platform, fresh for each test of the file. */
export function usePlatformService(): PlatformService {
  let database: TestDatabase
  let current: Deps
  let intercept: ((call: DatabaseCall) => Promise<Response | undefined>) | null = null
  let requestsBefore = 0
  let latest = 0
  const answers: string[] = []

  const databaseFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    if (intercept === null) return database.fetch(request)
    const call = {
      name: new URL(request.url).pathname.split('/').at(-1) ?? '',
      args: JSON.parse((await request.clone().text()) || '{}'),
    }
    return (await intercept(call)) ?? database.fetch(request)
  }
  const posts = () =>
    service.emulator
      .requests()
      .slice(requestsBefore)
      .filter(({ method, path }) => method === 'POST' && path === '/')

  const service: PlatformService = {
    emulator: undefined as unknown as PlatformEmulator,
    log: [],
    interceptDatabase: (next) => {
      intercept = next
    },
    deploy: (environment = {}, answerTimeoutMs = 30_000, ledger) => {
      const config = readConfig({
        NODE_ENV: 'production',
        CRON_SECRET,
        BUSINESS_API_KEY: BUSINESS_KEY,
        ANCHOR_PLATFORM_URL: service.emulator.url,
        ANCHOR_PLATFORM_AUTH: 'api_key',
        ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
        ...environment,
      })
      const deps = createDeps(
        { ...config, supabase: { url: database.url, serviceKey: database.serviceKey } },
        {
          databaseFetch,
          log: createLog((line) => service.log.push(line)),
          ...(ledger === undefined ? {} : { ledger }),
        },
      )
      current = { ...deps, updates: withTimeout(deps, answerTimeoutMs) }
    },
    platformHas: (held, { config, ...rest } = {}) => {
      service.emulator.setState({
        initial_transactions: held,
        ...rest,
        config: { ...OWN_AUTH, ...(config as Record<string, unknown> | undefined) },
      })
    },
    call: async (asked) => {
      useDeps(current)
      const reply = await send(asked)
      answers.push(`${reply.text} ${[...reply.headers].join(' ')}`)
      return reply
    },
    rpc: (body, headers = {}) =>
      service.call({
        method: 'POST',
        path: '/api/transactions/rpc',
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
      service.call({
        path: `/api/transactions/${encodeURIComponent(id)}`,
        query,
        headers: KEY,
      }),
    settle: () => service.call({ method: 'POST', path: '/api/transactions/settle', headers: CRON }),
    sent: () =>
      posts().flatMap(({ items }) =>
        items.map(({ transactionId, method }) => `${transactionId} ${method}`),
      ),
    applied: () => posts().reduce((sum, { applied }) => sum + applied, 0),
    statusAtPlatform: (id) =>
      service.emulator.state().transactions.find((one) => one.id === id)?.status,
    attempts: async (id) => {
      const rows = await database.query(
        'select method, state from anchor_ops.attempt where transaction_id = $1 order by seq',
        [id],
      )
      return rows.map(({ method, state }) => `${method} ${state}`)
    },
    query: (sql, parameters) => database.query(sql, parameters),
    age: (seconds) => ageOpen(database.query, seconds),
  }

  const rowsAsText = async () => {
    const tables = 'transaction,transaction_status,update_request,attempt,attempt_move,refund'
    const rows = await Promise.all(
      tables.split(',').map((name) => database.query(`select * from anchor_ops.${name}`)),
    )
    return JSON.stringify(rows)
  }

  beforeAll(async () => {
    const [embedded] = databases()
    if (embedded === undefined) throw new Error('there is no embedded database')
    database = await embedded.open()
    service.emulator = await startPlatformEmulator({
      // A later update is later by the platform's clock too.
      now: () => {
        latest = Math.max(Date.now(), latest + 1)
        return new Date(latest)
      },
    })
  })
  beforeEach(async () => {
    await clearUpdates(database)
    intercept = null
    answers.length = 0
    service.log.length = 0
    service.emulator.setFaults([])
    service.platformHas([])
    service.deploy()
    requestsBefore = service.emulator.requests().length
  })
  afterEach(async () => {
    const places = {
      answers: answers.join('\n'),
      log: service.log.join(''),
      rows: await rowsAsText(),
    }
    const secrets = [BUSINESS_KEY, PREVIOUS_KEY, PLATFORM_SECRET, CRON_SECRET, database.serviceKey]
    const leaks = Object.entries(places).flatMap(([place, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
    )
    expect(leaks, 'a secret is told').toEqual([])
  })
  afterAll(async () => {
    await service.emulator?.close()
    await database?.close()
  })
  return service
}

/** The updates of a deployment, with a platform that may take so long to answer. */
function withTimeout(deps: Deps, answerTimeoutMs: number): () => Promise<UpdateIo> {
  const { platform } = deps.config
  let opened: Promise<UpdateIo> | undefined
  const open = async () => {
    const io = await deps.updates()
    if (platform === null) return io
    const fetch = createOwnFetch({
      origin: new URL(platform.url).origin,
      headersTimeoutMs: answerTimeoutMs,
      totalTimeoutMs: answerTimeoutMs + 500,
    })
    return { ...io, platform: createPlatformApi(platform, { ...io, fetch }) }
  }
  return () => {
    opened ??= open()
    return opened
  }
}

/** As if nothing had happened for so long: to every attempt that is open and every request that runs. */
export async function ageOpen(query: TestDatabase['query'], seconds: number): Promise<void> {
  await query(
    `update anchor_ops.attempt set sent_at = sent_at - make_interval(secs => $1),
      updated_at = updated_at - make_interval(secs => $1), settle_at = settle_at - make_interval(secs => $1),
      claimed_until = claimed_until - make_interval(secs => $1)
      where state in ('READY', 'SENDING', 'UNKNOWN')`,
    [seconds],
  )
  await query(
    `update anchor_ops.update_request set taken_at = taken_at - make_interval(secs => $1)
      where state = 'running'`,
    [seconds],
  )
}

/** Hands a request to the file that Vercel would hand it to, with path parameters in the query string. */
async function send({ method = 'GET', path, query = {}, body, raw, headers = {} }: Asked) {
  const url = new URL(path, 'https://ops.example.org')
  const { handlers, parameters } = routeOf(url.pathname)
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
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

interface Found {
  handlers: Partial<Record<string, Handler>>
  parameters: Record<string, string>
}

function routeOf(path: string): Found {
  if (path === '/api/health') return { handlers: health, parameters: {} }
  const [id, method, attemptId, ...more] = path
    .replace(/^\/api\/transactions\/?/, '')
    .split('/')
    .filter(Boolean)
    .map(decodeURIComponent)
  if (more.length > 0) throw new Error(`${path} is no route`)
  if (id === undefined) return { handlers: transactions, parameters: {} }
  if (method === undefined) {
    if (id === 'rpc') return { handlers: rpc, parameters: {} }
    if (id === 'settle') return { handlers: settle, parameters: {} }
    return { handlers: transaction, parameters: { id } }
  }
  if (attemptId === undefined) return { handlers: update, parameters: { id, method } }
  return { handlers: attempt, parameters: { id, attemptId } }
}

/** A SEP-24 deposit of 100 USD for 95 USDC, its funds received unless other columns are given. */
export function deposit(id: string, columns: Partial<StoredTransaction> = {}): StoredTransaction {
  return {
    sep: '24',
    id,
    kind: 'deposit',
    status: 'pending_anchor',
    started_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-02T00:00:00Z',
    transfer_received_at: '2026-01-02T00:00:00Z',
    request_asset_code: 'USDC',
    request_asset_issuer: ISSUER,
    amount_in: '100',
    amount_in_asset: USD,
    amount_out: '95',
    amount_out_asset: USDC,
    amount_fee: '5',
    amount_fee_asset: USD,
    to_account: USER,
    ...columns,
  }
}

/** A SEP-24 withdrawal of 100 USDC for 95 USD, its funds received unless other columns are given. */
export function withdrawal(
  id: string,
  columns: Partial<StoredTransaction> = {},
): StoredTransaction {
  return {
    ...deposit(id),
    kind: 'withdrawal',
    amount_in_asset: USDC,
    amount_out_asset: USD,
    amount_fee_asset: USDC,
    from_account: USER,
    to_account: ANCHOR,
    withdraw_anchor_account: ANCHOR,
    ...columns,
  }
}

/** A transaction of which nothing is known yet but what was asked for. */
export const incomplete: Partial<StoredTransaction> = {
  status: 'incomplete',
  transfer_received_at: undefined,
  amount_in: undefined,
  amount_in_asset: undefined,
  amount_out: undefined,
  amount_out_asset: undefined,
  amount_fee: undefined,
  amount_fee_asset: undefined,
}

/** The hash of a Stellar transaction that nobody used yet, and what Horizon knows of it. */
export function stellarPayment(amount = '100.0000000', asset = `USDC:${ISSUER}`) {
  const hash = randomBytes(32).toString('hex')
  const payment = {
    type: 'payment',
    created_at: '2026-01-03T00:00:00Z',
    envelope_xdr: 'AAAA',
    payment_id: String(randomBytes(6).readUIntBE(0, 6)),
    from: USER,
    to: ANCHOR,
    amount,
    asset,
  }
  return { hash, ledger_fixture: { [hash]: [payment] } }
}

let lastId = 0
/** One JSON-RPC request; an id of its own unless one is given. */
export const item = (method: string, params: unknown, id: unknown = `id-${++lastId}`): Item => ({
  jsonrpc: '2.0',
  method,
  params,
  id,
})

/** An update that is legal again and again: it tells by its message that it was applied. */
export const amountsUpdated = (id: string, message: string, fee = '5') =>
  item('notify_amounts_updated', {
    transaction_id: id,
    message,
    amount_out: { amount: '95', asset: USD },
    amount_fee: { amount: fee, asset: USDC },
  })
