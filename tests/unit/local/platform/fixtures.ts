import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import { nanosecondsOf } from '../../../../local/platform/instants.ts'
import type { MethodName } from '../../../../local/platform/methods/table.ts'
import type {
  Kind,
  Status,
  StoredTransaction,
} from '../../../../local/platform/stored-transaction.ts'

export const USD = 'iso4217:USD'
export const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
export const USDC = `stellar:USDC:${ISSUER}`
export const HASH = 'f00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dface'
export const NOW = new Date('2026-02-03T04:05:06.007Z')
/** The platform's clock, which stands still. */
export const clock = () => nanosecondsOf(NOW)
export const PAID_AT = '2026-02-01T10:00:00Z'
const ANCHOR = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'

export type Sep = StoredTransaction['sep']

/** Every SEP with every kind of transaction it knows. */
export const SEP_KINDS: readonly { sep: Sep; kind: Kind }[] = [
  { sep: '24', kind: 'deposit' },
  { sep: '24', kind: 'withdrawal' },
  { sep: '6', kind: 'deposit' },
  { sep: '6', kind: 'deposit-exchange' },
  { sep: '6', kind: 'withdrawal' },
  { sep: '6', kind: 'withdrawal-exchange' },
  { sep: '31', kind: 'receive' },
]

const assetIn = (kind: Kind): string => (kind.startsWith('deposit') ? USD : USDC)
const assetOut = (kind: Kind): string => (kind.startsWith('deposit') ? USDC : USD)

/** A transaction with 100 in, 95 out and a fee of 5 stored. */
export function transactionOf(
  { sep, kind }: { sep: Sep; kind: Kind },
  status: Status,
  columns: Partial<StoredTransaction> = {},
): StoredTransaction {
  return {
    sep,
    id: 'tx-1',
    kind,
    status,
    started_at: '2026-01-01T00:00:00Z',
    amount_in: '100',
    amount_in_asset: assetIn(kind),
    amount_out: '95',
    amount_out_asset: assetOut(kind),
    amount_fee: '5',
    amount_fee_asset: assetIn(kind),
    ...(sep !== '31' && {
      request_asset_code: 'USDC',
      request_asset_issuer: ISSUER,
      to_account: kind.startsWith('deposit') ? USER : ANCHOR,
    }),
    ...columns,
  }
}

/** Params every method accepts in a status it accepts. */
/** @param feeForm 4.3.0 reads `fee_details` alone */
export function goodParams(
  method: MethodName,
  kind: Kind,
  feeForm: 'amount_fee' | 'fee_details' = 'amount_fee',
): Record<string, unknown> {
  const amountIn = { amount: '100', asset: assetIn(kind) }
  const amountOut = { amount: '95', asset: assetOut(kind) }
  const fee = { amount: '5', asset: assetIn(kind) }
  const charged =
    feeForm === 'amount_fee'
      ? { amount_fee: fee }
      : { fee_details: { total: fee.amount, asset: fee.asset } }
  const requested = { amount_in: amountIn, amount_out: amountOut, ...charged }
  const refund = { id: 'refund-1', amount: { ...amountIn, amount: '95' }, amount_fee: fee }
  const own: Partial<Record<MethodName, Record<string, unknown>>> = {
    notify_interactive_flow_completed: requested,
    request_offchain_funds: requested,
    request_onchain_funds: requested,
    notify_refund_pending: { refund },
    notify_refund_sent: { refund },
    do_stellar_refund: { refund },
    notify_trust_set: { success: true },
    notify_onchain_funds_sent: { stellar_transaction_id: HASH },
    notify_onchain_funds_received: { stellar_transaction_id: HASH },
    notify_amounts_updated: { amount_out: amountOut, ...charged },
  }
  return { transaction_id: 'tx-1', message: `about ${method}`, ...own[method] }
}

export function stateWith(
  transactions: StoredTransaction[],
  config: StateForm['config'] = {},
): StateForm {
  return {
    config,
    ledger_fixture: {
      [HASH]: [
        {
          type: 'payment',
          created_at: PAID_AT,
          envelope_xdr: 'AAAA',
          payment_id: '1',
          from: USER,
          to: ANCHOR,
          amount: '100.0000000',
          asset: `USDC:${ISSUER}`,
        },
      ],
    },
    initial_transactions: transactions,
  }
}

let lastId = 0
export const item = (method: string, params?: unknown, id: unknown = `id-${++lastId}`) => ({
  jsonrpc: '2.0',
  method,
  params,
  id,
})

export interface Answer {
  jsonrpc: string
  id?: unknown
  result?: Record<string, unknown>
  error?: { id?: string; code: number; message?: string }
}

/** Sends a batch to the emulator; a text is sent as it is. */
export async function post(url: string, batch: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof batch === 'string' ? batch : JSON.stringify(batch),
  })
  const text = await response.text()
  return { status: response.status, text, answers: JSON.parse(text) as Answer[] }
}
