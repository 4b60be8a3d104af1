import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonSource } from '../../../../lib/ledger/horizon/source.ts'
import { FetchError } from '../../../../lib/net/fetch-untrusted.ts'
import { operationId } from '../../../helpers/ledger-stub.ts'
import { ANCHOR, CUSTOMER, ISSUER, ledgerError } from '../ledger-world.ts'
import { type ScriptedAnswer, scriptedIo } from '../scripted-io.ts'

type Json = Record<string, unknown>
const USDC = { asset_type: 'credit_alphanum4', asset_code: 'USDC', asset_issuer: ISSUER }
const AT = '2026-11-20T10:00:00Z'
const hashOf = (ledger: number, order = 1) => `${ledger}${order}`.padStart(64, '0')
const toid = (ledger: number, order = 1) => operationId(ledger, order, 0)

let transactions: Json[]
let effects: Json[]
let operations: Record<string, Json>
/** The server's pages of more records are too large to be read. */
let pageSize: number

beforeEach(() => {
  transactions = []
  effects = []
  operations = {}
  pageSize = 200
})

const io = () =>
  scriptedIo((asked): ScriptedAnswer => {
    const url = new URL(asked, 'https://horizon.sim')
    const cursor = url.searchParams.get('cursor') ?? ''
    const limit = Number(url.searchParams.get('limit'))
    if (limit > pageSize) throw new FetchError('too_large', asked, 'more')
    const page = (records: Json[]) => ({
      body: { _embedded: { records: records.slice(0, limit) } },
    })
    if (url.pathname === `/accounts/${ANCHOR}/transactions`) {
      return page(
        transactions.filter((one) => BigInt(String(one['paging_token'])) > BigInt(cursor)),
      )
    }
    if (url.pathname === `/accounts/${ANCHOR}/effects`) {
      const [number = '', order = ''] = cursor.split('-')
      return page(
        effects.filter(({ paging_token: token }) => {
          const [own = '', place = ''] = String(token).split('-')
          return own === number ? Number(place) > Number(order) : BigInt(own) > BigInt(number)
        }),
      )
    }
    const [, id] = /^\/operations\/(\d+)$/.exec(url.pathname) ?? []
    const operation = operations[id ?? '']
    return operation === undefined ? { status: 404 } : { body: operation }
  })
const source = (given = io()) => createHorizonSource({ url: 'https://horizon.sim' }, given)

function transaction(ledger: number, change: Json = {}, order = 1): void {
  transactions.push({
    ...{ hash: hashOf(ledger, order), paging_token: toid(ledger, order), created_at: AT },
    ...{ successful: true, source_account: CUSTOMER, fee_account: CUSTOMER, fee_charged: '100' },
    ...change,
  })
}
function effect(ledger: number, change: Json = {}, [order, operation, place] = [1, 1, 1]): void {
  effects.push({
    paging_token: `${operationId(ledger, order, operation)}-${place}`,
    ...{ account: ANCHOR, type: 'account_credited', created_at: AT, amount: '1.0000000', ...USDC },
    ...change,
  })
}
const debited = { type: 'account_debited' }

async function readAll(size = 200) {
  pageSize = size
  const horizon = source()
  const found: string[] = []
  let cursor = horizon.movementsBehind(1)
  for (;;) {
    const page = await horizon.movements(ANCHOR, cursor)
    found.push(
      ...page.movements.map(({ kind, stroops, ledger, operationId: id }) =>
        [ledger, kind, stroops, id === null ? 'no operation' : 'operation'].join(' '),
      ),
    )
    if (page.isLast) return found
    expect(BigInt(page.cursor)).toBeGreaterThan(BigInt(cursor))
    cursor = page.cursor
  }
}

