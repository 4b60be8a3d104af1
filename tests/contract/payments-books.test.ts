import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import type { OperationForm, TransactionForm } from '../../local/ledger/ledger-transaction.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import { createStellarRpcEndpoint } from '../../local/ledger/stellar-rpc/endpoint.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import type { Site } from '../../local/world/world-server.ts'
import { openOpsPage } from './ops-page.ts'
import type { Reply } from './request.ts'
import { BEARER, KEY, useService } from './service.ts'
import { USDC, withdrawal } from './transactions.ts'

const HORIZON = 'horizon.books.sim'
const RPC_HOST = 'rpc.books.sim'
const ANCHOR = simulatedAccountId('books of an anchor')
const USER = simulatedAccountId('books of a user')
const TRADER = simulatedAccountId('books of a trader')
const ISSUER = USDC.split(':')[2] ?? ''
const NATIVE = 'stellar:native'
const PATH = '/api/payments/reconciliation'

// biome-ignore lint/suspicious/noExplicitAny: answers of routes and of sources
type Any = any

const ledger = createSimulatedLedger({ genesis: new Date(Date.now() - 600_000) })
const service = useService({
  platformLedger: ledger,
  sleep: 'none',
  environment: {
    STELLAR_HORIZON_URL: `https://${HORIZON}`,
    STELLAR_RPC_URL: `https://${RPC_HOST}`,
    PAYMENT_OBSERVER_ACCOUNTS: ANCHOR,
    PAYMENT_OBSERVER_START: 'now',
  },
})

const observe = () => service.call({ path: '/api/payments/observe', headers: BEARER })
const read = (query: Record<string, string> = {}) =>
  service.call({ path: PATH, query, headers: KEY })
const decide = (body: object) => service.call({ method: 'POST', path: PATH, body, headers: KEY })
const snapshot = () => decide({ decision: 'snapshot', account: ANCHOR })

/** The source leaves out what moved in this ledger. */
let hiddenLedger: number | null
/** The source fails to show what moved. */
let isDown: boolean

function withFault(answer: Site['answer']): Site['answer'] {
  return (url, request) => {
    const given = answer(url, request)
    const isOfMovements = /effects$/.test(url.pathname) || /"getEvents"/.test(request?.body ?? '')
    if (!isOfMovements || given.kind !== 'body') return given
    if (isDown) return { ...given, status: 503 }
    const body = JSON.parse(String(given.body))
    const records: Any[] = body._embedded?.records ?? body.result?.events ?? []
    const shown = records.filter(
      (one) =>
        (one.ledger ?? Number(BigInt(one.paging_token.split('-')[0]) >> 32n)) !== hiddenLedger,
    )
    records.splice(0, records.length, ...shown)
    return { ...given, body: JSON.stringify(body) }
  }
}

function pay(operation: OperationForm, rest: Partial<TransactionForm> = {}): void {
  ledger.close([{ source: USER, operations: [operation], ...rest }])
}

const payment = (to: string, asset: string, amount: string): OperationForm => ({
  type: 'payment',
  ...{ to, asset, amount },
})

