import { isSameDecimal } from '../stellar/amount.ts'
import { hexOfBase64 } from '../stellar/memo.ts'
import { instantNanoseconds } from './instant.ts'
import { type PlatformProfile, rpcMethods } from './methods.ts'
import type { RefundParam, UpdateParams } from './params.ts'
import { expectedStatuses, isOnlyWayTo, stateOf } from './status-rules.ts'
import type { PlatformTransaction } from './transaction.ts'

/**
 * `applied`: what the update writes stands there and did not before. `unchanged`: the platform saved nothing since.
 * `changed`: something was saved, and it cannot be told that it was this update.
 */
export type Evidence = 'applied' | 'unchanged' | 'changed'

export interface Update {
  method: string
  params: UpdateParams
}

/** One trace of an update: whether a transaction shows it, and how often where it can stand there repeatedly. */
type Trace = (transaction: PlatformTransaction) => number

// The database keeps microseconds, an answer from memory nanoseconds: the same instant may differ by the rounding.
const ROUNDING_NANOSECONDS = 500n

/**
 * Judges by two readings of a transaction whether an update was applied between them. It was only when all of these hold:
 * `updated_at` moved on; the status is one that the method leads to from the earlier one; every trace that the method
 * leaves and the platform shows is there; and at least one of them was not before, or the status changed to one that no
 * other method leads to. Everything short of that is `changed`, for a person to look at.
 *
 * @param pre the transaction before the update was sent, null when it was not read: then nothing proves what is new
 */
export function findEvidence(
  { method, params }: Update,
  pre: PlatformTransaction | null,
  now: PlatformTransaction,
  profile: PlatformProfile,
): Evidence {
  if (pre === null || pre.id !== now.id || pre.sep !== now.sep || pre.kind !== now.kind) {
    return 'changed'
  }
  const moved = compareInstants(pre.updated_at, now.updated_at)
  if (moved === 'same') return pre.status === now.status ? 'unchanged' : 'changed'
  if (moved !== 'later') return 'changed'

  const state = stateOf(pre)
  const expected = expectedStatuses(method, state, profile, params)
  if (!expected.some((status) => status === now.status)) return 'changed'
  const traces = tracesOf({ method, params }, pre, profile)
  if (traces.some((trace) => trace(now) === 0)) return 'changed'
  if (!deadlineTrace(takenDeadline({ method, params }, profile))(now)) return 'changed'
  const traceIsNew = traces.some((trace) => trace(now) > trace(pre))
  const statusIsNew = pre.status !== now.status && isOnlyWayTo(now.status, method, state, profile)
  return traceIsNew || statusIsNew ? 'applied' : 'changed'
}

function compareInstants(pre: string | null, now: string | null): 'same' | 'later' | 'unclear' {
  // Without an update there is no updated_at, and without a deadline no deadline.
  if (pre === now) return 'same'
  const after = instantNanoseconds(now)
  if (after === null) return 'unclear'
  if (pre === null) return 'later'
  const before = instantNanoseconds(pre)
  if (before === null) return 'unclear'
  const difference = after - before
  if (difference > ROUNDING_NANOSECONDS) return 'later'
  return difference >= -ROUNDING_NANOSECONDS ? 'same' : 'unclear'
}

/**
 * The traces of an update that its transaction shows. Hidden, and so no trace: the receipt time and the account of
 * withdrawals in SEP-24, every account and memo in SEP-31, `success`, `customer_id`, and instructions outside SEP-6.
 */
function tracesOf(
  { method, params }: Update,
  pre: PlatformTransaction,
  profile: PlatformProfile,
): Trace[] {
  const known = rpcMethods(profile.version).get(method)?.params ?? {}
  const takes = (param: string) => Object.hasOwn(known, param) && params[param] !== undefined
  // Elsewhere an asset in the request is ignored: the stored one counts.
  const assetOf = (name: 'amount_in' | 'amount_out' | 'amount_fee') =>
    known[name]?.type === 'amount_with_asset' ? params[name]?.asset : undefined

  const traces: Trace[] = []
  const deadline = takenDeadline({ method, params }, profile)
  // A deadline that is gone shows that some update was made, not which.
  if (deadline !== null) traces.push(deadlineTrace(deadline))
  const message = messageTrace(params, pre)
  if (message !== null) traces.push(message)

  for (const name of ['amount_in', 'amount_out'] as const) {
    if (takes(name)) traces.push(amountTrace(name, params[name]?.amount, assetOf(name)))
  }
  if (takes('amount_expected')) {
    traces.push(amountTrace('amount_expected', params.amount_expected?.amount, undefined))
  }
  // Where both are sent, the details win.
  if (takes('fee_details')) {
    traces.push(feeTrace(params.fee_details?.total, params.fee_details?.asset))
  } else if (takes('amount_fee')) {
    traces.push(feeTrace(params.amount_fee?.amount, assetOf('amount_fee')))
  }
  if (takes('external_transaction_id')) {
    traces.push(textTrace('external_transaction_id', params.external_transaction_id))
  }
  if (takes('stellar_transaction_id')) {
    traces.push(stellarTrace(params.stellar_transaction_id, pre))
  }
  if (takes('refund')) traces.push(...refundTraces(method, params.refund, pre))
  if (takes('memo') && pre.sep !== '31') traces.push(memoTrace(params))
  if (takes('destination_account') && pre.sep === '24') {
    traces.push(textTrace('destination_account', params.destination_account))
  }
  if (takes('required_customer_info_message') && pre.sep === '6') {
    const wanted = params.required_customer_info_message
    traces.push(textTrace('required_customer_info_message', wanted))
  }
  return traces
}

