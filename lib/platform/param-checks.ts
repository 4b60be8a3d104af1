import { MemoError, parseMemo } from '../stellar/memo.ts'
import { amountProblems, assetClassProblems, feeDetailsProblems } from './amount-checks.ts'
import { RPC_INTERNAL_ERROR, type RpcError } from './envelope.ts'
import { instantNanoseconds } from './instant.ts'
import type { PlatformProfile, RpcMethod } from './methods.ts'
import { type ParamProblem, refusalOf, refused, unreadableParam } from './param-problem.ts'
import type { AmountParam, UpdateParams } from './params.ts'
import { legality, stateOf } from './status-rules.ts'
import type { PlatformTransaction } from './transaction.ts'
import { unsendableParams } from './unsendable-params.ts'

interface Subject {
  params: UpdateParams
  /** null before the platform was asked: rules that depend on the kind wait for it. */
  transaction: PlatformTransaction | null
  version: PlatformProfile['version']
}

type Check = (subject: Subject) => ParamProblem[]

/** The platform's clock may be behind ours: a deadline that passed less than a minute ago is left to it. */
const CLOCK_TOLERANCE_MS = 60_000

const NOT_NULL = 'must not be null'
const MEMO_RULE =
  'memo_type text with at most 28 bytes, id from 0 to 9223372036854775807, or hash with 32 bytes in base64'
const GROUP = ['amount_in', 'amount_out', 'amount_fee', 'fee_details'] as const

/**
 * Whether an update is refused here instead of being sent: problems that decide always; and, where the status rules let
 * the method through, what the platform would surely refuse. Where it would refuse the status first, or its rules hang on
 * what it does not show, the call is sent and the platform answers; except for params that make it fail (-32603), since
 * such an answer leaves open whether the update was applied.
 *
 * @param transaction as the platform showed it just now, or null when it was not asked yet
 */
export function localRefusal(
  method: RpcMethod,
  params: UpdateParams,
  transaction: PlatformTransaction | null,
  { profile, now }: { profile: PlatformProfile; now: Date },
): RpcError | null {
  const problems = checkParams(method, params, transaction, { profile, now })
  const judged =
    transaction === null ? 'illegal' : legality(method.name, stateOf(transaction), profile)
  const decides = ({ decides, code }: ParamProblem) =>
    decides === 'always' ||
    judged === 'legal' ||
    (judged === 'unknown' && code === RPC_INTERNAL_ERROR)
  const [first] = problems.filter(decides)
  if (first === undefined) return null
  return refusalOf([first, ...problems.filter((one) => one !== first)])
}

/** Every problem of an update's params that can be told without the platform, in the order of its own checks. */
function checkParams(
  method: RpcMethod,
  params: UpdateParams,
  transaction: PlatformTransaction | null,
  { profile, now }: { profile: PlatformProfile; now: Date },
): ParamProblem[] {
  const checks = CHECKS[method.name] ?? []
  const subject = { params, transaction, version: profile.version }
  return [
    ...unsendableParams(method, params, transaction),
    ...deadlineProblems(method, params, now),
    ...checks.flatMap((check) => check(subject)),
  ]
}

function deadlineProblems(method: RpcMethod, params: UpdateParams, now: Date): ParamProblem[] {
  const deadline = params.user_action_required_by
  if (!Object.hasOwn(method.params, 'user_action_required_by') || deadline === undefined) return []
  const latest = BigInt(now.getTime() - CLOCK_TOLERANCE_MS) * 1_000_000n
  if ((instantNanoseconds(deadline) ?? latest) >= latest) return []
  const message = 'user_action_required_by can not be in the past'
  return [refused('user_action_required_by', deadline, 'a time to come', message)]
}

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  notify_interactive_flow_completed: [interactiveFlow],
  request_offchain_funds: [amountGroup(false)],
  request_onchain_funds: [amountGroup(true), memoOfPayment],
  notify_offchain_funds_received: [receivedAmounts({ exclusiveFee: true })],
  notify_onchain_funds_received: [stellarTransactionId, receivedAmounts({ exclusiveFee: false })],
  notify_onchain_funds_sent: [stellarTransactionId],
  notify_refund_pending: [pendingRefund],
  notify_refund_sent: [sentRefund],
  do_stellar_refund: [custodyRefund],
  notify_amounts_updated: [updatedAmounts],
  notify_transaction_error: [messageOfFailure],
  notify_transaction_expired: [messageOfFailure],
}