/** A day of an anchor: everything that moves a balance once. */
function liveADay(): void {
  const memo = { type: 'text', value: 'books' } as const
  pay(payment(ANCHOR, USDC, '100'), { memo })
  pay(payment(ANCHOR, USDC, '0.0000001'))
  // A refund, whose fee the anchor pays.
  pay(payment(USER, USDC, '30'), { source: ANCHOR, fee: '1000' })
  // A payout of an asset that the anchor does not issue, paid by a fee bump of somebody else.
  pay(payment(USER, NATIVE, '5'), { source: ANCHOR, feeAccount: TRADER })
  pay(payment(USER, USDC, '1'), { source: ANCHOR, successful: false, fee: '777' })
  pay({
    ...{ type: 'path_payment_strict_send', to: USER, asset: NATIVE, amount: '3' },
    ...{ sourceAsset: USDC, sourceAmount: '2' },
    source: ANCHOR,
  })
  pay({
    ...{ type: 'path_payment_strict_receive', to: ANCHOR, asset: USDC, amount: '4' },
    ...{ sourceAsset: NATIVE, sourceAmount: '9' },
  })
  // An offer of the anchor is taken, and the anchor takes one.
  pay({
    ...{ type: 'manage_sell_offer', seller: ANCHOR, selling: NATIVE, sold: '7' },
    ...{ buying: USDC, bought: '6.5' },
    source: TRADER,
  })
  pay({
    ...{ type: 'manage_sell_offer', seller: TRADER, selling: NATIVE, sold: '1' },
    ...{ buying: USDC, bought: '1.1' },
    source: ANCHOR,
  })
  pay({ type: 'account_merge', into: ANCHOR, amount: '12.3456789', source: TRADER })
  pay(
    {
      type: 'create_account',
      account: simulatedAccountId('books of a new one'),
      startingBalance: '2',
    },
    { source: ANCHOR },
  )
  pay({
    type: 'claim_claimable_balance',
    balanceId: '00'.repeat(36),
    asset: USDC,
    amount: '8',
    source: ANCHOR,
  })
  pay({
    type: 'create_claimable_balance',
    asset: USDC,
    amount: '0.5',
    claimants: [USER],
    source: ANCHOR,
  })
  pay({ type: 'clawback', from: ANCHOR, asset: USDC, amount: '0.25', source: ISSUER })
  pay({
    type: 'invoke_host_function',
    changes: [{ type: 'transfer', from: ANCHOR, to: USER, asset: USDC, amount: '0.125' }],
  })
  pay(payment(ANCHOR, USDC, '20'), { source: ANCHOR })
  ledger.advance(3)
}

const bookOf = (reply: Reply, asset: string): Any =>
  (reply.body as Any).books.find((book: Any) => book.asset === asset)
const usdc = (reply: Reply) => bookOf(reply, USDC)
const native = (reply: Reply) => bookOf(reply, NATIVE)
const accountOf = (reply: Reply): Any => (reply.body as Any).accounts[0]
const logged = (event: string) =>
  service.log.filter((line) => line.includes(`"${event}"`)).map((line): Any => JSON.parse(line))

