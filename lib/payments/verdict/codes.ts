/** The verdicts on a payment. Every code but `credited` says why the payment was not credited. */
export const VERDICTS = [
  'credited',
  'transaction_failed',
  'outgoing',
  'no_memo',
  'no_match',
  'catching_up',
  'not_awaiting',
  'paid_outside_window',
  'ambiguous',
  'wrong_account',
  'wrong_asset',
  'amount_unknown',
  'amount_short',
  'amount_over',
  'already_paid',
  'sep31_path_payment',
  'manual_review',
  'update_refused',
] as const
export type VerdictCode = (typeof VERDICTS)[number]

/** A stored transaction that a payment may be for. Amounts are decimal text, assets in SEP-38 form. */
export interface CandidateTransaction {
  id: string
  sep: string
  kind: string
  status: string
  /** The account to be paid, `G…` or `M…`. Null when the platform does not show it: then the observed account counts. */
  account: string | null
  /** In the platform's spelling: a hash is base64 or 64 characters of hex. */
  memo: string | null
  memoType: string | null
  amountIn: string | null
  amountInAsset: string | null
  amountExpected: string | null
  amountExpectedAsset: string | null
  /** When it began; null when the platform does not show it. ISO 8601. */
  startedAt: string | null
  /** When it ended: the platform's `completed_at`, else when it was first seen closed or gone; null while it is neither. */
  endedAt: string | null
  /** The operation whose payment was credited to this transaction. */
  creditedBy: string | null
  /** The update of that credit ended without effect, so that the transaction is unpaid. */
  creditRefused: boolean
  /** Tells this state of the transaction from a later one. */
  mark: string
}

/** The verdict on one payment, with its reasons. */
export interface Verdict {
  code: VerdictCode
  /** One sentence for a person. */
  sentence: string
  evidence: Record<string, unknown>
  /** The transaction that the payment is for; null when none or several could be meant. */
  transactionId: string | null
}