function takenDeadline({ method, params }: Update, profile: PlatformProfile): string | null {
  const known = rpcMethods(profile.version).get(method)?.params ?? {}
  if (!Object.hasOwn(known, 'user_action_required_by')) return null
  return params.user_action_required_by ?? null
}

/** Every update writes the deadline it names, and clears the earlier one when it names none. */
function deadlineTrace(deadline: string | null): Trace {
  return ({ user_action_required_by: shown }) =>
    compareInstants(deadline, shown) === 'same' ? 1 : 0
}

/** A message is written when given, the empty one too; without one, leaving error or expired clears the earlier. */
function messageTrace({ message }: UpdateParams, { status }: PlatformTransaction): Trace | null {
  if (message !== undefined) return textTrace('message', message)
  const clears = status === 'error' || status === 'expired'
  return clears ? (transaction) => (transaction.message === null ? 1 : 0) : null
}

type TextField =
  | 'message'
  | 'external_transaction_id'
  | 'destination_account'
  | 'required_customer_info_message'

function textTrace(field: TextField, wanted: string | undefined): Trace {
  return (transaction) => (transaction[field] === wanted ? 1 : 0)
}

function amountTrace(
  field: 'amount_in' | 'amount_out' | 'amount_expected',
  wanted: string | undefined,
  asset: string | undefined,
): Trace {
  return (transaction) => {
    const shown = transaction[field]
    const sameAsset = asset === undefined || asset === shown.asset
    return sameAsset && isSameDecimal(wanted, shown.amount) ? 1 : 0
  }
}

function feeTrace(total: string | undefined, asset: string | undefined): Trace {
  return ({ amount_fee, fee_details }) => {
    const shown = fee_details.total ?? amount_fee.amount
    const shownAsset = fee_details.total === null ? amount_fee.asset : fee_details.asset
    const sameAsset = asset === undefined || asset === shownAsset
    return sameAsset && isSameDecimal(total, shown) ? 1 : 0
  }
}

/** Something that is appended, though it may stand there already: only one more of it is a trace. */
function added(count: Trace, pre: PlatformTransaction): Trace {
  return (transaction) => Math.max(0, count(transaction) - count(pre))
}

function stellarTrace(wanted: string | undefined, pre: PlatformTransaction): Trace {
  const hash = wanted?.toLowerCase()
  return added(
    ({ stellar_transactions: shown }) =>
      shown.filter(({ id }) => id?.toLowerCase() === hash).length,
    pre,
  )
}

function refundTraces(
  method: string,
  refund: RefundParam | undefined,
  pre: PlatformTransaction,
): Trace[] {
  // Custody reports the refund it makes by itself, and withdrawals ignore the refund of a notice that one is pending.
  if (method === 'do_stellar_refund') return []
  const isPending = method === 'notify_refund_pending'
  if (isPending && !pre.kind.startsWith('deposit')) return []
  const same: Trace = ({ refunds }) =>
    (refunds?.payments ?? []).filter(
      ({ id, amount, fee }) =>
        id === refund?.id &&
        isSameDecimal(amount.amount, refund?.amount?.amount) &&
        isSameDecimal(fee.amount, refund?.amount_fee?.amount),
    ).length
  // A refund sent may have been announced with the same id and amounts; an announced one is always appended.
  return isPending ? [added(same, pre)] : [same]
}

function memoTrace({ memo, memo_type: type }: UpdateParams): Trace {
  // The platform keeps a hash as lower-case hex and is sent base64.
  const hex = type === 'hash' ? hexOfBase64(memo ?? '') : null
  return ({ memo: shown, memo_type: shownType }) => {
    if (type !== undefined && type !== shownType) return 0
    return shown !== null && (shown === memo || shown.toLowerCase() === hex) ? 1 : 0
  }
}
