import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UPDATE_METHODS } from '../../lib/platform/methods.ts'
import { formatMuxedAccount } from '../../lib/stellar/muxed-account.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, emptyDatabase, useDatabase } from '../helpers/database.ts'
import { documentOf } from '../helpers/update-rows.ts'
import { KEY, useService } from './service.ts'
import { ANCHOR, deposit, USER } from './transactions.ts'

const MUXED = formatMuxedAccount({ account: ANCHOR, id: '7' }) ?? ''
const HEX = 'ab'.repeat(31).concat('0f')
const BASE64 = Buffer.from(HEX, 'hex').toString('base64')
const HASHES = ['1', 'c'].map((digit) => digit.repeat(64))
const OPEN = new Set(['SENDING', 'UNKNOWN', 'MANUAL'])

interface Row {
  id: string
  updatedAt: string
  status: string
  kind: string
  sep: string
  memo: string
  externalId: string
  source: string
  anchor: string
  hash: string | null
}
interface Attempt {
  seq: number
  transactionId: string
  method: string
  state: string
  hash: string | null
  updatedAt: string
}

/** What a caller asks for. The oracle below reads the same object. */
interface Asked {
  status?: string[]
  kind?: string
  sep?: string
  updatedSince?: string
  attemptState?: string[]
  memo?: string
  externalTransactionId?: string
  stellarTransaction?: string
  account?: string
}
interface AskedAttempts {
  state?: string[]
  transactionId?: string
  method?: string
  since?: string
}

const isIn = <T>(wanted: readonly T[] | undefined, value: T) =>
  wanted === undefined || wanted.includes(value)
const isEqual = <T>(wanted: T | undefined, value: T) => wanted === undefined || wanted === value
const spelled = (memo: string) =>
  [HEX, HEX.toUpperCase(), BASE64].includes(memo) ? 'the hash' : memo

function passes(row: Row, asked: Asked, attempts: readonly Attempt[]): boolean {
  const own = attempts.filter(({ transactionId }) => transactionId === row.id)
  const { attemptState: states, stellarTransaction, account, memo } = asked
  const hash = stellarTransaction?.toLowerCase()
  return (
    isIn(asked.status, row.status) &&
    isEqual(asked.kind, row.kind) &&
    isEqual(asked.sep, row.sep) &&
    (asked.updatedSince === undefined || row.updatedAt >= asked.updatedSince) &&
    (states === undefined || own.some(({ state }) => states.includes(state))) &&
    (memo === undefined || spelled(memo) === spelled(row.memo)) &&
    isEqual(asked.externalTransactionId, row.externalId) &&
    (hash === undefined || row.hash === hash || own.some((one) => one.hash === hash)) &&
    (account === undefined || [row.source, row.anchor].includes(account))
  )
}

const passesAttempt = (attempt: Attempt, asked: AskedAttempts) =>
  isIn(asked.state, attempt.state) &&
  isEqual(asked.transactionId, attempt.transactionId) &&
  isEqual(asked.method, attempt.method) &&
  (asked.since === undefined || attempt.updatedAt >= asked.since)

