/** Every answer to whether a payment was credited; all but `credited` are refusals. */
export const VERDICTS = [
  'credited',
  'transaction_failed',
  'outgoing',
  'no_memo',
  'no_match',
  'not_awaiting',
  'ambiguous',
  'wrong_account',
  'wrong_asset',
  'amount_unknown',
  'amount_short',
  'amount_over',
  'already_paid',
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
  /** The account to be paid, `G…` or `M…`; null where the platform does not say: then the observed account counts. */
  account: string | null
  /** As the platform shows it: a hash is base64 or 64 characters of hex. */
  memo: string | null
  memoType: string | null
  amountIn: string | null
  amountInAsset: string | null
  amountExpected: string | null
  amountExpectedAsset: string | null
  /** The operation whose payment is already credited to it. */
  creditedBy: string | null
}

/** What became of one payment, and why. */
export interface Verdict {
  code: VerdictCode
  /** For a person. */
  sentence: string
  evidence: Record<string, unknown>
  /** The transaction that the payment is for, as far as one can be named. */
  transactionId: string | null
}
