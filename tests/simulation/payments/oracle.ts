import type { TrueMemo, TrueOperation } from './model-ledger.ts'

/** The payment that the platform really expects for a transaction, however its document spells it. */
export interface Wanted {
  id: string
  sep: '6' | '24' | '31'
  kind: 'withdrawal' | 'withdrawal-exchange' | 'receive' | 'deposit'
  /** null stands for the observed account. */
  account: string | null
  /** The id within a muxed account; null for a plain one. */
  muxedId: string | null
  memo: TrueMemo
  asset: string | null
  stroops: bigint | null
  startedAtMs: number
}

/** The stored transactions and credits at one moment. */
export interface Known {
  /** What each stored transaction expects, as far as it is known. */
  wanted: readonly Wanted[]
  /** By transaction id; a transaction that is not stored is missing. */
  status: ReadonlyMap<string, string>
  /** Operation ids by the transaction to which they are credited. */
  credits: ReadonlyMap<string, string>
  /** Those of them whose update ended without effect, by the transaction. */
  refused: ReadonlySet<string>
  /** When a transaction ended that is closed, or that the platform no longer has, by its id. */
  endedAtMs: ReadonlyMap<string, number>
}

/** The verdicts of a payment for a transaction that still waits. */
export const FOR_AWAITING: ReadonlySet<string> = new Set([
  'credited',
  'wrong_account',
  'wrong_asset',
  'amount_unknown',
  'amount_short',
  'amount_over',
  'sep31_path_payment',
])

export interface Oracle {
  /** @returns the verdict; with the transaction for `credited` only */
  judge(
    operation: TrueOperation,
    account: string,
    known: Known,
  ): { code: string; id: string | null }
}

/** The rules of the verdict, written a second time: from the operation of the ledger to the verdict it must get. */
export function createOracle(policy: 'exact' | 'at_least'): Oracle {
  const only = (code: string) => ({ code, id: null })

  function judge(
    operation: TrueOperation,
    account: string,
    { wanted, status, credits, refused, endedAtMs }: Known,
  ) {
    const isPaid = ({ id }: Wanted) => credits.has(id) && !refused.has(id)
    const { kind, from, to, asset, stroops } = operation
    if (!operation.successful) return only('transaction_failed')
    if (kind === 'clawback') return only('manual_review')
    if (from === account) return only('outgoing')
    if (to !== account) return only('manual_review')
    const isCreditable =
      kind === 'payment' || kind === 'path_payment' || kind === 'contract_transfer'
    if (!isCreditable) return only('manual_review')
    if (asset === null || stroops === null) return only('manual_review')

    const groups = groupsNamedBy(operation, wanted)
    if (groups.length === 0) return only('no_memo')
    if (groups.flat().length === 0) return only('no_match')
    // The clocks may be a minute apart.
    const present = groups.map((group) =>
      group.filter((one) => existed(one, operation.closedAtMs, endedAtMs.get(one.id) ?? null)),
    )
    const named = [...new Set(present.flat())]
    if (named.length === 0) return only('paid_outside_window')
    if (present.some((group) => group.length > 0 && group.length < named.length)) {
      return only('ambiguous')
    }
    const open = named.filter(
      (one) => waits(one, status.get(one.id)) && !endedAtMs.has(one.id) && !isPaid(one),
    )
    const here = open.filter((one) => isPaidTo(operation, one))
    const unpaid = named.filter((one) => endedAtMs.has(one.id) && !isPaid(one))
    if (here.length > 0 && here.length + unpaid.length > 1) return only('ambiguous')
    const [one] = here
    if (one === undefined) {
      if (open.length > 0) return only('wrong_account')
      return only(named.some(isPaid) ? 'already_paid' : 'not_awaiting')
    }
    const fault = faultOf(operation, one, policy)
    // A person must say which payment is the right one.
    if (fault === null && credits.has(one.id)) return only('ambiguous')
    return fault === null ? { code: 'credited', id: one.id } : only(fault)
  }

  return { judge }
}

/** The transactions that the memo names, and those that the muxed id names. A payment without either has no group. */
export function groupsNamedBy(
  { memo, muxedId }: TrueOperation,
  wanted: readonly Wanted[],
): Wanted[][] {
  const groups: Wanted[][] = []
  if (memo !== null && memo.type !== 'return' && memo.value !== '') {
    groups.push(wanted.filter((one) => isSame(one.memo, memo)))
  }
  if (muxedId !== null) {
    // The id within a muxed account counts as a memo of type id.
    groups.push(wanted.filter(({ memo: own }) => isSame(own, { type: 'id', value: muxedId })))
  }
  return groups
}

/** Whether a transaction existed at a time. The clocks may be a minute apart. */
export const existed = ({ startedAtMs }: Wanted, atMs: number, endedAtMs: number | null): boolean =>
  atMs + 60_000 >= startedAtMs && atMs < (endedAtMs ?? Number.POSITIVE_INFINITY)

export const isPaidTo = ({ to, muxedId }: TrueOperation, wanted: Wanted): boolean =>
  wanted.account === null ||
  (wanted.account === to && (wanted.muxedId === null || wanted.muxedId === muxedId))

/** What is wrong with the asset, the amount or the kind of a payment; null for nothing. */
export function faultOf(
  { asset, stroops, kind }: TrueOperation,
  wanted: Wanted,
  policy: 'exact' | 'at_least',
): string | null {
  if (wanted.asset === null) return 'amount_unknown'
  if (wanted.asset !== asset) return 'wrong_asset'
  if (wanted.stroops === null || stroops === null) return 'amount_unknown'
  if (stroops < wanted.stroops) return 'amount_short'
  if (stroops > wanted.stroops && policy === 'exact') return 'amount_over'
  // The platform cannot be told of it.
  return wanted.sep === '31' && kind !== 'payment' ? 'sep31_path_payment' : null
}

const isSame = (one: TrueMemo, other: TrueMemo) =>
  one !== null && other !== null && one.type === other.type && one.value === other.value

/** Whether a transaction with this status waits for a payment. */
export function waits({ sep, kind }: Wanted, status: string | undefined): boolean {
  if (sep === '31') return status === 'pending_sender'
  const isWithdrawal = kind === 'withdrawal' || kind === 'withdrawal-exchange'
  return isWithdrawal && status === 'pending_user_transfer_start'
}
