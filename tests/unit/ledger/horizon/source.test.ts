import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createHorizonSource } from '../../../../lib/ledger/horizon/source.ts'
import type { LedgerSource } from '../../../../lib/ledger/source.ts'
import {
  ANCHOR,
  CUSTOMER,
  ISSUER,
  type LedgerWorld,
  ledgerError,
  MUXED_ANCHOR,
  OPERATIONS,
  readToEnd,
  startLedgerWorld,
} from '../ledger-world.ts'

const HOST = 'horizon.sim'
const PAYMENTS = `/accounts/${ANCHOR}/payments`
const RECORDS = OPERATIONS.map(({ record }) => record)
const HASH = 'ab'.repeat(32)

type Answer = (response: ServerResponse, url: URL) => void

let world: LedgerWorld
let horizon: LedgerSource
/** The answers of each path in their order. The last answer repeats. */
let answers: Record<string, Answer[]>

beforeAll(async () => {
  world = await startLedgerWorld({
    [HOST]: (request, response) => {
      const url = new URL(request.url ?? '', `https://${HOST}`)
      const queue = answers[url.pathname] ?? [status(404)]
      const answer = queue.length > 1 ? queue.shift() : queue[0]
      answer?.(response, url)
    },
    'elsewhere.sim': (_request, response) => response.writeHead(200).end('{}'),
  })
  horizon = createHorizonSource({ url: `https://${HOST}/` }, world.io)
})
beforeEach(() => {
  answers = {}
  world.requests.length = 0
  world.slept.length = 0
})
afterAll(() => world.close())

const ok =
  (body: unknown): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/hal+json' }).end(JSON.stringify(body))

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('{"type":"problem"}')

const text =
  (body: string): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(body)

const cut: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"_embedded":', () => response.destroy())
}

const page = (records: unknown[]) =>
  ok({ _links: { next: { href: 'https://elsewhere.sim/next' } }, _embedded: { records } })

/** `count` payments, one after the other, from this one on. */
function payments(count: number, from = 1): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => {
    const id = String((2000n << 32n) | (BigInt(from + index) << 12n) | 1n)
    return { ...RECORDS[0], id, paging_token: id }
  })
}

const read = (cursor = '0') => horizon.payments(ANCHOR, cursor)

