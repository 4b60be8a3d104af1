import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { countReads, PLANNINGS } from '../helpers/query-costs.ts'

const ANCHOR = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'

/**
 * 100,000 transactions and 100,000 attempts. What is rare stands at the end that the order of the pages reaches last, and
 * 10,000 attempts belong to one transaction.
 */
const FILL = [
  `insert into anchor_ops.transaction (id, document, platform_updated_at)
  select 't-' || n, jsonb_build_object(
    'id', 't-' || n, 'sep', case when n <= 99990 then '24' else '31' end,
    'kind', case when n % 2 = 0 then 'withdrawal' else 'deposit' end,
    'status', case when n in (50, 99950) then 'error' when n % 10 = 0 then 'expired' else 'completed' end,
    'memo', case when n % 4 = 0 then 'common' else n::text end, 'memo_type', 'text',
    'source_account', case when n = 99970 then '${USER}' else 'G' || n end,
    'destination_account', '${ANCHOR}', 'withdraw_anchor_account', case when n % 2 = 0 then '${ANCHOR}' end,
    'external_transaction_id', case when n % 4 = 0 then 'common' else 'bank-' || n end,
    'stellar_transactions', jsonb_build_array(jsonb_build_object('id', lpad(to_hex(n), 64, '0'))),
    'filler', repeat(md5(n::text), 20)
  ), timestamptz '2026-01-01' + n * interval '1 second'
  from generate_series(1, 100000) as n`,
  `insert into anchor_ops.attempt (transaction_id, method, params, custody, origin, update_index, state, updated_at)
  select 't-' || case when n <= 10000 then 1 else n end,
    case when n = 99960 then 'notify_refund_sent' when n % 2 = 0 then 'notify_amounts_updated' else 'notify_transaction_error' end,
    jsonb_build_object('stellar_transaction_id', lpad(to_hex(n), 63, '0') || 'f'), false, 'rpc', 0,
    case when n between 99965 and 99968 then 'MANUAL' when n % 10 = 0 then 'REJECTED' else 'APPLIED' end,
    timestamptz '2026-01-01' + n * interval '1 second'
  from generate_series(1, 100000) as n`,
]

const NO_FILTER = {
  p_statuses: null,
  p_kind: null,
  p_sep: null,
  p_updated_since: null,
  p_attempt_states: null,
  p_memos: null,
  p_external_transaction_id: null,
  p_stellar_transaction: null,
  p_account: null,
}
const NO_ATTEMPT_FILTER = { p_states: null, p_transaction_id: null, p_method: null, p_since: null }

/** One filter reads no more than its page, or the rows that it finds. */
const FEW = 250
/** A page reads at most 5,001 rows to find the filter that decides, the rows, and the place that it reached. */
const MOST = 3 * 5_001 + FEW

type Filter = Record<string, unknown>
interface Page {
  transactions: { id: string }[]
  attempts: unknown[]
  next: string | null
}
const TRANSACTION_FILTERS: [most: number, found: number, filter: Filter][] = [
  [FEW, 50, {}],
  [FEW, 2, { p_statuses: ['error'] }],
  [FEW, 50, { p_statuses: ['completed'] }],
  [FEW, 50, { p_statuses: ['error', 'expired', 'completed', 'on_hold'] }],
  [FEW, 50, { p_kind: 'withdrawal' }],
  [FEW, 0, { p_kind: 'receive' }],
  [FEW, 10, { p_sep: '31' }],
  [FEW, 41, { p_updated_since: '2026-01-02T03:46:00Z' }],
  [FEW, 4, { p_attempt_states: ['MANUAL'] }],
  [FEW, 0, { p_attempt_states: ['LOST'] }],
  [MOST, 1, { p_attempt_states: ['REJECTED'] }],
  [MOST, 1, { p_attempt_states: ['APPLIED'] }],
  [FEW, 1, { p_memos: ['99999'] }],
  [FEW, 50, { p_memos: ['common', 'no'] }],
  [FEW, 50, { p_external_transaction_id: 'common' }],
  [FEW, 1, { p_external_transaction_id: 'bank-99' }],
  [FEW, 1, { p_stellar_transaction: '186a0'.padStart(64, '0') }],
  [FEW, 1, { p_stellar_transaction: '186a0f'.padStart(64, '0') }],
  [FEW, 1, { p_account: USER }],
  [FEW, 50, { p_account: ANCHOR }],
  [MOST, 2, { p_account: ANCHOR, p_statuses: ['on_hold', 'error'] }],
  [MOST, 0, { p_statuses: ['expired'], p_kind: 'deposit' }],
  [MOST, 0, { p_attempt_states: ['LOST'], p_kind: 'withdrawal' }],
  [MOST, 1, { p_attempt_states: ['REJECTED'], p_kind: 'deposit' }],
  [
    MOST,
    0,
    {
      p_account: ANCHOR,
      p_memos: ['common'],
      p_external_transaction_id: 'common',
      p_attempt_states: ['REJECTED'],
      p_statuses: ['completed'],
      p_kind: 'deposit',
      p_sep: '24',
    },
  ],
]
const ATTEMPT_FILTERS: [most: number, found: number, filter: Filter][] = [
  [FEW, 50, {}],
  [FEW, 50, { p_states: ['REJECTED'] }],
  [FEW, 50, { p_states: ['REJECTED', 'NOT_APPLIED', 'EXPIRED'] }],
  [FEW, 4, { p_states: ['MANUAL'] }],
  [FEW, 50, { p_states: ['APPLIED'] }],
  [FEW, 50, { p_transaction_id: 't-1' }],
  [MOST, 0, { p_transaction_id: 't-1', p_states: ['MANUAL'] }],
  [FEW, 1, { p_method: 'notify_refund_sent' }],
  [FEW, 50, { p_method: 'notify_transaction_error' }],
  [MOST, 0, { p_method: 'notify_transaction_error', p_states: ['REJECTED'] }],
  [MOST, 50, { p_since: '2026-01-02T03:40:00Z' }],
  [MOST, 50, { p_since: '2026-01-01T00:00:00Z' }],
  [MOST, 50, { p_since: '2026-01-02T03:00:00Z', p_states: ['REJECTED'] }],
]