function interactiveFlow({ params, transaction, version }: Subject): ParamProblem[] {
  const { amount_in, amount_out, amount_expected } = params
  const missing = (['amount_in', 'amount_out'] as const).filter((name) => !params[name])
  if (missing.length > 0) {
    const message = missing.map(() => NOT_NULL).join('\n')
    return missing.map((name) => refused(name, undefined, 'an amount with its asset', message))
  }
  const kind = transaction?.kind
  const problems: ParamProblem[] = []
  for (const [name, value, stellarFor] of [
    ['amount_in', amount_in, 'withdrawal'],
    ['amount_out', amount_out, 'deposit'],
  ] as const) {
    problems.push(...amountProblems(name, value ?? {}, { positive: true, asset: 'request' }))
    if (kind !== undefined && value?.asset !== undefined) {
      problems.push(...assetClassProblems(name, value.asset, kind === stellarFor))
    }
  }
  return [
    ...problems,
    ...oneFee(params, version),
    ...feeProblems(params, version),
    ...(kind === undefined ? [] : feeClassProblems(params, kind === 'withdrawal', version)),
    ...ofStoredAsset('amount_expected', amount_expected, true),
  ]
}

/** Its two texts differ from those of the other methods by an article. */
function feeClassProblems(
  { amount_fee, fee_details }: UpdateParams,
  stellar: boolean,
  version: PlatformProfile['version'],
): ParamProblem[] {
  const name = fee_details === undefined ? 'amount_fee' : 'fee_details'
  const asset = fee_details?.asset ?? (version === '2.8.4' ? amount_fee?.asset : undefined)
  if (asset === undefined) return []
  return assetClassProblems(name, asset, stellar).map((problem) => ({
    ...problem,
    platformMessage: `fee asset should be a ${stellar ? 'stellar' : 'non-stellar'} asset`,
  }))
}

/** Exactly one of `amount_fee` and `fee_details`; 4.x has only the second. */
function oneFee(
  { amount_fee, fee_details }: UpdateParams,
  version: PlatformProfile['version'],
): ParamProblem[] {
  if (version === '4.3.0') {
    if (fee_details !== undefined) return []
    return [refused('fee_details', fee_details, 'a fee', 'fee_details must be set')]
  }
  if ((amount_fee === undefined) !== (fee_details === undefined)) return []
  const rule = 'exactly one of amount_fee and fee_details'
  return [refused('amount_fee', amount_fee, rule, 'Either amount_fee or fee_details must be set')]
}

function feeProblems(
  { amount_fee, fee_details }: UpdateParams,
  version: PlatformProfile['version'],
): ParamProblem[] {
  return [
    ...(version === '2.8.4' && amount_fee
      ? amountProblems('amount_fee', amount_fee, { positive: false, asset: 'request' })
      : []),
    ...(fee_details ? feeDetailsProblems(fee_details) : []),
  ]
}

/** The amounts of a request for funds: all or none of them. What is stored already only the platform knows. */
function amountGroup(inIsStellar: boolean): Check {
  return ({ params, version }) => {
    const { amount_in, amount_out, amount_fee, fee_details, amount_expected } = params
    const four = version === '4.3.0'
    const given = [...GROUP, 'amount_expected' as const].filter((name) => params[name])
    const fee = four ? fee_details : (fee_details ?? amount_fee)
    const whole = amount_in && fee && (four || amount_out)
    const anyCounts = given.some(
      (name) => !(four && (name === 'amount_out' || name === 'amount_fee')),
    )
    if (anyCounts && !whole) {
      const message = four
        ? 'All (amount_out is optional) or none of the amount_in, amount_out, and fee_details should be set'
        : 'All or none of the amount_in, amount_out, and (fee_details or amount_fee) should be set'
      const rule = four
        ? 'amount_in and fee_details together, or none'
        : 'amount_in, amount_out and a fee together, or none'
      return [refused('amount_in', amount_in, rule, message)]
    }
    if (!four && fee_details && amount_fee) {
      const message = 'Either fee_details or amount_fee should be set'
      return [refused('amount_fee', amount_fee, 'one of fee_details and amount_fee', message)]
    }
    const amounts = [
      ['amount_in', amount_in, inIsStellar],
      ['amount_out', amount_out, !inIsStellar],
      ['amount_fee', four ? undefined : amount_fee, inIsStellar],
    ] as const
    return [
      ...amounts.flatMap(([name, value, stellar]) => {
        if (value === undefined) return []
        const ofClass = assetClassProblems(name, value.asset, stellar)
        return [...ofClass, ...amountProblems(name, value, { positive: false, asset: 'request' })]
      }),
      ...(fee_details
        ? [
            ...assetClassProblems('fee_details', fee_details.asset, inIsStellar),
            ...feeDetailsProblems(fee_details),
          ]
        : []),
      ...ofStoredAsset('amount_expected', amount_expected, true),
    ]
  }
}

/**
 * A memo that is wrong is refused by every configuration of the platform, by some with an HTTP 500 for the whole request.
 * Whether it takes a memo at all only its configuration tells.
 */
function memoOfPayment({ params: { memo = '', memo_type }, version }: Subject): ParamProblem[] {
  if (memo === '' || isMemo(memo, memo_type, version)) return []
  if (version === '2.8.4') return [refused('memo', memo, MEMO_RULE)]
  const message = `Invalid id memo: Invalid memo ${memo} of type: MEMO_ID`
  return [refused('memo', memo, 'an id from 0 to 18446744073709551615', message)]
}