describe.each(['horizon', 'rpc'] as const)('the books of an anchor, read from %s', (source) => {
  beforeEach(() => {
    ledger.reset()
    ledger.advance(100)
    ledger.setAccount({
      ...{ id: ANCHOR, balance: '1000' },
      trustlines: [{ asset: USDC, balance: '50' }],
    })
    const horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
    const rpc = createStellarRpcEndpoint(ledger)
    service.sites.set(HORIZON, { answer: withFault(horizon.answer) })
    service.sites.set(RPC_HOST, { answer: withFault(rpc.answer) })
    hiddenLedger = null
    isDown = false
    service.deploy({ LEDGER_SOURCE: source })
    service.platformHas([
      withdrawal('books-1', {
        memo: 'books',
        memo_type: 'text',
        status: 'pending_user_transfer_start',
        withdraw_anchor_account: ANCHOR,
        to_account: ANCHOR,
        transfer_received_at: undefined,
        ...{ amount_in: '100', amount_in_asset: USDC },
        ...{ amount_expected: '100', request_asset: USDC },
        started_at: new Date(Date.now() - 3_600_000).toISOString(),
        external_transaction_id: '=1+1',
      } as never),
    ])
  })

  test('end a day of payments, fees, trades, merges and claims with a difference of zero', async () => {
    expect(accountOf(await observe()).books).toMatchObject({ snapshot: true, differences: 0 })
    liveADay()
    await observe()
    expect((await snapshot()).body).toMatchObject({ books: { differences: 0, remaining: false } })

    const reply = await read()
    expect(usdc(reply)).toMatchObject({
      ...{ epoch: 1, account: ANCHOR, snapshots: 'both', movements: 'whole' },
      ...{ opening: { ledger: 101, balance: '50' }, closing: { balance: '123.7250001' } },
      ...{ moved: '73.7250001', difference: '0' },
    })
    expect(native(reply)).toMatchObject({
      ...{ opening: { balance: '1000' }, closing: { balance: '1011.3454812' } },
      ...{ moved: '11.3454812', difference: '0' },
    })
    const sumOf = (groups: Any[], kind: string) =>
      groups.filter((group) => group.kind === kind).map(({ amount }) => amount)
    expect(sumOf(native(reply).other, 'fee')).toEqual(['-0.0001977'])
    expect(sumOf(usdc(reply).other, 'claim')).toEqual(['8'])
    expect(sumOf(usdc(reply).other, 'trade')).toEqual(['1.1', '-6.5'])
    expect(sumOf(native(reply).paymentsIn, 'account_merge')).toEqual(['12.3456789'])
    expect(logged('reconciliation_difference')).toEqual([])
  })

  test('show each movement with its payment, its transaction and its update', async () => {
    await observe()
    liveADay()
    await observe()
    await snapshot()
    const all = { account: ANCHOR, asset: USDC }
    const { body } = await read(all)
    expect(body).toMatchObject({ next: null, books: [{ asset: USDC }] })
    const { lines } = body as Any
    expect(lines[0]).toMatchObject({
      ...{ kind: 'payment_in', state: 'credited', amount: '100', verdict: 'credited' },
      ...{ transactionId: 'books-1', externalTransactionId: '=1+1', attemptState: 'APPLIED' },
      transactionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const states = lines.map(({ kind, state }: Any) => [kind, state].filter(Boolean).join(' '))
    expect(states).toContain('payment_in open')
    expect(states).toContain('path_payment open')
    expect(states).toContain('path_payment')
    const paged: Any[] = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page: Any = (
        await read({ ...all, limit: '4', ...(cursor === undefined ? {} : { cursor }) })
      ).body
      expect(page.books).toEqual((body as Any).books)
      paged.push(...page.lines)
      cursor = page.next
    }
    expect(paged).toEqual(lines)
  })

  test('differ by what the source left out, until it shows it', async () => {
    await observe()
    pay(payment(ANCHOR, USDC, '1'))
    pay(payment(ANCHOR, USDC, '2'))
    hiddenLedger = ledger.latestSequence()
    pay(payment(ANCHOR, USDC, '4'))
    ledger.advance(3)
    expect((await snapshot()).body).toMatchObject({ books: { differences: 1 } })

    expect(usdc(await read())).toMatchObject({ moved: '5', difference: '-2' })
    expect(native(await read())).toMatchObject({ difference: '0' })
    const found = { account: ANCHOR, asset: USDC, opening: '50', moved: '5', closing: '57' }
    expect(logged('reconciliation_difference')).toMatchObject([
      { level: 'error', ...found, difference: '-2' },
    ])
    const health = await service.call({ path: '/api/health', headers: BEARER })
    expect((health.body as Any).checks.observer).toMatchObject({
      ...{ status: 'warning', reason: 'reconciliation_difference', books: { differences: 1 } },
    })
    const attention = await service.call({ path: '/api/attention', headers: KEY })
    const waiting = (attention.body as Any).waiting.find((one: Any) => one.kind === 'difference')
    expect(waiting.reason).toContain('differ by -2')

    const page = await openOpsPage(service)
    const [card] = (await page.cards()).filter(({ text }) => text.includes('do not agree'))
    await page.close()
    expect(card?.actions).toEqual(['explained'])
    const [{ url, body }] = waiting.actions
    const explain = () =>
      service.call({ method: 'POST', path: new URL(url).pathname, body, headers: KEY })
    expect((await explain()).body).toMatchObject({
      decision: { about: 'books', decision: 'explained', keyName: 'BUSINESS_API_KEY' },
    })
    expect((await explain()).body).toMatchObject({ code: 'decision_refused' })
    const after = await service.call({ path: '/api/health', headers: BEARER })
    expect((after.body as Any).checks.observer.books).toMatchObject({ differences: 0 })
    // The difference itself stays in the books.
    expect(usdc(await read())).toMatchObject({ difference: '-2' })
  })

  test('tell no figure that they do not have', async () => {
    await observe()
    pay(payment(ANCHOR, USDC, '1'))
    const [before] = (await read({ account: ANCHOR, asset: USDC })).body.books
    expect(before).toMatchObject({ snapshots: 'missing', closing: null, difference: null })
    const early = { from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z' }
    const [none] = (await read({ account: ANCHOR, asset: USDC, ...early })).body.books
    expect(none).toMatchObject({
      ...{ snapshots: 'missing', opening: null, closing: null, moved: '0', difference: null },
    })

    isDown = true
    expect((await snapshot()).body).toMatchObject({
      books: { fault: { code: 'ledger_unreachable' } },
    })
    expect(logged('books_not_kept')).toMatchObject([{ level: 'error', code: 'ledger_unreachable' }])
    const [unread] = (await read({ account: ANCHOR, asset: USDC })).body.books
    expect(unread).toMatchObject({ snapshots: 'both', movements: 'not_read', difference: null })

    isDown = false
    expect((await snapshot()).body).toMatchObject({ books: { movements: 1, differences: 0 } })
    expect(usdc(await read())).toMatchObject({ movements: 'whole', difference: '0' })
  })

  test('are CSV for whoever asks for it, without a formula and with the cursor of the next page', async () => {
    await observe()
    liveADay()
    await observe()
    await snapshot()
    const query = { account: ANCHOR, asset: USDC, limit: '1' }
    const page = await read({ ...query, format: 'csv' })
    expect(page.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const cursor = page.headers.get('x-next-cursor') ?? ''
    expect(page.headers.get('link')).toBe(
      `<${PATH}?${new URLSearchParams({ ...query, format: 'csv', cursor })}>; rel="next"`,
    )
    expect(page.headers.get('content-disposition')).toBe(
      'attachment; filename="reconciliation.csv"',
    )
    const [head, line, end] = page.text.split('\r\n')
    expect(head).toMatch(/^account,asset,ledger,closedAt,kind,state,amount,/)
    expect(line).toContain(`,payment_in,credited,100,`)
    expect(line).toContain(`,"'=1+1",`)
    expect(end).toBe('')
    const headers = { ...KEY, accept: 'text/csv, */*;q=0.1' }
    const summaries = await service.call({ path: PATH, headers })
    expect(summaries.headers.get('x-next-cursor')).toBeNull()
    expect(summaries.text.split('\r\n')).toHaveLength(1 + 2 + 1)
  })

  test.each<[Record<string, string>, string]>([
    [{ account: 'GA' }, 'account'],
    [{ asset: 'USDC' }, 'asset'],
    [{ asset: 'iso4217:USD' }, 'asset'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-02T00:00:00Z' }, 'from'],
    [{ format: 'xml' }, 'format'],
    [{ limit: '1001' }, 'limit'],
    [{ cursor: '7.a' }, 'cursor'],
    [{ account: ANCHOR, asset: USDC, cursor: 'x' }, 'cursor'],
    [{ acount: ANCHOR }, 'acount'],
  ])('refuse %j', async (query, path) => {
    expect(await read(query)).toMatchObject({
      ...{ status: 400, body: { code: 'invalid_parameter', details: [{ path }] } },
    })
  })

  test('take a snapshot of an observed account only, and explain a difference that there is', async () => {
    await observe()
    const refused = async (body: object) => (await decide(body)).body
    expect(await refused({ decision: 'snapshot', account: USER })).toMatchObject({
      ...{ code: 'invalid_parameter', details: [{ path: 'account' }] },
    })
    expect(await refused({ decision: 'explained', account: ANCHOR })).toMatchObject({
      code: 'invalid_parameter',
    })
    const period = { account: ANCHOR, asset: USDC, closingLedger: 7, note: 'n' }
    expect(await refused({ decision: 'explained', ...period })).toMatchObject({ code: 'not_found' })
  })
})
