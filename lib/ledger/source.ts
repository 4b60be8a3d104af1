import type { Asset } from '../stellar/asset.ts'
import type { Memo } from '../stellar/memo.ts'

/** The kinds of operations that move value. Only `payment`, `path_payment` and `contract_transfer` can be credited. */
export const LEDGER_PAYMENT_KINDS = [
  'payment',
  'path_payment',
  'create_account',
  'account_merge',
  'claimable_balance',
  'clawback',
  'contract_transfer',
  /** The type is not known to the source or to this code, or a part could not be read. */
  'unknown',
] as const
export type LedgerPaymentKind = (typeof LEDGER_PAYMENT_KINDS)[number]

/**
 * The memo of a payment: the one that a contract's transfer carries, else the one of its transaction. `other` is a memo that
 * the Anchor Platform cannot expect, such as `return`, or two memos that differ.
 */
export type LedgerMemo = Memo | { type: 'none' } | { type: 'other'; shown: string }

/** One operation that moved value to or from an account, in the same form from every source. */
export interface LedgerPayment {
  /** Ledger, transaction and operation in one number, as decimal text (SEP-35). No other operation of the network has it. */
  operationId: string
  /** The cursor of the page that follows this payment. */
  cursor: string
  ledger: number
  /** ISO 8601, UTC. */
  closedAt: string
  /** 64 characters of lower-case hex. */
  transactionHash: string
  successful: boolean
  kind: LedgerPaymentKind
  /** `G…`; `C…` for a contract, `B…` for a claimable balance, `L…` for a liquidity pool; null when the source names none. */
  from: string | null
  /** The id within the muxed address (`M…`, SEP-23) that paid, decimal text. A refund goes back to it. */
  fromMuxedId: string | null
  /** In the form of `from`. Of a muxed address it is the base account. */
  to: string | null
  /** The id within the muxed address that was paid, or that a contract's transfer carries, decimal text. */
  toMuxedId: string | null
  /** The received asset. A path payment may have sent another one. */
  asset: Asset | null
  /** Decimal text with the digits of the source; null when the source shows no amount. */
  amount: string | null
  memo: LedgerMemo
}

export interface PaymentPage {
  /** In the order of the ledger, after the requested cursor. */
  payments: LedgerPayment[]
  /**
   * The cursor of the next page: after the last payment, or further when the source shows that no payments follow there.
   * So the cursor of a quiet account does not fall behind the history that the source keeps. It never moves back.
   */
  cursor: string
  /** No payments followed when the page was read. */
  isLast: boolean
}

export interface ClosedLedger {
  sequence: number
  /** ISO 8601, UTC. */
  closedAt: string
  hash: string
}

export interface LedgerHead extends ClosedLedger {
  /** The oldest ledger that the source still has. */
  oldestSequence: number
  networkPassphrase: string
}

export interface LedgerTransaction {
  hash: string
  successful: boolean
  ledger: number
  /** ISO 8601, UTC. */
  closedAt: string
  memo: LedgerMemo
  /** All operations of the transaction that move value, of every account. */
  payments: LedgerPayment[]
}

export interface Trustline {
  asset: Asset
  balance: string
  limit: string | null
  authorized: boolean
}

export interface LedgerAccount {
  id: string
  /** The sequence of its last transaction, decimal text; null when the source does not show it. */
  sequence: string | null
  /** One per issued asset. The native balance has no trustline, and an issuer has none for its own asset. */
  trustlines: Trustline[]
}

/** What moved a balance. */
export type MovementKind =
  | 'payment_in'
  | 'payment_out'
  | 'path_payment'
  | 'create_account'
  | 'account_merge'
  | 'fee'
  | 'trade'
  /** A claimable balance that was claimed. */
  | 'claim'
  /** A claimable balance that was created. */
  | 'claimable_balance'
  | 'clawback'
  | 'liquidity_pool'
  | 'contract_transfer'
  /** The source shows something that this code does not know, with an amount of 0: it may have moved a balance. */
  | 'other'

/** One change of one balance of an account. */
export interface LedgerMovement {
  /** No other movement of the account has this id in the same source. */
  id: string
  kind: MovementKind
  asset: Asset
  /** What the balance gained, in stroops: decimal text, with a minus sign for what left the account. */
  stroops: string
  /** As in `LedgerPayment`; null for a fee. */
  operationId: string | null
  transactionHash: string
  ledger: number
  /** ISO 8601, UTC. */
  closedAt: string
}