function isMemo(memo: string, type: unknown, version: PlatformProfile['version']): boolean {
  try {
    if (version === '4.3.0') return parseMemo(memo, 'id').type === 'id'
    const { type: of, value } = parseMemo(memo, type)
    // 2.8.4 reads ids as signed 64-bit integers.
    return of !== 'id' || BigInt(value) < 2n ** 63n
  } catch (error) {
    if (error instanceof MemoError) return false
    throw error
  }
}

function stellarTransactionId({ params }: Subject): ParamProblem[] {
  const hash = params.stellar_transaction_id
  if (hash !== undefined && hash.trim() !== '') return []
  const rule = 'the hash of a Stellar transaction, 64 hexadecimal digits'
  return [refused('stellar_transaction_id', hash, rule, 'must not be blank')]
}

/** The amounts of a notice of receipt: none, all, or amount_in alone. Their assets are the stored ones. */
function receivedAmounts({ exclusiveFee }: { exclusiveFee: boolean }): Check {
  return ({ params, version }) => {
    const { amount_in, amount_out, amount_fee, fee_details } = params
    const four = version === '4.3.0'
    const fee = four ? fee_details : (amount_fee ?? fee_details)
    const all = amount_in && amount_out && fee
    const noneOrOne = !amount_out && !fee
    if (!all && !noneOrOne) {
      const message =
        'Invalid amounts combination provided: all, none or only amount_in should be set'
      const rule = 'amount_in, amount_out and a fee together, amount_in alone, or none'
      return [refused('amount_in', amount_in, rule, message)]
    }
    if (exclusiveFee && !four && amount_fee && fee_details) {
      const message = 'Either amount_fee or fee_details should be set'
      return [refused('amount_fee', amount_fee, 'one of amount_fee and fee_details', message)]
    }
    return [
      ...ofStoredAsset('amount_in', amount_in, true),
      ...ofStoredAsset('amount_out', amount_out, true),
      ...ofStoredAsset('amount_fee', four ? undefined : amount_fee, false),
      ...(fee_details ? feeDetailsProblems(fee_details) : []),
    ]
  }
}

function ofStoredAsset(
  field: string,
  amount: AmountParam | undefined,
  positive: boolean,
): ParamProblem[] {
  return amount === undefined ? [] : amountProblems(field, amount, { positive, asset: 'stored' })
}

function updatedAmounts({ params, version }: Subject): ParamProblem[] {
  const { amount_out, amount_fee, fee_details } = params
  if (amount_out === undefined) return [refused('amount_out', amount_out, 'an amount', NOT_NULL)]
  const four = version === '4.3.0'
  const fee = oneFee(params, version)
  if (!four && fee.length > 0) return fee
  return [
    ...ofStoredAsset('amount_out', amount_out, false),
    ...fee,
    ...ofStoredAsset('amount_fee', four ? undefined : amount_fee, false),
    ...(fee_details ? feeDetailsProblems(fee_details) : []),
  ]
}

function pendingRefund({ params, transaction }: Subject): ParamProblem[] {
  // Withdrawals ignore the refund.
  if (transaction === null || !transaction.kind.startsWith('deposit')) return []
  if (params.refund !== undefined) return refundProblems(params)
  return [refused('refund', undefined, 'a refund', 'refund must not be null')]
}

function sentRefund({ params, transaction }: Subject): ParamProblem[] {
  if (params.refund !== undefined) return refundProblems(params)
  const needed = transaction?.status === 'pending_anchor' || transaction?.sep === '31'
  return needed ? [refused('refund', undefined, 'a refund', 'refund is required')] : []
}

function custodyRefund({ params }: Subject): ParamProblem[] {
  if (params.refund !== undefined) return refundProblems(params)
  return [refused('refund', undefined, 'a refund', NOT_NULL)]
}

/** The platform names the fee by another spelling than the request does. */
function refundProblems({
  refund: { amount, amount_fee: fee } = {},
}: UpdateParams): ParamProblem[] {
  return [
    ...(amount === undefined
      ? [failing('refund.amount')]
      : ofStoredAsset('refund.amount', amount, true)),
    ...(fee === undefined
      ? [failing('refund.amount_fee')]
      : ofStoredAsset('refund.amountFee', fee, false)),
  ]
}

/** A missing part on which the platform fails (-32603) instead of naming it. */
function failing(field: string): ParamProblem {
  return {
    ...unreadableParam(field, undefined, 'an amount with its asset'),
    decides: 'status_allows',
  }
}

function messageOfFailure({ params }: Subject): ParamProblem[] {
  if (params.message !== undefined) return []
  return [refused('message', undefined, 'a text', 'message is required')]
}
