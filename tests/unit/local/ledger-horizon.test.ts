import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createHorizonEndpoint,
  type HorizonEndpoint,
} from '../../../local/ledger/horizon/endpoint.ts'
import type { OperationForm, TransactionForm } from '../../../local/ledger/ledger-transaction.ts'
import {
  createSimulatedLedger,
  type SimulatedLedger,
} from '../../../local/ledger/simulated-ledger.ts'
import { simulatedAccountId, simulatedMuxedAddress } from '../../../local/world/simulated-keys.ts'

const URL_BASE = 'https://horizon.sim'
const ANCHOR = simulatedAccountId('anchor')
const USER = simulatedAccountId('user')
const TOKEN = `stellar:USDC:${simulatedAccountId('issuer')}`
const PAYMENTS = `/accounts/${ANCHOR}/payments`

let ledger: SimulatedLedger
let horizon: HorizonEndpoint
beforeEach(() => {
  ledger = createSimulatedLedger()
  horizon = createHorizonEndpoint(ledger, URL_BASE)
})

interface Body {
  [key: string]: unknown
  _embedded: { records: Record<string, unknown>[] }
  _links: { next: { href: string } }
}

function ask(path: string): { status: number; headers: Record<string, string>; body: Body } {
  const answer = horizon.answer(new URL(path, URL_BASE))
  if (answer.kind !== 'body') throw new Error(answer.kind)
  return { ...answer, body: JSON.parse(String(answer.body)) }
}

const records = (path: string) => ask(path).body._embedded.records
const paid = (amount: string): OperationForm => ({
  type: 'payment',
  to: ANCHOR,
  asset: 'stellar:native',
  amount,
})
const path = {
  to: ANCHOR,
  asset: TOKEN,
  amount: '1.5',
  sourceAsset: 'stellar:native',
  sourceAmount: '7',
} as const
/** Closes a ledger with one transaction of the user. */
const close = (operations: OperationForm[], more: Partial<TransactionForm> = {}) =>
  ledger.close([{ source: USER, operations, ...more }])[0]
const pay = (amount: string, more?: Partial<TransactionForm>) => close([paid(amount)], more)