describe('payments of an account', () => {
  test('are requested in order, with their transactions, from the configured host', async () => {
    answers[PAYMENTS] = [page([])]
    expect(await read('8589934596097')).toEqual({
      payments: [],
      cursor: '8589934596097',
      isLast: true,
    })
    expect(world.requests).toEqual([
      `${HOST}${PAYMENTS}?cursor=8589934596097&order=asc&limit=200&join=transactions`,
    ])
  })

  test('are requested below the path of the configured URL', async () => {
    answers[`/v1/key${PAYMENTS}`] = [page([])]
    const below = createHorizonSource({ url: `https://${HOST}/v1/key` }, world.io)
    expect((await below.payments(ANCHOR, '0')).isLast).toBe(true)
  })

  test('follow from page to page by the cursor, and links to other hosts are ignored', async () => {
    const all = payments(450)
    answers[PAYMENTS] = [
      (response, url) => {
        const after = BigInt(url.searchParams.get('cursor') ?? '')
        page(all.filter(({ id }) => BigInt(String(id)) > after).slice(0, 200))(response, url)
      },
    ]
    const { operationIds, lasts } = await readToEnd(horizon, ANCHOR, '0')
    expect(operationIds).toEqual(all.map(({ id }) => id))
    expect(lasts).toEqual([false, false, true])
    expect(world.requests.every((request) => request.startsWith(HOST))).toBe(true)
  })

  test('before the cursor are left out of a page, and another page follows', async () => {
    answers[PAYMENTS] = [page(payments(3))]
    const [first, ...others] = payments(3)
    const next = await read(String(first?.['id']))
    expect(next.payments.map(({ operationId }) => operationId)).toEqual(others.map(({ id }) => id))
    expect(next.isLast).toBe(false)
  })

  test('are requested again when the page has only payments before the cursor', async () => {
    const cursor = String(payments(1)[0]?.['id'])
    answers[PAYMENTS] = [page(payments(1)), page(payments(2))]
    expect((await read(cursor)).payments).toHaveLength(1)
  })

  test('that repeat every time are unreadable after three requests', async () => {
    const cursor = String(payments(1)[0]?.['id'])
    answers[PAYMENTS] = [page(payments(1))]
    expect(await ledgerError(() => read(cursor))).toMatchObject({ code: 'ledger_unreadable' })
    expect(world.requests).toHaveLength(3)
  })

  test('too large for one page come in smaller pages', async () => {
    const padding = 'x'.repeat(100_000)
    answers[PAYMENTS] = [
      (response, url) => {
        const limit = Number(url.searchParams.get('limit'))
        const records = payments(limit).map((record) => ({ ...record, padding }))
        page(records)(response, url)
      },
    ]
    const next = await read()
    expect(next.payments).toHaveLength(40)
    expect(next.isLast).toBe(false)
  })

  test('without their transaction are read with it, and each transaction is requested once', async () => {
    const [one, two] = payments(2).map((record) => ({ ...record, transaction: undefined }))
    const hash = String(RECORDS[0]?.['transaction_hash'])
    answers[PAYMENTS] = [page([one, two])]
    answers[`/transactions/${hash}`] = [ok(RECORDS[0]?.['transaction'])]
    const next = await read()
    expect(next.payments.map(({ memo }) => memo)).toEqual([
      { type: 'text', value: 'order 7' },
      { type: 'text', value: 'order 7' },
    ])
    expect(world.requests).toHaveLength(2)
  })

  test('joined to another transaction are read with their own', async () => {
    const [one] = payments(1).map((record) => ({ ...record, transaction_hash: HASH }))
    answers[PAYMENTS] = [page([one])]
    answers[`/transactions/${HASH}`] = [
      ok({ ...Object(RECORDS[0]?.['transaction']), hash: HASH, memo_type: 'none' }),
    ]
    expect((await read()).payments[0]?.memo).toEqual({ type: 'none' })
  })

  test('whose transaction Horizon does not have are unreadable', async () => {
    answers[PAYMENTS] = [page(payments(1).map((one) => ({ ...one, transaction: undefined })))]
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test.each(['', 'now', '-1', '1-1', '9223372036854775808'])(
    'are not requested from %j, which is not a cursor',
    async (cursor) => {
      for (const use of [read, async (text: string) => horizon.ledgerOf(text)]) {
        expect((await ledgerError(() => use(cursor))).code).toBe('ledger_unreadable')
      }
      expect(world.requests).toEqual([])
    },
  )
})

describe('a Horizon that', () => {
  test('has dropped the ledger of the cursor has lost history', async () => {
    answers[PAYMENTS] = [status(410)]
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_history_gone' })
  })

  test('shows the account without history has no payments', async () => {
    answers[`/accounts/${ANCHOR}`] = [ok({ id: ANCHOR, balances: [] })]
    expect(await read('77')).toEqual({ payments: [], cursor: '77', isLast: true })
  })

  test('does not have the account has lost history', async () => {
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_history_gone' })
  })

  test('fails twice gets a third request', async () => {
    answers[PAYMENTS] = [status(500), cut, page(payments(1))]
    expect((await read()).payments).toHaveLength(1)
    expect(world.slept).toEqual([500, 1000])
  })

  test.each<[string, Answer]>([
    ['fails', status(500)],
    ['is overloaded', status(503)],
    ['breaks the connection', cut],
    ['refuses us', status(403)],
  ])('%s every time is unreachable', async (_name, answer) => {
    answers[PAYMENTS] = [answer]
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreachable' })
    expect(world.requests.length).toBeLessThanOrEqual(3)
  })

  test('does not exist is unreachable', async () => {
    const nobody = createHorizonSource({ url: 'https://nobody.sim' }, world.io)
    expect(await ledgerError(() => nobody.head())).toMatchObject({ code: 'ledger_unreachable' })
  })

  test('redirects is unreachable, and the redirect is not followed', async () => {
    answers[PAYMENTS] = [status(302, { location: 'https://elsewhere.sim/' })]
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreachable' })
    expect(world.requests).toHaveLength(1)
  })

  test('asks for a short wait gets the next request after it', async () => {
    answers[PAYMENTS] = [status(429, { 'retry-after': '7' }), page([])]
    await read()
    expect(world.slept).toEqual([7000])
  })

  test.each<[string, Record<string, string>, number | null, number]>([
    ['a long wait', { 'retry-after': '3600' }, 3600, 0],
    ['a wait until a time', { 'retry-after': 'Sat, 21 Nov 2026 13:00:00 GMT' }, 3600, 0],
    ['a very long wait', { 'retry-after': '9'.repeat(30) }, 86_400, 0],
    ['no wait', {}, null, 2],
  ])(
    'limits the rate with %s is rate limited with that wait, at most a day',
    async (_name, headers, retryAfterSeconds, waits) => {
      answers[PAYMENTS] = [status(429, headers)]
      expect(await ledgerError(() => read())).toMatchObject({
        code: 'ledger_rate_limited',
        retryAfterSeconds,
      })
      expect(world.slept).toHaveLength(waits)
    },
  )

  test.each<[string, Answer]>([
    ['with a page of HTML', text('<!doctype html><title>Maintenance</title>')],
    ['with half a page', text('{"_embedded":{"records":[')],
    ['with an empty text', text('')],
    [
      'with bytes that are not UTF-8',
      (response) => response.writeHead(200).end(Buffer.of(0xff, 0xfe)),
    ],
    ['with 400', status(400)],
  ])('answers %s is unreadable', async (_name, answer) => {
    answers[PAYMENTS] = [answer]
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test('has a key in its URL never has the key in an error message', async () => {
    answers['/secret-key/'] = [status(500)]
    const keyed = createHorizonSource({ url: `https://${HOST}/secret-key` }, world.io)
    expect((await ledgerError(() => keyed.head())).message).not.toContain('secret-key')
  })
})

describe('ledgers', () => {
  const root = {
    history_latest_ledger: 2000,
    history_elder_ledger: 2,
    network_passphrase: 'Test SDF Network ; September 2015',
  }
  const ledger = { sequence: 2000, hash: HASH, closed_at: '2026-11-20T10:00:00Z' }

  test('the head is the latest ledger, with the oldest one and the network', async () => {
    answers['/'] = [ok(root)]
    answers['/ledgers/2000'] = [ok(ledger)]
    expect(await horizon.head()).toEqual({
      sequence: 2000,
      hash: HASH,
      closedAt: '2026-11-20T10:00:00.000Z',
      oldestSequence: 2,
      networkPassphrase: root.network_passphrase,
    })
  })

  test.each<[string, unknown, unknown, string]>([
    ['names no ledger', {}, ledger, 'ledger_unreadable'],
    ['lacks its latest ledger', root, null, 'ledger_unreachable'],
    ['shows another ledger', root, { ...ledger, sequence: 1999 }, 'ledger_unreadable'],
    ['shows a ledger without a time', root, { ...ledger, closed_at: 'x' }, 'ledger_unreadable'],
    ['shows a ledger without a hash', root, { ...ledger, hash: null }, 'ledger_unreadable'],
  ])('a Horizon that %s has no head', async (_name, first, second, code) => {
    answers['/'] = [ok(first)]
    answers['/ledgers/2000'] = [second === null ? status(404) : ok(second)]
    expect(await ledgerError(() => horizon.head())).toMatchObject({ code })
  })

  test.each([404, 410])('a ledger that Horizon answers with %i is null', async (code) => {
    answers['/ledgers/5'] = [status(code)]
    expect(await horizon.ledger(5)).toBeNull()
  })

  test('the cursor of a ledger stands before its first operation and behind the previous ledger', () => {
    const cursor = horizon.cursorAt(2000)
    expect(horizon.ledgerOf(cursor)).toBe(2000)
    expect(horizon.ledgerOf(String(RECORDS[0]?.['id']))).toBe(2000)
    expect(BigInt(cursor)).toBeLessThan((2000n << 32n) | (1n << 12n) | 1n)
    expect(BigInt(cursor)).toBeGreaterThan((1999n << 32n) | (0xfffffn << 12n) | 0xfffn)
  })
})

describe('a transaction', () => {
  const transaction = { ...Object(RECORDS[0]?.['transaction']), hash: HASH }

  test('has its memo and all its payments', async () => {
    answers[`/transactions/${HASH}`] = [ok(transaction)]
    answers[`/transactions/${HASH}/payments`] = [page(payments(100))]
    const read = await horizon.transaction(HASH.toUpperCase())
    expect(read).toMatchObject({
      hash: HASH,
      successful: true,
      ledger: 2000,
      closedAt: '2026-11-20T10:00:00.000Z',
      memo: { type: 'text', value: 'order 7' },
    })
    expect(read?.payments).toHaveLength(100)
  })

  test.each(['', 'ab', `${HASH}/../x`, 'g'.repeat(64), `${HASH}\n`])(
    'is null and not requested for %j, which is not a hash',
    async (hash) => {
      expect(await horizon.transaction(hash)).toBeNull()
      expect(world.requests).toEqual([])
    },
  )

  test('that Horizon does not have is null', async () => {
    expect(await horizon.transaction(HASH)).toBeNull()
  })

  test.each<[string, unknown]>([
    ['another transaction', { ...transaction, hash: 'cd'.repeat(32) }],
    ['a transaction without its result', { ...transaction, successful: null }],
    ['an empty list', []],
  ])('answered with %s is unreadable', async (_name, body) => {
    answers[`/transactions/${HASH}`] = [ok(body)]
    const error = await ledgerError(() => horizon.transaction(HASH))
    expect(error.code).toBe('ledger_unreadable')
  })
})

describe('an account', () => {
  const usdc = { asset_type: 'credit_alphanum4', asset_code: 'USDC', asset_issuer: ISSUER }
  const balances = [
    { ...usdc, balance: '10.0000000', limit: '100.0000000', is_authorized: true },
    { ...usdc, asset_code: 'EURC', balance: '0.0000000', limit: '1.0000000', is_authorized: false },
    { asset_type: 'liquidity_pool_shares', balance: '1.0000000' },
    { asset_type: 'native', balance: '5.0000000' },
  ]

  test.each([ANCHOR, MUXED_ANCHOR])('%s has its trustlines', async (account) => {
    answers[`/accounts/${ANCHOR}`] = [
      ok({ id: ANCHOR, sequence: '9007199254740993', balances, data: { note: 'eA==' } }),
    ]
    expect(await horizon.account(account, [])).toEqual({
      id: ANCHOR,
      sequence: '9007199254740993',
      trustlines: [
        {
          asset: { kind: 'issued', code: 'USDC', issuer: ISSUER },
          balance: '10.0000000',
          limit: '100.0000000',
          authorized: true,
        },
        {
          asset: { kind: 'issued', code: 'EURC', issuer: ISSUER },
          balance: '0.0000000',
          limit: '1.0000000',
          authorized: false,
        },
      ],
    })
  })

  test('that does not exist is null, and a text that is not an account id is not requested', async () => {
    expect(await horizon.account(CUSTOMER, [])).toBeNull()
    expect(await horizon.account('anchor', [])).toBeNull()
    expect(world.requests).toHaveLength(1)
  })

  test.each<[string, unknown]>([
    ['another account', { id: CUSTOMER, balances }],
    ['a balance without an asset', { id: ANCHOR, balances: [{ balance: '1' }] }],
  ])('answered with %s is unreadable', async (_name, body) => {
    answers[`/accounts/${ANCHOR}`] = [ok(body)]
    const error = await ledgerError(() => horizon.account(ANCHOR, []))
    expect(error.code).toBe('ledger_unreadable')
  })
})
