import { beforeAll, expect, test } from 'vitest'
import type { LedgerFault } from '../../local/ledger/faults.ts'
import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import type { FaultForm } from '../../local/platform/faults.ts'
import {
  ALSO_OBSERVED,
  LOOKALIKE,
  OBSERVED,
  PAYMENT_CASES,
  type PaymentCase,
  PLATFORM_ASSETS,
  receivedIn,
  stroopsIn,
  USDC,
} from '../helpers/payment-kinds.ts'
import { BEARER, type Environment, KEY, useService } from './service.ts'

const HORIZON = 'horizon.day.sim'
const HOURS = 24
const HOUR_LEDGERS = 720
const CASES_AN_HOUR = 12

/** The start of every transaction of the day. The day ends now. */
const startedAt = new Date(Math.floor(Date.now() / 1000 - HOURS * 3_600) * 1000)
const ledger = createSimulatedLedger({ genesis: new Date(startedAt.getTime() - 3_600_000) })
const horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
const site = { answer: horizon.answer }

const service = useService({
  platformLedger: ledger,
  sleep: 'none',
  platformTimeoutMs: 400,
  environment: {
    STELLAR_HORIZON_URL: `https://${HORIZON}`,
    PAYMENT_OBSERVER_ACCOUNTS: `${OBSERVED},${ALSO_OBSERVED}`,
    PAYMENT_OBSERVER_START: 'oldest_open_transaction',
  },
})
const { sites } = service
/** The fault that a call of the database meets; null for a good answer. */
let onDatabase: (name: string) => 'refused' | 'answer_lost' | null = () => null

beforeAll(() => {
  ledger.advance(HOUR_LEDGERS)
  // With a balance, every transaction moves the balances of the accounts.
  const trustlines = [USDC, LOOKALIKE].map((asset) => ({ asset, balance: '1000000' }))
  for (const id of [OBSERVED, ALSO_OBSERVED]) {
    ledger.setAccount({ id, balance: '1000000', trustlines })
  }
})

/** Starts a new instance of the function. */
const restart = (environment: Environment = {}) => service.deploy(environment)
const observe = () => service.call({ path: '/api/payments/observe', headers: BEARER })
const settleAll = () => service.settle()
const pass = (seconds: number) => service.age(seconds)

const platformIsDown = { ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' }
const everyRequest = (kind: LedgerFault['kind'], rest: Partial<LedgerFault> = {}) =>
  horizon.setFaults([{ kind, times: 1_000, path: '/payments', ...rest }])
const creditsMeet = (kind: FaultForm['kind'], rest: Partial<FaultForm> = {}) =>
  service.emulator.setFaults([
    { kind, times: 3, match: { method: 'notify_onchain_funds_received' }, ...rest } as FaultForm,
  ])

/** The fault of each hour. It starts before the first run of the hour and ends before the second, half an hour later. */
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

/** The process dies in its n-th call of the database. The call takes effect, and no later call arrives. */
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
  service.emulator.setFaults([])
}

/** The cases of the day: every hour has cases of every kind. */
function planDay(): PaymentCase[] {
  const kinds = Object.entries(PAYMENT_CASES)
  return Array.from({ length: HOURS * CASES_AN_HOUR }, (_, place) => {
    // The case with a hundred operations comes only in the first hours.
    const usual = kinds.filter(([kind]) => place < 60 || kind !== 'a hundred operations')
    const [kind, make] = usual[(place * 13) % usual.length] ?? fail()
    const { held, ...rest } = make(place + 1)
    const began = { started_at: startedAt.toISOString(), updated_at: startedAt.toISOString() }
    return { kind, held: held.map((one) => ({ ...one, ...began })), ...rest }
  })
}

function fail(): never {
  throw new Error('no kinds')
}

const FOR_NONE: ReadonlySet<string> = new Set(['no_memo', 'no_match', 'outgoing', 'manual_review'])
/** The faults of Horizon hide at most this many payments for good: a few records, and one page of an account. */
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
  kind: string
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
    const { body } = await service.call({ path: '/api/payments', query, headers: KEY })
    all.push(...(body.payments as ShownPayment[]))
    cursor = body.next as string | null
  }
  return all
}