describe('the simulated history', () => {
  test('has the ids of SEP-35, which count transactions and operations from 1', () => {
    ledger.advance(9)
    const [, second] = ledger.close([
      { source: USER, operations: [paid('1')] },
      { source: USER, operations: [paid('2'), paid('3')] },
    ])
    expect(second).toMatchObject({ ledger: 11, id: (11n << 32n) | (2n << 12n) })
    expect(second?.operations.map(({ id }) => id)).toEqual([
      (11n << 32n) | 8193n,
      (11n << 32n) | 8194n,
    ])
  })

  test('has the same hashes for the same content, and others after a reset', () => {
    const other = createSimulatedLedger()
    const form = { source: USER, operations: [paid('1')] }
    const before = ledger.close([form])[0]
    expect(other.close([form])[0]?.hash).toBe(before?.hash)
    const header = ledger.header(1)
    ledger.reset()
    expect(ledger.latestSequence()).toBe(1)
    expect(ledger.header(1)?.hash).not.toBe(header?.hash)
    expect(ledger.transaction(before?.hash ?? '')).toBeNull()
    expect(ledger.close([form])[0]?.hash).not.toBe(before?.hash)
  })

  test('links each ledger to the previous one, and closes ledgers by the clock', () => {
    let now = new Date('2026-01-01T00:00:30Z')
    const ticking = createSimulatedLedger({ now: () => now })
    expect(ticking.latestSequence()).toBe(7)
    now = new Date('2026-01-01T00:00:40Z')
    expect(ticking.header(9)).toMatchObject({
      closedAt: now,
      previousHash: ticking.header(8)?.hash,
    })
    expect(ticking.header(10)).toBeNull()
    expect(ticking.close([])).toEqual([])
    expect(ticking.latestSequence()).toBe(10)
  })

  test('shows every payment once and in order by the cursor, at any page length', () => {
    for (let index = 0; index < 7; index += 1) {
      const operations = Array.from({ length: index === 3 ? 100 : 2 }, (_, at) => paid(String(at)))
      close(operations)
    }
    for (const limit of [1, 7, 100, 200]) {
      const seen: bigint[] = []
      let cursor = ''
      for (;;) {
        const page = records(`${PAYMENTS}?cursor=${cursor}&limit=${limit}&order=asc`)
        seen.push(...page.map(({ id }) => BigInt(String(id))))
        if (page.length < limit) break
        cursor = String(page.at(-1)?.['paging_token'])
      }
      expect(seen).toHaveLength(112)
      expect(seen.every((id, index) => id > (seen[index - 1] ?? 0n))).toBe(true)
    }
    const up = records(`${PAYMENTS}?limit=200`)
    expect(records(`${PAYMENTS}?limit=200&order=desc`)).toEqual(up.reverse())
    expect(ask(`${PAYMENTS}?limit=5`).body._links.next.href).toMatch(
      new RegExp(`^${URL_BASE}${PAYMENTS}\\?cursor=\\d+&limit=5&order=asc$`),
    )
  })

  test('shows failed transactions only with include_failed', () => {
    pay('1', { successful: false })
    expect(records(PAYMENTS)).toEqual([])
    expect(records(`${PAYMENTS}?include_failed=true`)).toMatchObject([
      { transaction_successful: false },
    ])
  })

  test('lists claimable balances and clawbacks as operations, but not as payments', () => {
    const asset = TOKEN
    close([
      { type: 'create_claimable_balance', asset, amount: '1', claimants: [ANCHOR] },
      { type: 'claim_claimable_balance', source: ANCHOR, balanceId: '00', asset, amount: '1' },
      { type: 'clawback', from: ANCHOR, asset, amount: '1' },
    ])
    expect(records(PAYMENTS)).toEqual([])
    expect(records(`/accounts/${ANCHOR}/operations`).map(({ type }) => type)).toEqual([
      'create_claimable_balance',
      'claim_claimable_balance',
      'clawback',
    ])
  })

  test('gives each kind of payment the fields of Horizon', () => {
    const changes = [
      { type: 'transfer', from: USER, to: ANCHOR, asset: TOKEN, amount: '500' } as const,
    ]
    close([
      { type: 'payment', to: ANCHOR, toMuxedId: '420', asset: TOKEN, amount: '0.0000001' },
      { type: 'path_payment_strict_send', ...path },
      { type: 'path_payment_strict_receive', ...path },
      { type: 'create_account', account: ANCHOR, startingBalance: '2' },
      { type: 'account_merge', into: ANCHOR, amount: '3' },
      { type: 'invoke_host_function', changes },
    ])
    expect(records(PAYMENTS)).toMatchObject([
      {
        type: 'payment',
        type_i: 1,
        to: ANCHOR,
        to_muxed: simulatedMuxedAddress(ANCHOR, '420'),
        to_muxed_id: '420',
        asset_type: 'credit_alphanum4',
        asset_code: 'USDC',
        amount: '0.0000001',
      },
      {
        type_i: 13,
        amount: '1.5000000',
        source_amount: '7.0000000',
        destination_min: '1.5000000',
        source_asset_type: 'native',
      },
      { type_i: 2, amount: '1.5000000', source_max: '7.0000000' },
      { type_i: 0, starting_balance: '2.0000000', funder: USER, account: ANCHOR },
      { type_i: 8, account: USER, into: ANCHOR },
      {
        type_i: 24,
        asset_balance_changes: [
          { type: 'transfer', from: USER, to: ANCHOR, asset_code: 'USDC', amount: '500.0000000' },
        ],
      },
    ])
  })

  test('shows 0 in place of the result of a failed path payment', () => {
    const operations = [
      { type: 'path_payment_strict_send', ...path } as const,
      { type: 'path_payment_strict_receive', ...path } as const,
    ]
    close(operations, { successful: false })
    expect(records(`${PAYMENTS}?include_failed=true`)).toMatchObject([
      { amount: '0.0000000', source_amount: '7.0000000' },
      { amount: '1.5000000', source_amount: '0.0000000' },
    ])
  })

  test.each([
    [
      { type: 'text', value: ' 123 ' },
      { memo: ' 123 ', memo_bytes: 'IDEyMyA=' },
    ],
    [
      { type: 'text', value: '' },
      { memo: '', memo_bytes: '' },
    ],
    [
      { type: 'text', value: Uint8Array.of(0x61, 0xff, 0x62) },
      { memo: 'a\ufffdb', memo_bytes: 'Yf9i' },
    ],
    [{ type: 'id', value: '18446744073709551615' }, { memo: '18446744073709551615' }],
    [{ type: 'hash', value: '00'.repeat(32) }, { memo: `${'A'.repeat(43)}=` }],
    [{ type: 'return', value: '00'.repeat(32) }, { memo: `${'A'.repeat(43)}=` }],
  ] as const)('joins the memo %o to the payment as %o', (memo, shown) => {
    const transaction = pay('1', { memo })
    const joined = records(`${PAYMENTS}?join=transactions`)[0]?.['transaction']
    expect(joined).toMatchObject({ hash: transaction?.hash, memo_type: memo.type, ...shown })
    expect(joined).toEqual(ask(`/transactions/${transaction?.hash}`).body)
  })

  test('shows a payment without a memo without `memo`, and without a join without its transaction', () => {
    const transaction = pay('1')
    expect(ask(`/transactions/${transaction?.hash}`).body).not.toHaveProperty('memo')
    expect(records(PAYMENTS)[0]).not.toHaveProperty('transaction')
  })

  test('lists the payments of a transaction, also of a failed one', () => {
    const transaction = pay('4', { successful: false })
    expect(records(`/transactions/${transaction?.hash}/payments`)).toMatchObject([
      { amount: '4.0000000', transaction_hash: transaction?.hash },
    ])
    expect(records(`/transactions/${transaction?.hash}/operations`)).toHaveLength(1)
  })

  test('refuses a transaction or an amount that no ledger could hold', () => {
    expect(() => pay('1e3')).toThrow('Amount refused')
    expect(() => close([])).toThrow('0 operations')
    expect(() => close(Array(101).fill(paid('1')))).toThrow('101 operations')
  })
})

