import { afterAll, beforeAll, expect, test } from 'vitest'
import * as health from '../../api/health.ts'
import * as payments from '../../api/payments/index.ts'
import * as observe from '../../api/payments/observe.ts'
import * as settle from '../../api/transactions/settle.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, useDeps } from '../../lib/deps.ts'
import type { Handler } from '../../lib/http/handler.ts'
import { openLedger } from '../../lib/ledger/open.ts'
import { createLog } from '../../lib/log.ts'
import { createOwnFetch } from '../../lib/net/fetch-own.ts'
import { createPlatformApi } from '../../lib/platform/client.ts'
import { openUpdates } from '../../lib/updates/open.ts'
import { createHorizonEndpoint, type HorizonEndpoint } from '../../local/ledger/horizon-endpoint.ts'
import type { HorizonFault } from '../../local/ledger/horizon-faults.ts'
import { createSimulatedLedger, type SimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import type { FaultForm } from '../../local/platform/faults.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { type Site, startWorldServer, type WorldServer } from '../../local/world/world-server.ts'
import { databases, type TestDatabase } from '../helpers/database.ts'
import {
  AFFAIRS,
  type Affair,
  ALSO_OBSERVED,
  OBSERVED,
  PLATFORM_ASSETS,
  receivedIn,
  stroopsIn,
} from '../helpers/payment-kinds.ts'
import { ageOpen } from './platform-service.ts'

const HORIZON = 'horizon.day.sim'
const CRON = { authorization: 'Bearer correct-horse-battery-staple' }
const KEY = { 'x-api-key': 'correct-business-battery-staple' }
const HOURS = 24
const HOUR_LEDGERS = 720
const AFFAIRS_AN_HOUR = 12

/** When every transaction of the day was begun. */
const startedAt = new Date(Math.floor(Date.now() / 1000 - HOURS * 3_600) * 1000)

let database: TestDatabase
let emulator: PlatformEmulator
let ledger: SimulatedLedger
let horizon: HorizonEndpoint
let world: WorldServer
let site: Site
const sites = new Map<string, Site>()
/** What becomes of a call of the database; null: it is answered. */
let onDatabase: (name: string) => 'refused' | 'answer_lost' | null = () => null

beforeAll(async () => {
  const [embedded] = databases()
  if (embedded === undefined) throw new Error('there is no embedded database')
  database = await embedded.open()
  // The day ends now.
  ledger = createSimulatedLedger({ genesis: new Date(startedAt.getTime() - 3_600_000) })
  ledger.advance(HOUR_LEDGERS)
  horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
  site = { answer: horizon.answer }
  sites.set(HORIZON, site)
  for (const id of [OBSERVED, ALSO_OBSERVED]) ledger.setAccount({ id, trustlines: [] })
  world = await startWorldServer(sites)
  let latest = 0
  emulator = await startPlatformEmulator({
    ledger,
    // A later update is later by the platform's clock too.
    now: () => {
      latest = Math.max(Date.now(), latest + 1)
      return new Date(latest)
    },
  })
})
afterAll(async () => {
  await emulator?.close()
  await world?.close()
  await database?.close()
})

/** A function instance that begins, with the real clients; only what it would wait is not waited. */
function restart(environment: Record<string, string> = {}): void {
  const config = {
    ...readConfig({
      NODE_ENV: 'production',
      CRON_SECRET: 'correct-horse-battery-staple',
      BUSINESS_API_KEY: KEY['x-api-key'],
      ANCHOR_PLATFORM_URL: emulator.url,
      STELLAR_HORIZON_URL: `https://${HORIZON}`,
      PAYMENT_OBSERVER_ACCOUNTS: `${OBSERVED},${ALSO_OBSERVED}`,
      PAYMENT_OBSERVER_START: 'oldest_open_transaction',
      ...environment,
    }),
    supabase: { url: database.url, serviceKey: database.serviceKey },
  }
  const deps = createDeps(config, {
    databaseFetch: async (input, init) => {
      const request = new Request(input, init)
      const fault = onDatabase(new URL(request.url).pathname.split('/').at(-1) ?? '')
      if (fault === 'refused') throw new TypeError('fetch failed')
      const response = await database.fetch(request)
      if (fault === 'answer_lost') throw new TypeError('fetch failed')
      return response
    },
    fetchPolicy: world.policy,
    log: createLog(() => {}),
  })
  const { platform, ledger: source } = config
  if (platform === null || source === null) throw new Error('nothing to observe')
  const sleep = async () => {}
  const opened = openLedger(source, { fetch: deps.fetch, now: deps.now, sleep })
  const io = { ...deps, ledger: opened, sleep }
  const fetch = createOwnFetch({
    origin: new URL(platform.url).origin,
    headersTimeoutMs: 400,
    totalTimeoutMs: 900,
  })
  const updates = {
    ...openUpdates(platform, io),
    platform: createPlatformApi(platform, { ...io, fetch }),
  }
  useDeps({ ...deps, sleep, ledger: async () => opened, updates: async () => updates })
}

async function call(handlers: Partial<Record<string, Handler>>, path: string, headers: object) {
  const request = new Request(`https://ops.example.org${path}`, {
    headers: headers as Record<string, string>,
  })
  const response = await handlers['GET']?.(request)
  return { status: response?.status, body: await response?.json() }
}
const look = () => call(observe, '/api/payments/observe', CRON)
const settleAll = () => call(settle, '/api/transactions/settle', CRON)

/** As if so long had passed since everything that was done. */
async function pass(seconds: number): Promise<void> {
  await ageOpen(database.query, seconds)
  await database.query(
    `update anchor_ops.observer set lease_until = lease_until - make_interval(secs => $1),
      swept_at = swept_at - make_interval(secs => $1)`,
    [seconds],
  )
}

const platformIsDown = { ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' }
const everyRequest = (kind: HorizonFault['kind'], rest: Partial<HorizonFault> = {}) =>
  horizon.setFaults([{ kind, times: 1_000, path: '/payments', ...rest }])
const creditsMeet = (kind: FaultForm['kind'], rest: Partial<FaultForm> = {}) =>
  emulator.setFaults([
    { kind, times: 3, match: { method: 'notify_onchain_funds_received' }, ...rest } as FaultForm,
  ])

/** What goes wrong in an hour of the day, before its first look; by the second, half an hour later, it is over. */
const TROUBLE: Readonly<Record<number, () => void>> = {
  1: () => sites.set(HORIZON, { answer: () => ({ kind: 'reset' }) }),
  2: () => everyRequest('rate_limited', { retryAfterSeconds: 60, path: '' }),
  3: () => restart(platformIsDown),
  4: () => {
    onDatabase = () => 'refused'
  },
  5: () => {
    onDatabase = (name) => (name === 'record_payments' ? 'answer_lost' : null)
  },
  6: () => everyRequest('lose_record', { times: 2 }),
  7: () => everyRequest('lose_page', { times: 1 }),
  8: () => everyRequest('repeat_page', { times: 2, after: 1 }),
  9: () => everyRequest('foreign_links'),
  10: () => everyRequest('html'),
  11: () => everyRequest('truncated'),
  12: () => everyRequest('status', { status: 503 }),
  13: () => everyRequest('gone'),
  14: () => creditsMeet('no_answer', { applied: true }),
  15: () => creditsMeet('no_answer', { applied: false }),
  16: () => creditsMeet('status_after', { status: 504 }),
  17: () => creditsMeet('garbage'),
  18: () => dyingAt(6),
  19: () => dyingAt(9),
  20: () => dyingAt(12),
  21: () => {
    onDatabase = (name) => (name === 'record_outcome' ? 'answer_lost' : null)
  },
  22: () => everyRequest('lose_record', { times: 4 }),
}

/** The process is gone with its n-th call of the database: what it says later reaches nobody. */
function dyingAt(nth: number): void {
  let calls = 0
  onDatabase = () => {
    calls += 1
    if (calls < nth) return null
    return calls === nth ? 'answer_lost' : 'refused'
  }
}

function endTrouble(): void {
  onDatabase = () => null
  sites.set(HORIZON, site)
  horizon.setFaults([])
  emulator.setFaults([])
}

/** Everything that happens in the day, every kind again and again. */
function planDay(): Affair[] {
  const kinds = Object.entries(AFFAIRS)
  return Array.from({ length: HOURS * AFFAIRS_AN_HOUR }, (_, place) => {
    // Two of them are big enough.
    const usual = kinds.filter(([kind]) => place < 60 || kind !== 'a hundred operations')
    // Every hour brings some of everything.
    const [kind, make] = usual[(place * 7) % usual.length] ?? fail()
    const { held, ...rest } = make(place + 1)
    const began = { started_at: startedAt.toISOString(), updated_at: startedAt.toISOString() }
    return { kind, held: held.map((one) => ({ ...one, ...began })), ...rest }
  })
}

function fail(): never {
  throw new Error('no kinds')
}

const FOR_NONE: ReadonlySet<string> = new Set(['no_memo', 'no_match', 'outgoing', 'manual_review'])
/** Horizon keeps a few records and one page of an account to itself. */
const MOST_LOST = 20

const ALL_TROUBLES = [
  'already_running',
  'ledger_unreachable',
  'ledger_rate_limited',
  'ledger_unreadable',
  'ledger_history_gone',
  'database_unavailable',
  '503',
  'no_answer',
  'status_after',
  'garbage',
]

interface ShownPayment {
  operationId: string
  account: string
  verdict: string
  amount: string
  sentence: string
  transactionId: string | null
  attemptState: string | null
}

async function allPayments(): Promise<ShownPayment[]> {
  const all: ShownPayment[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const { body } = await call(payments, `/api/payments?${query}`, KEY)
    all.push(...(body.payments as ShownPayment[]))
    cursor = body.next as string | null
  }
  return all
}

test('a day with every kind of payment, outages and restarts: the books balance to the stroop', {
  timeout: 120_000,
}, async () => {
  const day = planDay()
  emulator.setState({
    initial_transactions: day.flatMap(({ held }) => held),
    assets: PLATFORM_ASSETS,
  })
  /** What each operation has to be called, by its id. */
  const expected = new Map<string, string>()
  const unlisted = new Set<string>()
  /** What the looks met. */
  const troubles = new Set<string>()

  for (let hour = 0; hour < HOURS; hour += 1) {
    for (const affair of day.slice(hour * AFFAIRS_AN_HOUR, (hour + 1) * AFFAIRS_AN_HOUR)) {
      const closed = affair.closed.flatMap((form) => ledger.close([form]))
      closed
        .flatMap(({ operations }) => operations)
        .forEach(({ id }, place) => {
          const verdict = affair.verdicts[place] ?? null
          if (verdict === null) unlisted.add(String(id))
          else expected.set(String(id), verdict)
        })
    }
    ledger.advance((hour + 2) * HOUR_LEDGERS - ledger.latestSequence())
    restart()
    TROUBLE[hour]?.()
    for (const { status, body } of await Promise.all([look(), look()])) {
      if (status !== 200) troubles.add(String(status))
      for (const { alarm, skipped } of body.accounts ?? []) troubles.add(alarm?.code ?? skipped)
    }
    for (const { kind, hits } of emulator.faults()) if (hits > 0) troubles.add(kind)
    await pass(1_800)
    endTrouble()
    if (hour % 3 === 0) restart()
    await look()
    await settleAll()
    await pass(1_800)
  }
  for (let round = 0; round < 3; round += 1) {
    await look()
    await settleAll()
    await pass(3_700)
  }

  expect([...troubles]).toEqual(expect.arrayContaining(ALL_TROUBLES))

  // Nothing is left to read, to settle or to be alarmed at.
  const last = await look()
  expect(last.body.accounts).toMatchObject([
    { account: OBSERVED, payments: 0, remaining: false },
    { account: ALSO_OBSERVED, payments: 0, remaining: false },
  ])
  expect((await settleAll()).body).toMatchObject({ settled: 0, remaining: 0 })
  const { body: healthOf } = await call(health, '/api/health', CRON)
  expect(healthOf.checks.observer).toMatchObject({ reason: 'waits_for_a_person' })
  for (const { alarm, cursor, account } of healthOf.checks.observer.accounts) {
    expect(alarm).toBeNull()
    const newest = ledger.operationsOf(account, {
      cursor: BigInt(cursor),
      order: 'asc',
      limit: 1,
      isWanted: ({ id }) => expected.has(String(id)),
    })
    expect(newest, `behind the cursor of ${account}`).toEqual([])
  }

  // Every payment is credited or refused by its name, and none that did not happen.
  const shown = await allPayments()
  const byId = new Map(shown.map((one) => [one.operationId, one]))
  expect(byId.size).toBe(shown.length)
  const wrong = [...expected].flatMap(([id, verdict]) => {
    const stored = byId.get(id)
    // The sweep looks for what may be for a transaction; what Horizon kept to itself and is for none stays unseen.
    if (stored === undefined && FOR_NONE.has(verdict)) return []
    return stored?.verdict === verdict ? [] : [`${id} is ${stored?.verdict}, not ${verdict}`]
  })
  expect(wrong).toEqual([])
  expect(shown.filter(({ operationId }) => unlisted.has(operationId))).toEqual([])
  expect(shown.length).toBeGreaterThan(expected.size - MOST_LOST)
  expect(new Set(shown.map(({ verdict }) => verdict))).toEqual(new Set(expected.values()))

  // What was credited, what matched, and what the platform received are one sum.
  const creditedOnes = shown.filter(({ verdict }) => verdict === 'credited')
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n)
  const creditedSum = sum(creditedOnes.map(({ amount }) => stroopsIn(amount)))
  expect(creditedSum).toBe(sum(day.map((affair, place) => receivedIn(affair, place + 1))))
  const received = emulator
    .state()
    .transactions.filter(({ status, kind }) => status === 'pending_anchor' && kind === 'withdrawal')
  expect(sum(received.map(({ amount_in: amount }) => stroopsIn(amount ?? '0')))).toBe(creditedSum)
  expect(received.map(({ id }) => id).toSorted()).toEqual(
    creditedOnes.map(({ transactionId }) => transactionId).toSorted(),
  )
  expect(new Set(creditedOnes.map(({ attemptState }) => attemptState))).toEqual(
    new Set(['APPLIED']),
  )
  const applied = emulator
    .requests()
    .filter(({ method, path }) => method === 'POST' && path === '/')
    .reduce((total, request) => total + request.applied, 0)
  expect(applied).toBe(creditedOnes.length)
})
