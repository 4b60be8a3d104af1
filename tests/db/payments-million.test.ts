import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAttention } from '../../lib/attention/store.ts'
import type { Database } from '../../lib/db/client.ts'
import { readMetrics } from '../../lib/metrics/store.ts'
import { readBookLines } from '../../lib/payments/books/store.ts'
import { findDue, recordDue } from '../../lib/payments/due-store.ts'
import {
  decidePayment,
  readArchivedPayment,
  readOpenMoney,
  readOpenPayments,
  readPayment,
} from '../../lib/payments/open/store.ts'
import { recordOpenList } from '../../lib/payments/open-list-store.ts'
import {
  archivePayments,
  beginObservation,
  endObservation,
  findCandidates,
  type ObservedAccount,
  readObserverHealth,
  readPayments,
} from '../../lib/payments/store.ts'
import type { VerdictCode } from '../../lib/payments/verdict/codes.ts'
import { findChanged, storeTransactions } from '../../lib/updates/store.ts'
import { readUpdateHealth } from '../../lib/updates/store-reads.ts'
import { decideAttempt } from '../../lib/updates/store-settling.ts'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import {
  OBSERVED as ACCOUNT_OF_MANY,
  FILLED,
  PAYMENTS,
  storeManyPayments,
} from '../helpers/many-payments.ts'
import {
  ACCOUNT,
  creditOf,
  mustObserve,
  observedOf,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'
import { costOf, PLANNINGS } from '../helpers/query-costs.ts'
import { documentOf } from '../helpers/update-rows.ts'

const timeOf = (payment: number) =>
  new Date(Date.parse('2026-01-01T00:00:00Z') + payment * 1_000).toISOString()
/** The cursor behind the payment with this number. */
const behind = (payment: number) =>
  `${Date.parse(timeOf(payment)) * 1_000}.${1_000_000_000_000 + payment}`
const operation = (payment: number) => String(1_000_000_000_000 + payment)

/** A page has 50 rows, each is read once or twice, and the planner looks at the end of an index. */
const A_PAGE = 500
/** 200 payments, each of which is looked up a few times. */
const A_RECORDED_PAGE = 1_500
/** 200 payments, each compared with the observed accounts, of which a small table has up to 40 rows. */
const AN_ARCHIVED_BATCH = 8_000
/** A page by a filter reads at most 5,000 open payments, once by the index and once in the table, and shows 50. */
const A_WINDOW = 11_000
/** The oldest 5,000 open payments are counted, once by the index and once in the table. */
const ALL_COUNTED = 11_000
const RARE = { verdict: 'amount_short' }
const LATE = { since: timeOf(900_000) }
/** The transactions that wait for a payment, and as many ids that the platform listed. */
const AWAITING = 25_000
const PLACES: [where: string, cursor: string | null][] = [
  ['first', null],
  ['middle', behind(PAYMENTS / 2)],
  ['last', behind(PAYMENTS - 100)],
]
const payments = (verdict: VerdictCode | null, since: string | null, cursor: string | null) => {
  return (db: Database) => readPayments(db, { verdict, since, limit: 50, cursor })
}
const PAGES = PLACES.flatMap(([where, cursor]): Call[] => [
  [A_PAGE, `the ${where} page of payments`, payments(null, null, cursor)],
  [A_PAGE, `the ${where} page of credited payments`, payments('credited', null, cursor)],
  [A_PAGE, `the ${where} page of a rare verdict`, payments('amount_short', null, cursor)],
  [A_PAGE, `the ${where} page of a verdict that none has`, payments('ambiguous', null, cursor)],
  [A_PAGE, `the ${where} page since a time`, payments(null, timeOf(900_000), cursor)],
  [A_PAGE, `the ${where} page of a verdict since a time`, payments('no_match', timeOf(99), cursor)],
])

const openPayments = (filter: object, cursor: string | null) => (db: Database) =>
  readOpenPayments(db, {
    ...{ verdict: null, account: null, asset: null, since: null, limit: 50, cursor },
    ...filter,
  })
const OPEN = PLACES.flatMap(([where, at]): Call[] => {
  const cursor = at?.replace('.', '.1/') ?? null
  return [
    [A_PAGE, `the ${where} page of open money`, openPayments({}, cursor)],
    [A_WINDOW, `the ${where} page of open money by a rare verdict`, openPayments(RARE, cursor)],
    [A_PAGE, `the ${where} page of open money since a time`, openPayments(LATE, cursor)],
  ]
})
/** 10,000 updates are unfinished. */
const COUNTED = 11_000
/** Where few updates are older than the place, the planner reads up to 900 of all of them, which costs 1 ms. */
const AN_OLD_PAGE = 1_500
const attention = (cursor: string | null) => (db: Database) =>
  readAttention(db, {
    ...{ lateSeconds: 60, accounts: [ACCOUNT], source: 'horizon' as const, limit: 50, cursor },
  })
const MIDDLE = PAYMENTS / 2
/** 201 movements, each with its payment, its claim, its update and its transaction. */
const A_BOOK_PAGE = 1_500
const lines = (cursor: string | null) => (db: Database) =>
  readBookLines(db, {
    ...{ account: ACCOUNT_OF_MANY, asset: 'stellar:native', epoch: null, from: null, to: null },
    ...{ limit: 200, cursor },
  })
const BOOKS: Call[] = [
  [A_BOOK_PAGE, 'the first page of the movements of a busy account', lines(null)],
  [A_BOOK_PAGE, 'the middle page of the movements', lines(`${900_000 / 20}.900000.1`)],
  [A_BOOK_PAGE, 'the last page of the movements', lines(`${999_900 / 20}.999900.1`)],
]
/** Each of five states, what waits for a person, and what ended within the hour: 5,000 each, by an index and in the table. */
const METRICS_COUNTED = 40_000
const READS: Call[] = [
  [
    METRICS_COUNTED,
    'the metrics',
    (db) =>
      readMetrics(db, {
        ...{ network: 'mainnet', accounts: [ACCOUNT_OF_MANY], source: 'horizon' },
        overdueSeconds: 1_800,
      }),
  ],
  ...BOOKS,
  [A_PAGE, 'the newest page of attention', attention(null)],
  [AN_OLD_PAGE, 'the middle page of attention', attention(behind(PAYMENTS - 50_000))],
  [AN_OLD_PAGE, 'an old page of attention', attention(behind(MIDDLE))],
  [AN_OLD_PAGE, 'the oldest page of attention', attention(behind(3_000))],
  [A_PAGE, 'the health of the observer', (db) => readObserverHealth(db)],
  [COUNTED, 'the health of the updates', (db) => readUpdateHealth(db)],
  [A_PAGE, 'one payment', (db) => readPayment(db, { operationId: operation(MIDDLE), epoch: null })],
  [
    A_PAGE,
    'a payment that is not archived',
    (db) => readArchivedPayment(db, { operationId: operation(MIDDLE), epoch: null }),
  ],
]

type Call = [most: number, what: string, call: (db: Database) => Promise<unknown>]

describeOnReal('on 1,000,000 payments', (kind) => {
  const database = useDatabase(kind, { own: true })
  let client: pg.Client
  let observed: ObservedAccount

  beforeAll(async () => {
    client = new pg.Client(database.connection ?? {})
    await client.connect()
    await storeManyPayments(client)
    observed = await mustObserve(database.db)
  }, 120_000)
  afterAll(() => client.end())

  const numbers = Array.from({ length: 200 }, (_, place) => PAYMENTS - 199 + place)
  const STEPS: Call[] = [
    [ALL_COUNTED, 'the sums of open money', (db) => readOpenMoney(db)],
    [
      A_PAGE,
      'the decision about a payment',
      (db) => {
        const asked = { epoch: 1, note: 'n', keyName: 'k', asked: {}, refund: null }
        const operationId = operation(PAYMENTS / 2)
        return decidePayment(db, { ...asked, operationId, decision: 'ignored' })
      },
    ],
    [
      A_PAGE,
      'an update that ends without effect, and leaves open money',
      async (db) => {
        const attemptId = '00000000-0000-4000-8000-0000000f4234'
        const ended = { decision: 'withdrawn', note: 'n', keyName: 'k', quietSeconds: 180 } as const
        expect(await decideAttempt(db, { attemptId, ...ended })).toMatchObject({ decided: true })
      },
    ],
    [
      A_PAGE,
      'the start of an observation',
      (db) => beginObservation(db, { ...observedOf(), leaseSeconds: 60 }),
    ],
    [
      A_PAGE,
      'the end of an observation',
      (db) => endObservation(db, { ...observed, alarm: null, swept: true }),
    ],
    [
      A_RECORDED_PAGE,
      'the transactions that a page may be for',
      (db) =>
        findCandidates(db, {
          memos: numbers.map((number) => ({ type: 'id', value: String(number) })),
        }),
    ],
    [
      A_RECORDED_PAGE,
      'a page of new payments, of which each is credited',
      (db) =>
        record(
          db,
          observed,
          numbers.map((number) => creditOf(String(number), `new-${number}`)),
        ),
    ],
    [
      A_RECORDED_PAGE,
      'a page of payments that are stored',
      (db) =>
        record(
          db,
          observed,
          numbers.map((number) =>
            refusedOf(operation(number), 'no_match', {
              transactionHash: number.toString(16).padStart(64, '0'),
            }),
          ),
        ),
    ],
    [
      AN_ARCHIVED_BATCH,
      'a batch of 200 payments that are archived',
      async (db) => expect(await archivePayments(db, { olderThanDays: 30, limit: 200 })).toBe(200),
    ],
    [
      A_RECORDED_PAGE,
      'a page of payments that are due',
      (db) => findDue(db, { account: ACCOUNT_OF_MANY, epoch: 1, limit: 200, before: null }),
    ],
    [
      A_RECORDED_PAGE,
      'a page of payments that were due, of which each is credited',
      (db) => {
        const payments = numbers.map((number) => {
          const place = (number - PAYMENTS + 200) * 100
          const transactionHash = place.toString(16).padStart(64, '0')
          const credit = creditOf(operation(place), `new-${place}`, { transactionHash })
          const dueMark = String(Date.parse(timeOf(place)) * 1_000)
          return { ...credit, dueMark, source: 'horizon' as const }
        })
        return recordDue(db, { ...observed, leaseSeconds: 60, payments })
      },
    ],
    [
      A_RECORDED_PAGE,
      'a page of transactions that became known, each with a payment that it may change',
      (db) =>
        storeTransactions(
          db,
          numbers.map((number) => {
            const memo = String((number - PAYMENTS + 200) * 100)
            return documentOf(`late-${number}`, { memo, memo_type: 'id', started_at: timeOf(0) })
          }),
        ),
    ],
    [
      A_RECORDED_PAGE,
      'a page of transactions that are stored as they are shown',
      (db) =>
        findChanged(
          db,
          numbers.map((number) => documentOf(`t-${number}`)),
        ),
    ],
    [
      AWAITING,
      'the transactions that vanished from a list',
      async (db) => {
        const listed = numbers.map((number) => `t-${number}`)
        const list = { sep: '24', status: 'pending_user_transfer_start' }
        const beganAt = '2099-01-01T00:00:00.000Z'
        const whole = { beganAt, fromPage: 0, nextPage: 1, isWhole: true, unlisted: [] }
        await recordOpenList(db, { ...list, ...whole, listed })
      },
    ],
  ]

  describe.each(PLANNINGS)('%s', (_planning, statement) => {
    beforeAll(() => client.query(statement), 120_000)

    test.each([...PAGES, ...OPEN, ...READS, ...STEPS])(
      'at most %i rows of a table are read, and none from its beginning, for %s',
      async (limit, _what, call) => {
        const { most, scanned, sorted } = await costOf(client, call)
        expect({ scanned: scanned.filter((name) => FILLED.includes(name)) }).toEqual({
          scanned: [],
        })
        expect(most).toBeLessThanOrEqual(limit)
        expect(sorted).toBeLessThanOrEqual(limit)
      },
    )
  })
})