const time = fc.integer({ min: 10, max: 40 }).map((second) => `2026-01-01T00:00:${second}Z`)
const ids = Array.from({ length: 14 }, (_, place) => `t.${place}`)
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.constantFrom(...ids),
  updatedAt: time,
  status: fc.constantFrom('completed', 'error', 'pending_anchor'),
  kind: fc.constantFrom('deposit', 'withdrawal'),
  sep: fc.constantFrom('6', '24'),
  memo: fc.constantFrom('12', 'ü ', HEX, HEX.toUpperCase(), BASE64),
  externalId: fc.constantFrom('bank 1', "'; --"),
  source: fc.constantFrom(USER, ANCHOR),
  anchor: fc.constantFrom(ANCHOR, MUXED),
  hash: fc.option(fc.constantFrom(...HASHES)),
})
const STATES = ['READY', 'APPLIED', 'REJECTED', 'NOT_APPLIED', 'EXPIRED', 'MANUAL', 'LOST']
const METHODS = UPDATE_METHODS.slice(0, 2)
const attempt: fc.Arbitrary<Omit<Attempt, 'seq'>> = fc.record({
  transactionId: fc.constantFrom(...ids),
  method: fc.constantFrom(...METHODS),
  state: fc.constantFrom(...STATES),
  hash: fc.option(fc.constantFrom(...HASHES)),
  updatedAt: time,
})
const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 })
/** Up to three filters: with more of them hardly any row passes. */
const asked: fc.Arbitrary<Asked> = fc
  .record({
    status: some(['completed', 'error', 'pending_anchor', 'expired']),
    kind: fc.constantFrom('deposit', 'withdrawal'),
    sep: fc.constantFrom('6', '24', '31'),
    updatedSince: time,
    attemptState: some(STATES),
    memo: fc.constantFrom('12', 'ü ', HEX, HEX.toUpperCase(), BASE64, 'none'),
    externalTransactionId: fc.constantFrom('bank 1', "'; --"),
    stellarTransaction: fc.constantFrom(...HASHES, HASHES[1]?.toUpperCase() ?? ''),
    account: fc.constantFrom(USER, ANCHOR, MUXED),
  })
  .chain((all) =>
    fc.subarray(Object.entries(all), { maxLength: 3 }).map((some) => Object.fromEntries(some)),
  )
const askedAttempts: fc.Arbitrary<AskedAttempts> = fc.record(
  {
    state: some(STATES),
    transactionId: fc.constantFrom(...ids),
    method: fc.constantFrom(...METHODS),
    since: time,
  },
  { requiredKeys: [] },
)
/** Before each of the pages some rows are stored. The first rows are there from the start. */
const batches = <T>(one: fc.Arbitrary<T>) =>
  fc.tuple(
    fc.array(one, { minLength: 8, maxLength: 20 }),
    fc.array(fc.array(one, { maxLength: 2 }), { maxLength: 4 }),
  )
const order = fc.constantFrom('asc', 'desc')
const limit = fc.integer({ min: 1, max: 6 })
const RUNS = { numRuns: 40 }