describe('the network, its ledgers and accounts', () => {
  test('the root names the oldest and the latest ledger and the network', () => {
    ledger.advance(9)
    ledger.trim(4)
    expect(ask('/').body).toMatchObject({
      history_latest_ledger: 10,
      history_elder_ledger: 4,
      network_passphrase: 'Public Global Stellar Network ; September 2015',
    })
  })

  test('the newest ledger is found in the list, and each ledger by its number', () => {
    ledger.advance(2)
    const [newest] = records('/ledgers?order=desc&limit=1')
    expect(newest).toMatchObject({ sequence: 3, closed_at: '2026-01-01T00:00:10Z' })
    expect(ask('/ledgers/3').body).toEqual(newest)
    expect(ask('/ledgers/2').body['hash']).toBe(newest?.['prev_hash'])
    expect(ask('/ledgers/4').status).toBe(404)
  })

  test('an account shows its trustlines, and an unknown account is 404 until a payment', () => {
    ledger.setAccount({ id: USER, trustlines: [{ asset: TOKEN, isAuthorized: false }] })
    expect(ask(`/accounts/${USER}`).body['balances']).toMatchObject([
      { asset_code: 'USDC', is_authorized: false, limit: '922337203685.4775807' },
      { asset_type: 'native' },
    ])
    expect(ask(`/accounts/${ANCHOR}`).status).toBe(404)
    expect(ask(PAYMENTS).status).toBe(404)
    pay('1')
    expect(ask(PAYMENTS).status).toBe(200)
  })

  test('an ascending page of a trimmed history starts later, and a dropped ledger is 410', () => {
    const lost = pay('1')
    const kept = pay('2')
    ledger.trim(kept?.ledger ?? 0)
    expect(records(`${PAYMENTS}?cursor=1`)).toMatchObject([{ amount: '2.0000000' }])
    expect(ask(`${PAYMENTS}?cursor=1&order=desc`).status).toBe(410)
    expect(ask(`/ledgers/${lost?.ledger}`).status).toBe(410)
    expect(ask(`/transactions/${lost?.hash}`).status).toBe(404)
  })

  test('the cursor `now` is behind all payments', () => {
    pay('1')
    expect(records(`${PAYMENTS}?cursor=now`)).toEqual([])
    expect(records(`${PAYMENTS}?cursor=now&order=desc`)).toHaveLength(1)
  })

  test.each(['cursor=abc', 'cursor=-1', 'limit=201', 'limit=0', 'order=up'])(
    '%s is a bad request',
    (query) => {
      pay('1')
      expect(ask(`${PAYMENTS}?${query}`).status).toBe(400)
    },
  )
})

