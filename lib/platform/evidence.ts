import { isSameDecimal } from '../stellar/amount.ts'
import { hexOfBase64 } from '../stellar/memo.ts'
import { compareInstants } from './instant.ts'
import type { PlatformProfile, RpcMethod } from './methods.ts'
import { isReadFor, type RefundParam, takes, type UpdateParams } from './params.ts'
import { expectedStatuses, isOnlyStepTo, isOnlyWayTo, stateOf } from './status-rules.ts'
import type { PlatformTransaction } from './transaction.ts'

/**
 * `applied`: the transaction shows what the update writes, and did not show it before. `unchanged`: the platform has saved
 * nothing since. `changed`: something was saved, perhaps by another update.
 */
export type Evidence = 'applied' | 'unchanged' | 'changed'

/** An update whose method is resolved and whose params are read. */
export interface Update {
  method: RpcMethod
  params: UpdateParams
}

/** Counts how often a transaction shows one trace of an update. 0 means that it does not show the trace. */
type Trace = (transaction: PlatformTransaction) => number

/**
 * Decides by two readings of a transaction whether an update was applied between them. It was applied only if all of these
 * hold, and everything else is `changed`: `updated_at` moved on; the method leads from the earlier status to the new one;
 * the transaction shows every trace of the update; and one trace is new, or the message is as this update leaves it and no
 * other method leads to the new status, at all or in one step. Custody money is not proved by a step.
 *
 * @param pre the transaction before the send; null when it was not read, so that nothing can be shown to be new
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
  const traces = tracesOf({ method, params }, pre)
  if (traces.some((trace) => trace(now) === 0)) return 'changed'
  if (!deadlineTrace(takenDeadline({ method, params }))(now)) return 'changed'
  const traceIsNew = traces.some((trace) => trace(now) > trace(pre))
  if (traceIsNew) return 'applied'
  if (pre.status === now.status) return 'changed'
  const isOnlyWay = isOnlyWayTo(now.status, method, state, profile)
  const mayPay = method.paysByCustody !== undefined && profile.custody
  const isOnlyStep = !mayPay && isOnlyStepTo(now.status, method, state, profile)
  const isOurs = (isOnlyWay || isOnlyStep) && leavesMessage({ method, params }, pre, now)
  return isOurs ? 'applied' : 'changed'
}

/** Whether the message is the one that an update leaves. Another message comes from another update. */
function leavesMessage(
  { params }: Update,
  pre: PlatformTransaction,
  now: PlatformTransaction,
): boolean {
  const trace = messageTrace(params, pre)
  return trace === null ? now.message === pre.message : trace(now) > 0
}

/**
 * The traces that the platform shows of an update. It hides the receipt time and the account of withdrawals in SEP-24,
 * every account and memo in SEP-31, instructions outside SEP-6, `success` and `customer_id`.
 */
function tracesOf({ method, params }: Update, pre: PlatformTransaction): Trace[] {
  const { params: known, appendsRefund = false } = method
  const has = (param: string) => takes({ known, params }, param)
  // A param of type `amount` has the stored asset: the platform ignores an asset in the request.
  const assetOf = (name: 'amount_in' | 'amount_out' | 'amount_fee') =>
    known[name]?.type === 'amount_with_asset' ? params[name]?.asset : undefined

  const traces: Trace[] = []
  const deadline = takenDeadline({ method, params })
  // Every update without a deadline clears the earlier one, so a cleared deadline does not prove this one.
  if (deadline !== null) traces.push(deadlineTrace(deadline))
  const message = messageTrace(params, pre)
  if (message !== null) traces.push(message)

  for (const name of ['amount_in', 'amount_out'] as const) {
    if (has(name)) traces.push(amountTrace(name, params[name]?.amount, assetOf(name)))
  }
  if (has('amount_expected')) {
    traces.push(amountTrace('amount_expected', params.amount_expected?.amount, undefined))
  }
  // The platform uses `fee_details` if both are sent.
  if (has('fee_details')) {
    traces.push(feeTrace(params.fee_details?.total, params.fee_details?.asset))
  } else if (has('amount_fee')) {
    traces.push(feeTrace(params.amount_fee?.amount, assetOf('amount_fee')))
  }
  if (has('external_transaction_id')) {
    traces.push(textTrace('external_transaction_id', params.external_transaction_id))
  }
  if (has('stellar_transaction_id')) {
    traces.push(stellarTrace(params.stellar_transaction_id, pre))
  }
  const refund = known['refund']
  // A refund without an id is not shown as it was sent: custody reports the refund that it makes.
  if (has('refund') && refund?.type === 'refund' && isReadFor(refund, pre.kind)) {
    const shown = refundTrace(params.refund)
    // A refund that is not appended may match one that was announced before the update.
    traces.push(appendsRefund ? added(shown, pre) : shown)
  }
  if (has('memo') && pre.sep !== '31') traces.push(memoTrace(params))
  if (has('destination_account') && pre.sep === '24') {
    traces.push(textTrace('destination_account', params.destination_account))
  }
  if (has('required_customer_info_message') && pre.sep === '6') {
    const wanted = params.required_customer_info_message
    traces.push(textTrace('required_customer_info_message', wanted))
  }
  return traces
}

function takenDeadline({ method: { params: known }, params }: Update): string | null {
  return takes({ known, params }, 'user_action_required_by')
    ? (params.user_action_required_by ?? null)
    : null
}

/** Every update writes its deadline. An update without a deadline clears the earlier one. */
function deadlineTrace(deadline: string | null): Trace {
  return ({ user_action_required_by: shown }) =>
    compareInstants(deadline, shown) === 'same' ? 1 : 0
}

/** An update writes its message, even an empty one. If it has none, it clears the message of `error` and `expired`. */
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

/** Whether a transaction shows the payment and the refund that an update adds to it. Other updates do not take them away. */
export function showsAdded({ method, params }: Update, transaction: PlatformTransaction): boolean {
  const bare = { ...transaction, stellar_transactions: [] }
  const reports = takes({ known: method.params, params }, 'stellar_transaction_id')
  const paid = !reports || stellarTrace(params.stellar_transaction_id, bare)(transaction) > 0
  return paid && (method.countsRefund !== true || refundTrace(params.refund)(transaction) > 0)
}

/** For lists: counts the entries added since `pre`. */
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

function refundTrace(refund: RefundParam | undefined): Trace {
  return ({ refunds }) =>
    (refunds?.payments ?? []).filter(
      ({ id, amount, fee }) =>
        id === refund?.id &&
        isSameDecimal(amount.amount, refund?.amount?.amount) &&
        isSameDecimal(fee.amount, refund?.amount_fee?.amount),
    ).length
}

function memoTrace({ memo, memo_type: type }: UpdateParams): Trace {
  // The platform is sent a hash in base64 and may show it as lower-case hex.
  const hex = type === 'hash' ? hexOfBase64(memo ?? '') : null
  return ({ memo: shown, memo_type: shownType }) => {
    if (type !== undefined && type !== shownType) return 0
    return shown !== null && (shown === memo || shown.toLowerCase() === hex) ? 1 : 0
  }
}