export interface MovementPage {
  /** Behind the requested cursor, in the order of the ledger. An issuer has no balance of its own asset. */
  movements: LedgerMovement[]
  /** As in `PaymentPage`. */
  cursor: string
  isLast: boolean
}

/** The balances of an account when one ledger had closed. */
export interface AccountBalances {
  ledger: number
  /** ISO 8601, UTC. */
  closedAt: string
  /** Every balance is among them: each other one was 0. Else those of the asked assets are. */
  isWhole: boolean
  /** Decimal text. Shares of liquidity pools are left out. */
  balances: { asset: Asset; stroops: string }[]
}

export type LedgerErrorCode =
  /** No answer came, or the source answered with a fault of its own. */
  | 'ledger_unreachable'
  | 'ledger_rate_limited'
  /** The source has dropped that part of the ledger. */
  | 'ledger_history_gone'
  /** The answer does not fit the request. */
  | 'ledger_unreadable'
  /** Stellar RPC does not emit the events of payments. */
  | 'events_not_emitted'

/** Why the ledger could not be read. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode
  /** Seconds to wait; null when the source does not ask for a wait. */
  readonly retryAfterSeconds: number | null

  constructor(
    code: LedgerErrorCode,
    message: string,
    options: { retryAfterSeconds?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'LedgerError'
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
}

/** A balance or an operation, and the cursor behind it. */
export interface SideRecord {
  id: string
  cursor: string
}

export interface SidePage {
  found: SideRecord[]
  /** The cursor of the next page; null when it is the first one. */
  cursor: string | null
  isLast: boolean
}

/**
 * What the payments of an account do not show: claimable balances for it, and clawbacks from it. Every function throws
 * LedgerError.
 */
export interface SideLedger {
  networkPassphrase(): Promise<string>
  /** One ledger, or null when it is not there. */
  ledger(sequence: number): Promise<ClosedLedger | null>
  /** A page of the claimable balances that an account may claim, the oldest first; null is the cursor of the first page. */
  balances(accountId: string, cursor: string | null, limit: number): Promise<SidePage>
  /** The operation that made a balance for an account, or null when the history does not reach back to it. */
  making(balanceId: string, accountId: string): Promise<LedgerPayment | null>
  /** A page of the operations that took something from an account, the oldest first. */
  debits(accountId: string, cursor: string): Promise<SidePage>
  /** The cursor of the debits that begin with an operation. */
  debitsAt(operationId: string): string
  /** One operation as a payment of an account, or null when it is none. */
  operation(operationId: string, accountId: string): Promise<LedgerPayment | null>
}

/** The ledger of one network. Every function throws LedgerError. Each source has its own form of cursor. */
export interface LedgerSource {
  readonly name: 'horizon' | 'rpc'
  /** Null when claimable balances cannot be seen. */
  readonly aside: SideLedger | null
  head(): Promise<LedgerHead>
  /** One ledger, or null when the source does not have it. */
  ledger(sequence: number): Promise<ClosedLedger | null>
  /** The cursor whose page begins with the first payment of this ledger. */
  cursorAt(sequence: number): string
  /** The ledger to which a cursor belongs. @throws LedgerError `ledger_unreadable` for a text that is not a cursor */
  ledgerOf(cursor: string): number
  /** A page of at most 200 payments of an account, the oldest first. */
  payments(accountId: string, cursor: string): Promise<PaymentPage>
  /** A transaction by its hash, or null when the source does not have it. */
  transaction(hash: string): Promise<LedgerTransaction | null>
  /**
   * An account (`G…`, or the base account of an `M…`) with its trustlines, or null when the ledger does not have it. Stellar
   * RPC shows the trustlines of the named assets only, Horizon shows all.
   */
  account(accountId: string, assets: readonly Asset[]): Promise<LedgerAccount | null>
  /**
   * The balances of an account (`G…`), all of the same closed ledger. An account that is not on the ledger has a native
   * balance of 0. Stellar RPC shows the native balance and those of the named assets only.
   */
  balances(accountId: string, assets: readonly Asset[]): Promise<AccountBalances>
  /** The cursor whose page begins with the first movement behind this ledger. */
  movementsBehind(sequence: number): string
  /** A page of everything that moved a balance of an account (`G…`), the oldest first. `ledgerOf` reads its cursors. */
  movements(accountId: string, cursor: string): Promise<MovementPage>
}