const FIELDS = new URL('../../fixtures/ledger/horizon-fields.json', import.meta.url)

test('each record has every field of a real Horizon record that is not XDR, a link or a memo', () => {
  ledger.setAccount({ id: ANCHOR, trustlines: [] })
  close([
    { type: 'create_account', account: ANCHOR, startingBalance: '2' },
    { type: 'account_merge', into: ANCHOR, amount: '3' },
    { type: 'payment', to: ANCHOR, asset: TOKEN, amount: '1' },
  ])
  const payments = records(PAYMENTS)
  const shown: Record<string, unknown> = {
    ...Object.fromEntries(payments.map((record) => [record['type'], record])),
    transaction: ask(`/transactions/${payments[0]?.['transaction_hash']}`).body,
    ledger: ask('/ledgers/2').body,
    account: ask(`/accounts/${ANCHOR}`).body,
  }
  const wanted: Record<string, string[]> = JSON.parse(readFileSync(FIELDS, 'utf8'))
  for (const [name, fields] of Object.entries(wanted)) {
    expect(Object.keys(Object(shown[name])), name).toEqual(expect.arrayContaining(fields))
  }
})

describe('a fault', () => {
  beforeEach(() => {
    for (let index = 1; index <= 4; index += 1) pay(String(index))
  })
  const amounts = (query: string) =>
    records(`${PAYMENTS}?${query}`).map(({ amount }) => Number(amount))
  const cursorOf = (index: number) => records(PAYMENTS)[index]?.['paging_token']

  test('repeats the last page, whatever the cursor', () => {
    const cursor = cursorOf(1)
    expect(amounts('limit=2')).toEqual([1, 2])
    horizon.setFaults([{ kind: 'repeat_page' }])
    expect(amounts(`limit=2&cursor=${cursor}`)).toEqual([1, 2])
    expect(amounts(`limit=2&cursor=${cursor}`)).toEqual([3, 4])
  })

  test('leaves out a page or a record', () => {
    horizon.setFaults([{ kind: 'lose_page' }, { kind: 'lose_record', record: 1 }])
    expect(amounts('limit=2')).toEqual([3, 4])
    expect(amounts('limit=3')).toEqual([1, 3])
    expect(amounts('limit=3')).toEqual([1, 2, 3])
  })

  test('lets links lead to another host', () => {
    horizon.setFaults([{ kind: 'foreign_links' }])
    expect(ask(PAYMENTS).body._links.next.href).toMatch(/^https:\/\/elsewhere\.sim\//)
  })

  test.each([
    [{ kind: 'gone' }, 410, {}],
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, 429, { 'retry-after': '7' }],
    [{ kind: 'status', status: 503 }, 503, {}],
    [{ kind: 'status', status: 504 }, 504, {}],
  ] as const)('%o answers with %i once', (fault, status, headers) => {
    horizon.setFaults([fault])
    expect(ask(PAYMENTS)).toMatchObject({ status, headers, body: { status } })
    expect(ask(PAYMENTS).status).toBe(200)
  })

  test('answers with HTML, with half of the JSON, without records, or without history', () => {
    horizon.setFaults([
      { kind: 'html', path: '/payments' },
      { kind: 'truncated', path: '/payments' },
      { kind: 'empty', times: 2 },
    ])
    expect(() => ask(PAYMENTS)).toThrow(SyntaxError)
    expect(() => ask(PAYMENTS)).toThrow(SyntaxError)
    expect(records(PAYMENTS)).toEqual([])
    expect(ask('/').body).toMatchObject({ history_latest_ledger: 0, history_elder_ledger: 0 })
    expect(records(PAYMENTS)).toHaveLength(4)
  })

  test('delays two requests from the third one on, resets one, or never answers', () => {
    horizon.setFaults([{ kind: 'slow', after: 2, times: 2, delayMs: 9 }])
    const delays = [1, 2, 3, 4, 5].map(() => horizon.answer(new URL(PAYMENTS, URL_BASE)).delayMs)
    expect(delays).toEqual([undefined, undefined, 9, 9, undefined])
    horizon.setFaults([{ kind: 'reset' }, { kind: 'hang' }])
    expect(horizon.answer(new URL(PAYMENTS, URL_BASE))).toEqual({ kind: 'reset' })
    expect(horizon.answer(new URL(PAYMENTS, URL_BASE))).toEqual({ kind: 'hang' })
  })
})