test('after a day with every kind of payment, outages and restarts the books balance to the stroop', {
  timeout: 120_000,
}, async () => {
  const day = planDay()
  service.interceptDatabase(async ({ name }, answer) => {
    const fault = onDatabase(name)
    if (fault === 'refused') throw new TypeError('fetch failed')
    const response = await answer()
    if (fault === 'answer_lost') throw new TypeError('fetch failed')
    return response
  })
  service.platformHas(
    day.flatMap(({ held }) => held),
    { assets: PLATFORM_ASSETS },
  )
  /** The right verdict on each operation, by its id. */
  const expected = new Map<string, string>()
  const unlisted = new Set<string>()
  /** The faults that the runs met. */
  const troubles = new Set<string>()

  // The books begin before the first payment.
  await observe()
  for (let hour = 0; hour < HOURS; hour += 1) {
    for (const one of day.slice(hour * CASES_AN_HOUR, (hour + 1) * CASES_AN_HOUR)) {
      const closed = one.closed.flatMap((form) => ledger.close([form]))
      closed
        .flatMap(({ operations }) => operations)
        .forEach(({ id }, place) => {
          const verdict = one.verdicts[place] ?? null
          if (verdict === null) unlisted.add(String(id))
          else expected.set(String(id), verdict)
        })
    }
    ledger.advance((hour + 2) * HOUR_LEDGERS - ledger.latestSequence())
    restart()
    TROUBLE[hour]?.()
    for (const { status, body } of await Promise.all([observe(), observe()])) {
      if (status !== 200) troubles.add(String(status))
      for (const { alarm, skipped } of body.accounts ?? []) troubles.add(alarm?.code ?? skipped)
    }
    for (const { kind, hits } of service.emulator.faults()) if (hits > 0) troubles.add(kind)
    await pass(1_800)
    endTrouble()
    if (hour % 3 === 0) restart()
    await observe()
    await settleAll()
    await pass(1_800)
  }
  for (let round = 0; round < 3; round += 1) {
    await observe()
    await settleAll()
    await pass(3_700)
  }

  expect([...troubles]).toEqual(expect.arrayContaining(ALL_TROUBLES))

  // Nothing is left to read or to settle, and no alarm is left.
  const last = await observe()
  expect(last.body.accounts).toMatchObject([
    { account: OBSERVED, payments: 0, remaining: false },
    { account: ALSO_OBSERVED, payments: 0, remaining: false },
  ])
  expect((await settleAll()).body).toMatchObject({ settled: 0, remaining: 0 })
  const { body: healthOf } = await service.call({ path: '/api/health', headers: BEARER })
  expect(healthOf.checks.openMoney).toMatchObject({ reason: 'open_too_long' })
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

  // Every payment has the right verdict, and no other payment is stored.
  const shown = await allPayments()
  const byId = new Map(shown.map((one) => [one.operationId, one]))
  expect(byId.size).toBe(shown.length)
  const wrong = [...expected].flatMap(([id, verdict]) => {
    const stored = byId.get(id)
    // The sweep finds only payments for transactions. A hidden payment for no transaction stays hidden.
    if (stored === undefined && FOR_NONE.has(verdict)) return []
    return stored?.verdict === verdict ? [] : [`${id} is ${stored?.verdict}, not ${verdict}`]
  })
  expect(wrong).toEqual([])
  expect(shown.filter(({ operationId }) => unlisted.has(operationId))).toEqual([])
  expect(shown.length).toBeGreaterThan(expected.size - MOST_LOST)
  expect(new Set(shown.map(({ verdict }) => verdict))).toEqual(new Set(expected.values()))

  // The credited payments, the matching cases and the platform's received amounts have the same sum.
  const creditedOnes = shown.filter(({ verdict }) => verdict === 'credited')
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n)
  const creditedSum = sum(creditedOnes.map(({ amount }) => stroopsIn(amount)))
  expect(creditedSum).toBe(sum(day.map((one, place) => receivedIn(one, place + 1))))
  const received = service.emulator
    .state()
    .transactions.filter(({ status, kind }) => status === 'pending_anchor' && kind === 'withdrawal')
  expect(sum(received.map(({ amount_in: amount }) => stroopsIn(amount ?? '0')))).toBe(creditedSum)
  expect(received.map(({ id }) => id).toSorted()).toEqual(
    creditedOnes.map(({ transactionId }) => transactionId).toSorted(),
  )
  // The platform does not show the hash of a transfer by a contract. So a person decides where its answer was lost.
  const [byContract, others] = [true, false].map((wanted) =>
    creditedOnes.filter(({ kind }) => (kind === 'contract_transfer') === wanted),
  )
  const statesOf = (some: readonly ShownPayment[] = []) =>
    new Set(some.map((one) => one.attemptState))
  expect(statesOf(others)).toEqual(new Set(['APPLIED']))
  for (const state of statesOf(byContract)) expect(['APPLIED', 'MANUAL']).toContain(state)
  expect(service.applied()).toBe(creditedOnes.length)

  // The snapshots of both accounts and everything that moved their balances leave no difference in any asset.
  const books = await booksAfterSnapshots()
  for (const account of [OBSERVED, ALSO_OBSERVED]) {
    const assets = books.filter((book) => book.account === account).map(({ asset }) => asset)
    expect(assets).toEqual(expect.arrayContaining(['stellar:native', USDC, LOOKALIKE]))
  }
  for (const book of books) {
    expect(book, `${book.account} ${book.asset}`).toMatchObject({ ...SETTLED, difference: '0' })
  }
})

const SETTLED = { snapshots: 'both', movements: 'whole' }

interface Book {
  account: string
  asset: string
}

async function booksAfterSnapshots(): Promise<Book[]> {
  const path = '/api/payments/reconciliation'
  const books: Book[] = []
  for (const account of [OBSERVED, ALSO_OBSERVED]) {
    const body = { decision: 'snapshot', account }
    const snapshot = await service.call({ method: 'POST', path, body, headers: KEY })
    expect(snapshot.body).toMatchObject({ books: { differences: 0, remaining: false } })
    const read = await service.call({ path, query: { account }, headers: KEY })
    books.push(...read.body.books)
  }
  return books
}
