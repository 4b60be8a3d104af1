import type { Asset } from '../stellar/asset.ts'
import type { Memo } from '../stellar/memo.ts'

/** What moved value: only `payment` and `path_payment` can be credited by a machine. */
export type LedgerPaymentKind =
  | 'payment'
  | 'path_payment'
  | 'create_account'
  | 'account_merge'
  | 'claimable_balance'
  | 'clawback'
  | 'contract_transfer'
  /** The source showed an operation that it or we cannot name. */
  | 'unknown'

/** The memo of a payment's transaction; `other` is one that the Anchor Platform cannot expect, such as `return`. */
export type LedgerMemo = Memo | { type: 'none' } | { type: 'other'; shown: string }

/** One operation that moved value to or from an account, as any source shows it. */
export interface LedgerPayment {
  /** Decimal text, once per network: ledger, transaction and operation in one number (SEP-35). */
  operationId: string
  /** The place right behind it in the account's payments. */
  cursor: string
  ledger: number
  /** ISO 8601, UTC. */
  closedAt: string
  /** 64 characters of lower-case hex. */
  transactionHash: string
  successful: boolean
  kind: LedgerPaymentKind
  /** `G…`, or `C…` and `B…` where a contract or a claimable balance is meant; null where the source does not say. */
  from: string | null
  /** The base account of a muxed one. */
  to: string | null
  /** The id within a muxed address (`M…`, SEP-23), decimal text. */
  toMuxedId: string | null
  /** What was received, not what a path payment sent. */
  asset: Asset | null
  /** Decimal text with the digits of the source; null where the source does not say. */
  amount: string | null
  memo: LedgerMemo
}

export interface PaymentPage {
  /** In the order of the ledger, each behind the cursor that was asked for. */
  payments: LedgerPayment[]
  /**
   * Behind all that was looked through: behind the last payment, or further where the source says that nothing else
   * follows, so that a quiet account does not fall behind what the source keeps. Never before what was asked for.
   */
  cursor: string
  /** There was nothing more when the page was read. */
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
  /** All its operations that move value, of all accounts. */
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
  /** One for each issued asset; the native balance has none, and neither has an issuer for its own. */
  trustlines: Trustline[]
}

export type LedgerErrorCode =
  /** No answer, or one that says that the source itself is ill. */
  | 'ledger_unreachable'
  | 'ledger_rate_limited'
  /** The source does not have that part of the ledger any more. */
  | 'ledger_history_gone'
  /** An answer that cannot be what was asked for. */
  | 'ledger_unreadable'

/** Why the ledger cannot be read. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode
  /** Seconds to wait, where the source says so. */
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

/** The ledger of one network; every function throws LedgerError. Cursors of different sources are not the same. */
export interface LedgerSource {
  readonly name: 'horizon' | 'rpc'
  head(): Promise<LedgerHead>
  /** One ledger, or null when the source does not have it. */
  ledger(sequence: number): Promise<ClosedLedger | null>
  /** The cursor whose page begins with the first payment in this ledger. */
  cursorAt(sequence: number): string
  /** The ledger in which a cursor stands. @throws LedgerError `ledger_unreadable` for a text that is no cursor */
  ledgerOf(cursor: string): number
  /** A page of at most 200 payments of an account, the oldest first. */
  payments(accountId: string, cursor: string): Promise<PaymentPage>
  /** A transaction by its hash, or null when the ledger does not have it. */
  transaction(hash: string): Promise<LedgerTransaction | null>
  /**
   * An account (`G…`, or the one that `M…` belongs to) with its trustlines, or null when there is none. Stellar RPC shows
   * those of the assets named only, Horizon shows all.
   */
  account(accountId: string, assets: readonly Asset[]): Promise<LedgerAccount | null>
}
