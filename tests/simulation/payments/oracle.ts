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
  /** By transaction id; a transaction that is not stored is missing. */
  status: ReadonlyMap<string, string>
  /** Operation ids by the transaction to which they are credited. */
  credits: ReadonlyMap<string, string>
  /** When a closed transaction ended, by its id. */
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
export function createOracle(wanted: readonly Wanted[], policy: 'exact' | 'at_least'): Oracle {
  const only = (code: string) => ({ code, id: null })

  function judge(operation: TrueOperation, account: string, { status, credits, endedAtMs }: Known) {
    const { kind, from, to, muxedId, memo, asset, stroops } = operation
    if (!operation.successful) return only('transaction_failed')
    if (kind === 'clawback') return only('manual_review')
    if (from === account) return only('outgoing')
    if (to !== account) return only('manual_review')
    const isPaid = kind === 'payment' || kind === 'path_payment' || kind === 'contract_transfer'
    if (!isPaid) return only('manual_review')
    if (asset === null || stroops === null) return only('manual_review')

    const stored = wanted.filter(({ id }) => status.has(id))
    const groups: Wanted[][] = []
    if (memo !== null && memo.type !== 'return' && memo.value !== '') {
      groups.push(stored.filter((one) => isSame(one.memo, memo)))
    }
    if (muxedId !== null) {
      // The id within a muxed account counts as a memo of type id.
      groups.push(stored.filter(({ memo: own }) => isSame(own, { type: 'id', value: muxedId })))
    }
    if (groups.length === 0) return only('no_memo')
    if (groups.flat().length === 0) return only('no_match')
    // The clocks may be a minute apart.
    const exists = ({ id, startedAtMs }: Wanted) =>
      operation.closedAtMs + 60_000 >= startedAtMs &&
      operation.closedAtMs < (endedAtMs.get(id) ?? Number.POSITIVE_INFINITY)
    const present = groups.map((group) => group.filter(exists))
    const named = [...new Set(present.flat())]
    if (named.length === 0) return only('paid_outside_window')
    if (present.some((group) => group.length > 0 && group.length < named.length)) {
      return only('ambiguous')
    }
    const open = named.filter((one) => waits(one, status) && !credits.has(one.id))
    const here = open.filter((one) => {
      if (one.account === null) return true
      return one.account === to && (one.muxedId === null || one.muxedId === muxedId)
    })
    const unpaid = named.filter(({ id }) => endedAtMs.has(id) && !credits.has(id))
    if (here.length > 0 && here.length + unpaid.length > 1) return only('ambiguous')
    const [one] = here
    if (one === undefined) {
      if (open.length > 0) return only('wrong_account')
      return only(named.some(({ id }) => credits.has(id)) ? 'already_paid' : 'not_awaiting')
    }
    if (one.asset === null) return only('amount_unknown')
    if (one.asset !== asset) return only('wrong_asset')
    if (one.stroops === null) return only('amount_unknown')
    if (stroops < one.stroops) return only('amount_short')
    if (stroops > one.stroops && policy === 'exact') return only('amount_over')
    // The platform cannot be told of it.
    if (one.sep === '31' && kind !== 'payment') return only('sep31_path_payment')
    return { code: 'credited', id: one.id }
  }

  return { judge }
}

const isSame = (one: TrueMemo, other: TrueMemo) =>
  one !== null && other !== null && one.type === other.type && one.value === other.value

function waits({ id, sep, kind }: Wanted, status: ReadonlyMap<string, string>): boolean {
  if (sep === '31') return status.get(id) === 'pending_sender'
  const isWithdrawal = kind === 'withdrawal' || kind === 'withdrawal-exchange'
  return isWithdrawal && status.get(id) === 'pending_user_transfer_start'
}