describe.each(databases())('lists: $name', (kind) => {
  const database = useDatabase(kind)
  const service = useService({ database })

  const read = async (path: string, query: object) => {
    const texts = Object.entries(query).map(([name, value]) => [name, String(value)])
    const reply = await service.call({ path, query: Object.fromEntries(texts), headers: KEY })
    expect([query, reply.status, reply.body.error]).toEqual([query, 200, undefined])
    return reply.body
  }
  const store = (rows: readonly Row[]) =>
    storeTransactions(
      database.db,
      rows.map(({ id, updatedAt, status, kind, sep, ...rest }) =>
        documentOf(id, {
          ...{ status, kind, sep, updated_at: updatedAt, memo: rest.memo, memo_type: 'text' },
          ...{ external_transaction_id: rest.externalId, source_account: rest.source },
          withdraw_anchor_account: rest.anchor,
          ...(rest.hash !== null && { stellar_transactions: [{ id: rest.hash.toUpperCase() }] }),
        }),
      ),
    )
  /** Stores attempts in any state, past the trigger that guards their moves. */
  const storeAttempts = (attempts: readonly Attempt[]) =>
    database.query(`do $do$ begin
      set local session_replication_role = replica;
      insert into anchor_ops.attempt (seq, transaction_id, method, params, custody, origin, update_index, state,
        updated_at, rpc_id, pre, sent_at, settle_at)
      overriding system value
      select seq, id, method, jsonb_strip_nulls(jsonb_build_object('stellar_transaction_id', upper(hash))), false, 'rpc',
        0, state, at, 'r', '{}', at, at
      from jsonb_to_recordset($rows$${JSON.stringify(
        attempts.map(({ transactionId: id, updatedAt: at, ...rest }) => ({ ...rest, id, at })),
      )}$rows$) as row (seq bigint, id text, method text, hash text, state text, at timestamptz);
      insert into anchor_ops.attempt_move (attempt_id, to_state, detail)
      select attempt.id, attempt.state, '{}' from anchor_ops.attempt
      where not exists (select from anchor_ops.attempt_move where attempt_id = attempt.id);
    end $do$`)

  test('the pages of transactions hold what passes every filter, in order, while rows are stored between them', () =>
    fc.assert(
      fc.asyncProperty(
        batches(row),
        fc.array(attempt, { maxLength: 15 }),
        asked,
        order,
        limit,
        async ([first, later], someAttempts, asked, order, limit) => {
          await emptyDatabase(database)
          const rows = new Map<string, Row>()
          const put = async (added: readonly Row[]) => {
            // An earlier state would not be stored.
            const fresh = new Map(
              added.filter(({ id }) => !rows.has(id)).map((row) => [row.id, row] as const),
            )
            for (const [id, row] of fresh) rows.set(id, row)
            await store([...fresh.values()])
          }
          await put(first)
          const attempts = numbered(someAttempts, 0, [])
          await storeAttempts(attempts)
          const key = ({ updatedAt, id }: Row) => `${updatedAt} ${id}`
          const sign = order === 'asc' ? 1 : -1
          let last: string | null = null
          let cursor: string | null = null
          do {
            const page = await read('/api/transactions', {
              ...asked,
              ...{ order, limit },
              ...(cursor !== null && { cursor }),
            })
            const rest = [...rows.values()]
              .filter((row) => passes(row, asked, attempts))
              .toSorted((one, other) => sign * (key(one) < key(other) ? -1 : 1))
              .filter((row) => last === null || (sign > 0 ? key(row) > last : key(row) < last))
            const wanted = rest.slice(0, limit)
            expect(page.transactions.map(({ id }: Row) => id)).toEqual(wanted.map(({ id }) => id))
            expect(page.next === null).toBe(rest.length <= limit)
            cursor = page.next
            const [end] = wanted.slice(-1)
            if (end !== undefined) last = key(end)
            await put(later.shift() ?? [])
          } while (cursor !== null)
        },
      ),
      RUNS,
    ))

  test('the pages of attempts hold what passes every filter, in order, while attempts are stored between them', () =>
    fc.assert(
      fc.asyncProperty(
        batches(attempt),
        askedAttempts,
        order,
        limit,
        async ([first, later], asked, order, limit) => {
          await emptyDatabase(database)
          const attempts: Attempt[] = []
          const put = async (added: readonly Omit<Attempt, 'seq'>[]) => {
            const fresh = numbered(added, attempts.length, attempts)
            attempts.push(...fresh)
            await storeAttempts(fresh)
          }
          await put(first)
          let last = order === 'asc' ? 0 : Number.POSITIVE_INFINITY
          let cursor: string | null = null
          do {
            const page = await read('/api/attempts', {
              ...asked,
              ...{ order, limit },
              ...(cursor !== null && { cursor }),
            })
            const found = attempts.filter((attempt) => passesAttempt(attempt, asked))
            const rest =
              order === 'asc'
                ? found.filter(({ seq }) => seq > last)
                : found.filter(({ seq }) => seq < last).reverse()
            const wanted = rest.slice(0, limit)
            expect(page.attempts.map(({ seq }: { seq: string }) => Number(seq))).toEqual(
              wanted.map(({ seq }) => seq),
            )
            expect(page.next === null).toBe(rest.length <= limit)
            cursor = page.next
            last = wanted.at(-1)?.seq ?? last
            await put(later.shift() ?? [])
          } while (cursor !== null)
        },
      ),
      RUNS,
    ))

  test('an attempt is shown as its transaction shows it, without its moves', async () => {
    service.platformHas([])
    await service.update('nobody', UPDATE_METHODS[0] ?? '', { message: 'm' })
    const [shown] = (await service.show('nobody')).body.attempts
    expect(shown.state).toBe('REJECTED')
    const { attempts, next } = await read('/api/attempts', { state: 'rejected', order: 'desc' })
    const { moves, ...rest } = shown
    expect(moves).toHaveLength(2)
    expect([attempts, next]).toEqual([[rest], null])
  })

  test('a transaction with 205 attempts shows the newest 200 and an older open one, and the list has all', async () => {
    const states = Array.from({ length: 205 }, (_, place) => (place === 2 ? 'UNKNOWN' : 'REJECTED'))
    const made = { transactionId: 't', method: 'm', hash: null, updatedAt: '2026-01-01T00:00:00Z' }
    const attempts = states.map((state, place) => ({ ...made, state, seq: place + 1 }))
    await storeAttempts(attempts.slice(0, 200))
    expect((await service.show('t')).body).toMatchObject({ moreAttempts: false })
    await storeAttempts(attempts.slice(200))
    const { body } = await service.show('t')
    expect(body.moreAttempts).toBe(true)
    const seqs = body.attempts.map(({ seq }: { seq: string }) => Number(seq))
    expect(seqs).toEqual([3, ...Array.from({ length: 200 }, (_, place) => place + 6)])
    const first = await read('/api/attempts', { transactionId: 't', limit: 200 })
    const second = await read('/api/attempts', { transactionId: 't', cursor: first.next })
    expect([first.attempts.length, second.attempts.length, second.next]).toEqual([200, 5, null])
  })

  describe('behind 205 newer attempts', () => {
    const ready = Array.from({ length: 205 }, (_, place) => ({
      ...{ seq: place + 2, transactionId: 't', method: UPDATE_METHODS[0] ?? '', state: 'READY' },
      ...{ hash: null, updatedAt: '2026-01-01T00:00:00Z' },
    }))
    const oldest = (state: string) => ({ ...(ready[0] as Attempt), seq: 1, state })

    test('a person decides the old one, and hears of each update that waits', async () => {
      service.platformHas([deposit('t')])
      await storeAttempts([oldest('MANUAL'), ...ready])
      const { attempts } = await read('/api/attempts', { state: 'manual' })
      const { status, body } = await service.call({
        method: 'POST',
        path: `/api/transactions/t/attempts/${attempts[0].attemptId}`,
        body: { decision: 'not_applied', note: 'n' },
        headers: KEY,
      })
      expect([status, body.attempt.state, body.waiting.length]).toEqual([200, 'NOT_APPLIED', 205])
      const next = body.waiting.map((one: { next: string }) => one.next)
      expect([next[0] === 'in_turn', new Set(next.slice(1))]).toEqual([false, new Set(['in_turn'])])
    })

    test('a reading of the transaction settles the old one', async () => {
      service.platformHas([deposit('t')])
      const { body } = await service.show('t', { refresh: 'true' })
      await storeAttempts([oldest('UNKNOWN'), ...ready])
      await database.query(
        `update anchor_ops.attempt set pre = $1 where seq = 1 and state = 'UNKNOWN'`,
        [JSON.stringify(body.transaction)],
      )
      await database.query(`do $$ begin
        set local session_replication_role = replica;
        update anchor_ops.attempt set method = 'notify_transaction_error', params = '{"transaction_id": "t", "message": "m"}'
        where seq = 1;
      end $$`)
      const columns = { status: 'error' as const, message: 'm', updated_at: '2026-05-05T00:00:00Z' }
      service.platformHas([deposit('t', columns)])
      const settled = await service.show('t', { refresh: 'true' })
      expect(settled.body.transaction.status).toBe('error')
      const { attempts } = await read('/api/attempts', { transactionId: 't', limit: 1 })
      expect(attempts[0]).toMatchObject({ seq: '1', state: 'APPLIED' })
    })
  })

  test('no answer has more than 4.5 MB, and what is left out comes with the next page', async () => {
    const made = { transactionId: 't', method: 'm', hash: null, updatedAt: '2026-01-01T00:00:00Z' }
    const attempts = Array.from({ length: 12 }, (_, place) => ({
      ...{ ...made, state: 'REJECTED', seq: place + 1 },
    }))
    await storeAttempts(attempts)
    await database.query(`do $$ begin
      set local session_replication_role = replica;
      update anchor_ops.attempt set params = jsonb_build_object('message', repeat('m', 900000));
    end $$`)
    const { text, body } = await service.show('t')
    expect(text.length).toBeLessThan(4_500_000)
    expect(body.attempts.map(({ seq }: { seq: string }) => seq)).toEqual(['10', '11', '12'])
    expect(body.moreAttempts).toBe(true)
    const seqs: string[] = []
    let cursor: string | null = null
    do {
      const page = await service.call({
        path: '/api/attempts',
        query: cursor === null ? {} : { cursor },
        headers: KEY,
      })
      expect(page.text.length).toBeLessThan(4_500_000)
      seqs.push(...page.body.attempts.map(({ seq }: { seq: string }) => seq))
      cursor = page.body.next
    } while (cursor !== null)
    expect(seqs).toEqual(attempts.map(({ seq }) => String(seq)))
  })

  test('a memo whose + arrives as a blank is found, and a text of 300 characters keeps no transaction out', async () => {
    const base64 = Buffer.from('fb'.repeat(32), 'hex').toString('base64')
    expect(base64).toContain('+')
    const long = 'x'.repeat(5_000)
    const texts = { kind: long, sep: long, memo: long, external_transaction_id: long }
    const accounts = {
      source_account: long,
      destination_account: long,
      withdraw_anchor_account: long,
      stellar_transactions: [{ id: long }, 5, null, { id: {} }],
    }
    await storeTransactions(database.db, [
      documentOf('t', { memo: base64, memo_type: 'hash' }),
      documentOf('long', { ...texts, ...accounts }),
    ])
    const found = async (query: object) =>
      (await read('/api/transactions', query)).transactions.map(({ id }: Row) => id)
    expect(await found({ memo: base64.replaceAll('+', ' ') })).toEqual(['t'])
    expect(await found({ memo: 'fb'.repeat(32) })).toEqual(['t'])
    expect(await found({})).toEqual(['long', 't'])
  })

  const HOSTILE = ['\0', 'a\0b', '\ud800', "'; drop table anchor_ops.attempt; --", "' or true --"]
  HOSTILE.push('%', '\\', '%s', '$1', '{}', '{"a"}', 'NULL', '"', '$$', 'x'.repeat(1_000_000))
  const NAMES: [path: string, names: string[]][] = [
    [
      '/api/transactions',
      [
        'status',
        'kind',
        'sep',
        'updatedSince',
        'attemptState',
        'memo',
        'externalTransactionId',
      ].concat(['stellarTransaction', 'account', 'order', 'limit', 'cursor']),
    ],
    ['/api/attempts', ['state', 'transactionId', 'method', 'since', 'order', 'limit', 'cursor']],
  ]
  test.each(NAMES)('no value of a parameter of %s finds or changes a row', async (path, names) => {
    await storeTransactions(database.db, [documentOf('t')])
    await storeAttempts([
      {
        seq: 1,
        transactionId: 't',
        method: 'm',
        state: 'READY',
        hash: null,
        updatedAt: '2026-01-01',
      },
    ])
    const before = await service.tables()
    for (const name of names) {
      for (const value of HOSTILE) {
        const { status, body } = await service.call({
          path,
          query: { [name]: value },
          headers: KEY,
        })
        const found = (body.transactions ?? body.attempts ?? []).length
        const where = [name, value.slice(0, 50)]
        expect([...where, status, found]).toEqual([...where, status === 200 ? 200 : 400, 0])
        if (status === 400) expect(body.error.length).toBeLessThan(2_000)
      }
    }
    expect(await service.tables()).toEqual(before)
  })
})

/** Numbers attempts in their order. A transaction has one open attempt at most, so others that are open are left out. */
function numbered(
  attempts: readonly Omit<Attempt, 'seq'>[],
  after: number,
  known: readonly Attempt[],
): Attempt[] {
  const open = new Set(known.filter(({ state }) => OPEN.has(state)).map((one) => one.transactionId))
  const kept = attempts.filter(({ state, transactionId }) => {
    if (!OPEN.has(state)) return true
    const isFirst = !open.has(transactionId)
    open.add(transactionId)
    return isFirst
  })
  return kept.map((attempt, place) => ({ ...attempt, seq: after + place + 1 }))
}