describe('movements', () => {
  test('are effects and the fees that the account paid, of failed transactions too', async () => {
    transaction(10)
    effect(10)
    transaction(11, { source_account: ANCHOR, fee_account: ANCHOR, fee_charged: '250' })
    effect(11, debited)
    transaction(12, { successful: false, fee_account: ANCHOR, fee_charged: 300 })
    transaction(13, { fee_account: ANCHOR, fee_charged: '0' })
    // Somebody else pays by a fee bump.
    transaction(14, { source_account: ANCHOR })
    // An old Horizon does not name who paid.
    transaction(15, { source_account: ANCHOR, fee_account: undefined, fee_charged: '7' })
    expect(await readAll()).toEqual([
      '10 payment_in 10000000 operation',
      '11 fee -250 no operation',
      '11 payment_out -10000000 operation',
      '12 fee -300 no operation',
      '15 fee -7 no operation',
    ])
  })

  test('come once each, whatever the length of a page and however many effects an operation has', async () => {
    for (let ledger = 10; ledger < 70; ledger += 1) {
      transaction(ledger, { fee_account: ANCHOR, source_account: ANCHOR })
      transaction(ledger, {}, 2)
      for (let place = 1; place <= ledger % 20; place += 1) effect(ledger, {}, [1, 2, place])
    }
    const whole = await readAll()
    expect(whole).toHaveLength(60 + 3 * 190)
    for (const size of [40, 8]) expect(await readAll(size)).toEqual(whole)
  })

  test('of a transaction that the account has no part in are named by their operation', async () => {
    effect(10, {
      type: 'trade',
      sold_amount: '1.0000000',
      bought_amount: '2.0000000',
      sold_asset_type: 'native',
      bought_asset_type: 'native',
    })
    const id = operationId(10)
    operations[id] = { id, type: 'manage_sell_offer', transaction_hash: hashOf(10) }
    const { movements } = await source().movements(ANCHOR, '0')
    expect(movements).toMatchObject([
      { kind: 'trade', stroops: '-10000000', transactionHash: hashOf(10), operationId: id },
      { kind: 'trade', stroops: '20000000', transactionHash: hashOf(10), operationId: id },
    ])
  })

  test('that took from the account in a transaction of others are looked up', async () => {
    transaction(10, { source_account: ISSUER })
    effect(10, debited)
    const id = operationId(10)
    operations[id] = { id, type: 'clawback', transaction_hash: hashOf(10) }
    expect(await readAll()).toEqual(['10 clawback -10000000 operation'])
  })

  test('of an issuer leave out the asset that it issues', async () => {
    transaction(10)
    effect(10, { asset_issuer: ANCHOR })
    effect(10, { ...debited, asset_type: 'native' }, [1, 1, 2])
    const id = operationId(10)
    operations[id] = { id, type: 'payment', transaction_hash: hashOf(10) }
    expect(await readAll()).toEqual(['10 payment_out -10000000 operation'])
  })

  test('begin behind the asked ledger', async () => {
    for (const ledger of [9, 10, 11]) {
      transaction(ledger, { fee_account: ANCHOR })
      effect(ledger)
    }
    const horizon = source()
    const page = await horizon.movements(ANCHOR, horizon.movementsBehind(10))
    expect(page.movements.map(({ ledger }) => ledger)).toEqual([11, 11])
    expect(horizon.ledgerOf(page.cursor)).toBe(11)
    expect(await horizon.movements(ANCHOR, page.cursor)).toEqual({
      ...{ movements: [], cursor: page.cursor, isLast: true },
    })
  })

  test.each<[string, () => unknown]>([
    ['a transaction without a fee', () => transaction(10, { fee_charged: undefined })],
    ['a transaction without a hash', () => transaction(10, { hash: 'x' })],
    ['an effect on another account', () => effect(10, { account: CUSTOMER })],
    ['an effect without a place', () => effect(10, { paging_token: '42949677057' })],
    ['an effect whose operation is not shown', () => effect(10)],
    ['effects that go back', () => [11, 10].map((ledger) => effect(ledger))],
    ['transactions that come twice', () => [10, 10].map((ledger) => transaction(ledger))],
  ])('of %s are not read', async (_name, put) => {
    put()
    const error = await ledgerError(() => source().movements(ANCHOR, '0'))
    expect(error.code).toBe('ledger_unreadable')
  })
})

describe('balances', () => {
  const balance = (asset: Json, amount: string, modified?: number) => ({
    ...asset,
    balance: amount,
    ...(modified === undefined ? {} : { last_modified_ledger: modified }),
  })
  const account = (modified: number, balances: Json[]) => ({
    body: { id: ANCHOR, last_modified_ledger: modified, balances },
  })
  /** The head grows by one ledger with each request. */
  const asking = (accounts: ScriptedAnswer[], head = 100) => {
    let latest = head
    const queue = [...accounts]
    const given = scriptedIo((asked): ScriptedAnswer => {
      if (asked === '/') {
        latest += 1
        const network_passphrase = 'n'
        return {
          body: { history_latest_ledger: latest, history_elder_ledger: 1, network_passphrase },
        }
      }
      const [, sequence] = /^\/ledgers\/(\d+)$/.exec(asked) ?? []
      if (sequence !== undefined) {
        return { body: { sequence: Number(sequence), closed_at: AT, hash: 'ab'.repeat(32) } }
      }
      return (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 404 }
    })
    return { given, read: () => source(given).balances(ANCHOR, []) }
  }

  test('are those of the head, which is not older than any of them', async () => {
    const held = [balance(USDC, '1.5000000', 101), balance({ asset_type: 'native' }, '2.0000000')]
    const shares = balance({ asset_type: 'liquidity_pool_shares' }, '9.0000000', 5)
    expect(await asking([account(99, [...held, shares])]).read()).toEqual({
      ...{ ledger: 101, closedAt: '2026-11-20T10:00:00.000Z', isWhole: true },
      balances: [
        { asset: { kind: 'issued', code: 'USDC', issuer: ISSUER }, stroops: '15000000' },
        { asset: { kind: 'native' }, stroops: '20000000' },
      ],
    })
  })

  test.each([
    ['the account', account(102, [balance({ asset_type: 'native' }, '1.0000000')])],
    ['a trustline', account(1, [balance(USDC, '1.0000000', 102)])],
  ])('are read again with the head when %s changed behind it', async (_name, newer) => {
    const later = account(102, [balance({ asset_type: 'native' }, '3.0000000')])
    expect(await asking([newer, later]).read()).toMatchObject({
      ...{ ledger: 102, balances: [{ stroops: '30000000' }] },
    })
  })

  test('that are newer every time are not told', async () => {
    const always = account(1_000, [])
    const error = await ledgerError(asking([always]).read)
    expect(error.code).toBe('ledger_unreadable')
  })

  test('of an account that is not on the ledger are zero', async () => {
    expect(await asking([{ status: 404 }]).read()).toMatchObject({
      ...{ isWhole: true, balances: [{ asset: { kind: 'native' }, stroops: '0' }] },
    })
  })
})