describeOnReal('a page of 100,000 rows', (kind) => {
  const database = useDatabase(kind, { own: true })
  let client: pg.Client

  beforeAll(async () => {
    client = new pg.Client(database.connection ?? {})
    await client.connect()
    await client.query('set session_replication_role = replica')
    for (const sql of FILL) await client.query(sql)
    await client.query('set session_replication_role = origin')
  }, 120_000)
  afterAll(() => client.end())

  async function readPage(name: string, args: Filter) {
    const named = Object.keys(args).map((key, place) => `${key} => $${place + 1}`)
    const sql = `select public.${name}(${named.join(', ')}) as page`
    const { rows, most } = await countReads(client, sql, Object.values(args))
    return { page: rows[0]?.['page'] as Page, most }
  }

  test('the short pages of several filters lead to every row', async () => {
    const filter = { p_attempt_states: ['REJECTED'], p_statuses: ['completed', 'error'] }
    for (const p_order of ['asc', 'desc']) {
      const found: string[] = []
      let short = 0
      let p_cursor: string | null = null
      do {
        const args = { ...NO_FILTER, ...filter, p_order, p_limit: 200, p_cursor }
        const { page } = await readPage('read_transactions', args)
        found.push(...page.transactions.map(({ id }) => id))
        if (page.next !== null && page.transactions.length < 200) short++
        p_cursor = page.next
      } while (p_cursor !== null)
      const ids = ['t-1', 't-99950']
      expect(found).toEqual(p_order === 'asc' ? ids : ids.toReversed())
      expect(short).toBeGreaterThan(0)
    }
  })

  const REST = { p_order: 'asc', p_limit: 50, p_cursor: null }
  describe.each(PLANNINGS)('%s', (_planning, statement) => {
    beforeAll(() => client.query(statement))

    test.each(TRANSACTION_FILTERS)(
      'reads at most %i rows of a table and finds %i transactions by %j',
      async (most, found, filter) => {
        for (const p_order of ['asc', 'desc']) {
          const args = { ...NO_FILTER, ...REST, ...filter, p_order }
          const read = await readPage('read_transactions', args)
          expect(read.most, p_order).toBeLessThanOrEqual(most)
          const ids = new Set(read.page.transactions.map(({ id }) => id))
          expect(read.page.transactions).toHaveLength(ids.size)
          if (p_order === 'asc') expect(ids.size).toBe(found)
        }
      },
    )

    test.each(ATTEMPT_FILTERS)(
      'reads at most %i rows of a table and finds %i attempts by %j',
      async (most, found, filter) => {
        for (const p_order of ['asc', 'desc']) {
          const args = { ...NO_ATTEMPT_FILTER, ...REST, ...filter, p_order }
          const read = await readPage('read_attempts', args)
          expect(read.most, p_order).toBeLessThanOrEqual(most)
          if (p_order === 'asc') expect(read.page.attempts).toHaveLength(found)
        }
      },
    )
  })
})
