import { randomBytes } from 'node:crypto'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'

export const USD = 'iso4217:USD'
const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
export const USDC = `stellar:USDC:${ISSUER}`
export const XLM = 'stellar:native'
export const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
export const ANCHOR = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'

export interface Item {
  jsonrpc: '2.0'
  method: string
  params: unknown
  id: unknown
}

/** A SEP-24 deposit of 100 USD for 95 USDC, its funds received unless other columns are given. */
export function deposit(id: string, columns: Partial<StoredTransaction> = {}): StoredTransaction {
  return {
    sep: '24',
    id,
    kind: 'deposit',
    status: 'pending_anchor',
    started_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-02T00:00:00Z',
    transfer_received_at: '2026-01-02T00:00:00Z',
    request_asset_code: 'USDC',
    request_asset_issuer: ISSUER,
    amount_in: '100',
    amount_in_asset: USD,
    amount_out: '95',
    amount_out_asset: USDC,
    amount_fee: '5',
    amount_fee_asset: USD,
    to_account: USER,
    ...columns,
  }
}

/** A SEP-24 withdrawal of 100 USDC for 95 USD, its funds received unless other columns are given. */
export function withdrawal(
  id: string,
  columns: Partial<StoredTransaction> = {},
): StoredTransaction {
  return {
    ...deposit(id),
    kind: 'withdrawal',
    amount_in_asset: USDC,
    amount_out_asset: USD,
    amount_fee_asset: USDC,
    from_account: USER,
    to_account: ANCHOR,
    withdraw_anchor_account: ANCHOR,
    ...columns,
  }
}

/** The columns of a transaction before its amounts are known. */
export const incomplete: Partial<StoredTransaction> = {
  status: 'incomplete',
  transfer_received_at: undefined,
  amount_in: undefined,
  amount_in_asset: undefined,
  amount_out: undefined,
  amount_out_asset: undefined,
  amount_fee: undefined,
  amount_fee_asset: undefined,
}

/** A new hash of a Stellar transaction, and the payment that the ledger of the platform has for it. */
export function stellarPayment(amount = '100.0000000', asset = `USDC:${ISSUER}`) {
  const hash = randomBytes(32).toString('hex')
  const payment = {
    type: 'payment',
    created_at: '2026-01-03T00:00:00Z',
    envelope_xdr: 'AAAA',
    payment_id: String(randomBytes(6).readUIntBE(0, 6)),
    from: USER,
    to: ANCHOR,
    amount,
    asset,
  }
  return { hash, ledger_fixture: { [hash]: [payment] } }
}

/** The amounts of a deposit of 100 USD for 95 USDC. */
export const DEPOSIT_AMOUNTS = {
  amount_in: { amount: '100', asset: USD },
  amount_out: { amount: '95', asset: USDC },
  amount_fee: { amount: '5', asset: USD },
}

/** The amounts of a withdrawal of 100 USDC for 95 USD. */
export const WITHDRAWAL_AMOUNTS = {
  amount_in: { amount: '100', asset: USDC },
  amount_out: { amount: '95', asset: USD },
  amount_fee: { amount: '5', asset: USDC },
}

export const refundOf = (id: string, amount: string, asset = USDC, fee = '0') => ({
  refund: { id, amount: { amount, asset }, amount_fee: { amount: fee, asset } },
})

let lastId = 0
/** A JSON-RPC request, with a new id unless one is given. */
export const item = (method: string, params: unknown, id: unknown = `id-${++lastId}`): Item => ({
  jsonrpc: '2.0',
  method,
  params,
  id,
})

/** An update that stays legal after it was applied. The transaction shows its message. */
export const amountsUpdated = (id: string, message: string, fee = '5') =>
  item('notify_amounts_updated', {
    transaction_id: id,
    message,
    amount_out: { amount: '95', asset: USD },
    amount_fee: { amount: fee, asset: USDC },
  })
