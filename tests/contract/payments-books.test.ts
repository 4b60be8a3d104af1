import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import type { OperationForm, TransactionForm } from '../../local/ledger/ledger-transaction.ts'
import { createSimulatedLedger, type SimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import { createStellarRpcEndpoint } from '../../local/ledger/stellar-rpc/endpoint.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import type { Site } from '../../local/world/world-server.ts'
import type { Reply } from './request.ts'
import { BEARER, KEY, useService } from './service.ts'
import { withdrawal } from './transactions.ts'

const HORIZON = 'horizon.books.sim'
const RPC_HOST = 'rpc.books.sim'
const ANCHOR = simulatedAccountId('books of an anchor')
const USER = simulatedAccountId('books of a user')
const TRADER = simulatedAccountId('books of a trader')
const ISSUER = simulatedAccountId('books of an issuer')
const USDC = `stellar:USDC:${ISSUER}`
const NATIVE = 'stellar:native'
const PATH = '/api/payments/reconciliation'

const service = useService({
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

let ledger: SimulatedLedger
let horizon: ReturnType<typeof createHorizonEndpoint>

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

const native = (reply: Reply) => bookOf(reply, NATIVE)
const usdc = (reply: Reply) => bookOf(reply, USDC)
// biome-ignore lint/suspicious/noExplicitAny: an answer of the route
function bookOf(reply: Reply, asset: string): any {
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the route
  return (reply.body as any).books.find((book: { asset: string }) => book.asset === asset)
}

describe.each(['horizon', 'rpc'] as const)('the books of an anchor, read from %s', (source) => {
  beforeEach(() => {
    ledger = createSimulatedLedger()
    ledger.advance(100)
    ledger.setAccount({
      ...{ id: ANCHOR, balance: '1000' },
      trustlines: [{ asset: USDC, balance: '50' }],
    })
    horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
    const rpc = createStellarRpcEndpoint(ledger)
    const site: Site = { answer: horizon.answer }
    service.sites.set(HORIZON, site)
    service.sites.set(RPC_HOST, { answer: rpc.answer })
    service.deploy({ LEDGER_SOURCE: source })
    service.platformHas([
      withdrawal('books-1', {
        memo: 'books',
        memo_type: 'text',
        status: 'pending_user_transfer_start',
        withdraw_anchor_account: ANCHOR,
        ...{ amount_in: '100', amount_in_asset: USDC },
        ...{ amount_expected: '100', request_asset: USDC },
        started_at: '2025-12-31T00:00:00Z',
        external_transaction_id: '=1+1',
      } as never),
    ])
  })

  test('end a day of payments, fees, trades, merges and claims with a difference of zero', async () => {
    expect((await observe()).body).toMatchObject({ accounts: [{ books: { snapshot: true } }] })
    liveADay()
    await observe()
    expect((await snapshot()).body).toMatchObject({ books: { differences: 0, remaining: false } })

    const reply = await read()
    expect(usdc(reply)).toMatchObject({ snapshots: 'both', movements: 'whole', difference: '0' })
    expect(native(reply)).toMatchObject({ snapshots: 'both', movements: 'whole', difference: '0' })
  })
})
