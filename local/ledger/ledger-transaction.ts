import { createHash } from 'node:crypto'
import { assetIn, stroopsOf } from './input.ts'

/** The protocol allows 100 operations in one transaction. */
const MAX_OPERATIONS = 100

/** A memo on the ledger. A text may be bytes that are not UTF-8. A hash is 64 characters of hex. */
export type SimulatedMemo =
  | { type: 'text'; value: string | Uint8Array }
  | { type: 'id'; value: string }
  | { type: 'hash' | 'return'; value: string }

/** A change of a balance by a contract. A mint has no `from`, a burn and a clawback have no `to`. */
export interface BalanceChange {
  type: 'transfer' | 'mint' | 'burn' | 'clawback'
  from?: string
  to?: string
  toMuxedId?: string
  /** What the movement carries in place of an id: a text, or bytes in hex. */
  carried?: { string: string } | { bytes: string }
  asset: string
  amount: string
}

/** An operation. Assets are in SEP-38 form, amounts decimal text; `source` is by default the source of the transaction. */
export type OperationForm = { source?: string } & (
  | { type: 'payment'; to: string; toMuxedId?: string; asset: string; amount: string }
  | {
      type: 'path_payment_strict_receive' | 'path_payment_strict_send'
      to: string
      toMuxedId?: string
      /** The received asset and amount. */
      asset: string
      amount: string
      sourceAsset: string
      sourceAmount: string
    }
  /** An offer that takes all of an offer of `seller`. */
  | {
      type: 'manage_sell_offer'
      seller: string
      selling: string
      sold: string
      buying: string
      bought: string
    }
  | { type: 'create_account'; account: string; startingBalance: string }
  | { type: 'account_merge'; into: string; intoMuxedId?: string; amount: string }
  | { type: 'create_claimable_balance'; asset: string; amount: string; claimants: string[] }
  | { type: 'claim_claimable_balance'; balanceId: string; asset: string; amount: string }
  | { type: 'clawback'; from: string; asset: string; amount: string }
  | { type: 'invoke_host_function'; changes: BalanceChange[] }
)

export interface TransactionForm {
  source: string
  /** The source is the muxed address with this id. */
  sourceMuxedId?: string
  memo?: SimulatedMemo
  successful?: boolean
  /** Derived from the other fields unless it is given. */
  hash?: string
  /** In stroops; by default 100 for each operation. A failed transaction pays it too. */
  fee?: string
  /** Who pays the fee, by default the source. Another one pays by a fee bump. */
  feeAccount?: string
  operations: readonly OperationForm[]
}

export interface ClosedTransaction {
  /** The paging token: the ledger and the place in it, in one number (SEP-35). */
  id: bigint
  hash: string
  ledger: number
  closedAt: Date
  source: string
  sourceMuxedId?: string | undefined
  successful: boolean
  fee: bigint
  feeAccount: string
  memo: SimulatedMemo | null
  operations: ClosedOperation[]
}

export interface ClosedOperation {
  /** Ledger, transaction and operation in one number; operations count from 1 (SEP-35). */
  id: bigint
  source: string
  form: OperationForm
  transaction: ClosedTransaction
}

/** @throws Error for a transaction that no ledger would take */
export function checkTransaction({ operations }: TransactionForm): void {
  if (operations.length < 1 || operations.length > MAX_OPERATIONS) {
    throw new Error(
      `Transaction refused: ${operations.length} operations; allowed: 1 to ${MAX_OPERATIONS}`,
    )
  }
  for (const form of operations) checkOperation(form)
}

function checkOperation(form: OperationForm): void {
  for (const part of form.type === 'invoke_host_function' ? form.changes : [form]) {
    if ('amount' in part) stroopsOf(part.amount)
    if ('asset' in part) assetIn(part.asset)
  }
  if ('sold' in form) [form.sold, form.bought].forEach(stroopsOf)
  if ('selling' in form) [form.selling, form.buying].forEach(assetIn)
  if ('sourceAmount' in form) stroopsOf(form.sourceAmount)
  if ('sourceAsset' in form) assetIn(form.sourceAsset)
  if ('startingBalance' in form) stroopsOf(form.startingBalance)
}

/** The accounts and contracts in whose history Horizon lists the operation. */
export function participantsIn({ form, source }: ClosedOperation): Set<string> {
  const { type } = form
  switch (type) {
    case 'payment':
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send':
      return new Set([source, form.to])
    case 'manage_sell_offer':
      return new Set([source])
    case 'create_account':
      return new Set([source, form.account])
    case 'account_merge':
      return new Set([source, form.into])
    case 'create_claimable_balance':
      return new Set([source, ...form.claimants])
    case 'claim_claimable_balance':
      return new Set([source])
    case 'clawback':
      return new Set([source, form.from])
    case 'invoke_host_function':
      return new Set([
        source,
        ...form.changes.flatMap(({ from, to }) => [from ?? [], to ?? []].flat()),
      ])
  }
}

/** The hash of the claimable balance that an operation creates. */
export const balanceHash = (operationId: bigint): string =>
  createHash('sha256').update(`claimable balance ${operationId}`).digest('hex')

const PAYMENT_TYPES: ReadonlySet<string> = new Set([
  'create_account',
  'payment',
  'path_payment_strict_receive',
  'path_payment_strict_send',
  'account_merge',
])

/** Whether Horizon lists the operation under `/payments`. It leaves out claimable balances and clawbacks. */
export function isPayment({ form, transaction }: ClosedOperation): boolean {
  // A failed call of a contract leaves no events.
  if (form.type === 'invoke_host_function') return transaction.successful && form.changes.length > 0
  return PAYMENT_TYPES.has(form.type)
}
