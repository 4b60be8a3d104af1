import { isAccountId, isContractId } from '../stellar/account-id.ts'
import { parseMemo, readMemo } from '../stellar/memo.ts'
import { parseMuxedAccount } from '../stellar/muxed-account.ts'
import {
  amountProblems,
  assetClassProblems,
  feeDetailsProblems,
  ofStoredAsset,
  plainAmounts,
  plainFeeDetails,
  unsendableAmount,
} from './amount-checks.ts'
import { instantNanoseconds } from './instant.ts'
import { failing, notSent, type ParamProblem, refused } from './param-problem.ts'
import {
  type AmountParam,
  type CheckedUpdate,
  isReadFor,
  type ParamCheck,
  takes,
  type UpdateParams,
} from './params.ts'
import { MAX_ID_LENGTH, type PlatformTransaction } from './transaction.ts'

/** A deadline that passed less than a minute ago is left to the platform, whose clock may be behind ours. */
const CLOCK_TOLERANCE_MS = 60_000

const NOT_NULL = 'must not be null'
const AMOUNT_RULE = 'an amount with its asset'
const HASH_RULE = 'the hash of a Stellar transaction, 64 hexadecimal digits'
const MEMO_RULE =
  'memo_type text with at most 28 bytes, id from 0 to 9223372036854775807, or hash with 32 bytes in base64'

/** Both amounts are needed. The deposit's `amount_in` and the withdrawal's `amount_out` are not of the ledger. */
export const interactiveFlow: ParamCheck = (update) => {
  const { params, transaction } = update
  const { amount_in, amount_out, amount_expected } = params
  const missing = (['amount_in', 'amount_out'] as const).filter((name) => !params[name])
  if (missing.length > 0) {
    const message = missing.map(() => NOT_NULL).join('\n')
    return missing.map((name) => refused(name, undefined, AMOUNT_RULE, message))
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
    ...oneFee(update),
    ...feeProblems(update),
    ...(kind === undefined ? [] : feeClassProblems(update, kind === 'withdrawal')),
    ...ofStoredAsset('amount_expected', amount_expected, true),
  ]
}

function feeProblems(update: CheckedUpdate): ParamProblem[] {
  const { amount_fee, fee_details } = update.params
  return [
    ...(hasAmountFee(update) && amount_fee
      ? amountProblems('amount_fee', amount_fee, { positive: false, asset: 'request' })
      : []),
    ...(fee_details ? feeDetailsProblems(fee_details) : []),
  ]
}

/** For this method the platform's text about the fee's asset differs: `should be a stellar asset`. */
function feeClassProblems(update: CheckedUpdate, stellar: boolean): ParamProblem[] {
  const { amount_fee, fee_details } = update.params
  const name = fee_details === undefined ? 'amount_fee' : 'fee_details'
  const asset = fee_details?.asset ?? (hasAmountFee(update) ? amount_fee?.asset : undefined)
  if (asset === undefined) return []
  return assetClassProblems(name, asset, stellar).map((problem) => ({
    ...problem,
    platformMessage: `fee asset should be a ${stellar ? 'stellar' : 'non-stellar'} asset`,
  }))
}

/**
 * The amounts of a request for funds: all of them or none. 4.x may leave out `amount_out`. Amounts that are stored
 * already count too, but only the platform sees them.
 */
export function amountGroup({ inIsStellar }: { inIsStellar: boolean }): ParamCheck {
  return (update) => {
    const { amount_in, amount_out, amount_fee, fee_details, amount_expected } = update.params
    const feeMayBeAmount = hasAmountFee(update)
    const fee = feeMayBeAmount ? (fee_details ?? amount_fee) : fee_details
    const whole = amount_in && fee && (amount_out || !feeMayBeAmount)
    const counting = feeMayBeAmount
      ? [amount_in, amount_out, amount_fee, fee_details, amount_expected]
      : [amount_in, fee_details, amount_expected]
    if (counting.some(Boolean) && !whole) {
      const message = feeMayBeAmount
        ? 'All or none of the amount_in, amount_out, and (fee_details or amount_fee) should be set'
        : 'All (amount_out is optional) or none of the amount_in, amount_out, and fee_details should be set'
      const rule = feeMayBeAmount
        ? 'amount_in, amount_out and a fee together, or none'
        : 'amount_in and fee_details together, or none'
      return [refused('amount_in', amount_in, rule, message)]
    }
    if (feeMayBeAmount && fee_details && amount_fee) {
      const message = 'Either fee_details or amount_fee should be set'
      return [refused('amount_fee', amount_fee, 'one of fee_details and amount_fee', message)]
    }
    const amounts = [
      ['amount_in', amount_in, inIsStellar],
      ['amount_out', amount_out, !inIsStellar],
      ['amount_fee', feeMayBeAmount ? amount_fee : undefined, inIsStellar],
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

/** The amounts of received funds: none, all, or `amount_in` alone. Their assets are the stored ones. */
export function receivedAmounts({ exclusiveFee }: { exclusiveFee: boolean }): ParamCheck {
  return (update) => {
    const { amount_in, amount_out, amount_fee, fee_details } = update.params
    const feeMayBeAmount = hasAmountFee(update)
    const fee = feeMayBeAmount ? (amount_fee ?? fee_details) : fee_details
    const all = amount_in && amount_out && fee
    const noneOrOne = !amount_out && !fee
    if (!all && !noneOrOne) {
      const message =
        'Invalid amounts combination provided: all, none or only amount_in should be set'
      const rule = 'amount_in, amount_out and a fee together, amount_in alone, or none'
      return [refused('amount_in', amount_in, rule, message)]
    }
    if (exclusiveFee && feeMayBeAmount && amount_fee && fee_details) {
      const message = 'Either amount_fee or fee_details should be set'
      return [refused('amount_fee', amount_fee, 'one of amount_fee and fee_details', message)]
    }
    return [
      ...ofStoredAsset('amount_in', amount_in, true),
      ...ofStoredAsset('amount_out', amount_out, true),
      ...ofStoredAsset('amount_fee', feeMayBeAmount ? amount_fee : undefined, false),
      ...(fee_details ? feeDetailsProblems(fee_details) : []),
    ]
  }
}

/** `amount_out` and one fee are needed. Their assets are the stored ones. */
export const updatedAmounts: ParamCheck = (update) => {
  const { amount_out, amount_fee, fee_details } = update.params
  if (amount_out === undefined) return [refused('amount_out', amount_out, 'an amount', NOT_NULL)]
  const feeMayBeAmount = hasAmountFee(update)
  const fee = oneFee(update)
  if (feeMayBeAmount && fee.length > 0) return fee
  return [
    ...ofStoredAsset('amount_out', amount_out, false),
    ...fee,
    ...ofStoredAsset('amount_fee', feeMayBeAmount ? amount_fee : undefined, false),
    ...(fee_details ? feeDetailsProblems(fee_details) : []),
  ]
}

/** Whether the method has `amount_fee` beside `fee_details`: in 2.8.4, no longer in 4.x. */
function hasAmountFee({ known }: CheckedUpdate): boolean {
  return Object.hasOwn(known, 'amount_fee')
}

/** Exactly one of `amount_fee` and `fee_details` is needed; 4.x needs `fee_details`. */
function oneFee(update: CheckedUpdate): ParamProblem[] {
  const { amount_fee, fee_details } = update.params
  if (!hasAmountFee(update)) {
    if (fee_details !== undefined) return []
    return [refused('fee_details', fee_details, 'a fee', 'fee_details must be set')]
  }
  if ((amount_fee === undefined) !== (fee_details === undefined)) return []
  const rule = 'exactly one of amount_fee and fee_details'
  return [refused('amount_fee', amount_fee, rule, 'Either amount_fee or fee_details must be set')]
}

/**
 * The memo of a payment. Every configuration of the platform refuses a memo that is not well-formed, some with an HTTP 500
 * for the whole request. Whether it takes a memo at all depends on its configuration.
 */
export const memoOfPayment: ParamCheck = ({ params: { memo = '', memo_type }, known }) => {
  const hasMemoType = Object.hasOwn(known, 'memo_type')
  if (memo === '' || isMemo(memo, memo_type, hasMemoType)) return []
  if (hasMemoType) return [refused('memo', memo, MEMO_RULE)]
  const message = `Invalid id memo: Invalid memo ${memo} of type: MEMO_ID`
  return [refused('memo', memo, ID_MEMO_RULE, message)]
}

const ID_MEMO_RULE =
  'an id from 0 to 18446744073709551615; this release has no text and hash memos: give the transaction an id of its own instead'

/** 2.8.4 has three types of memos and reads an id as a signed 64-bit integer. 4.x has ids only, with leading zeros or without. */
function isMemo(text: string, type: unknown, hasMemoType: boolean): boolean {
  if (!hasMemoType) return /^\d{1,20}$/.test(text) && readMemo(text, 'id') !== null
  const memo = parseMemo(text, type)
  return memo !== null && (memo.type !== 'id' || BigInt(memo.value) < 2n ** 63n)
}

export const stellarTransactionId: ParamCheck = ({ params: { stellar_transaction_id: hash } }) =>
  hash !== undefined && hash.trim() !== ''
    ? []
    : [refused('stellar_transaction_id', hash, HASH_RULE, 'must not be blank')]

/** Deposits need the refund, withdrawals ignore it. */
export const pendingRefund: ParamCheck = ({ params, transaction }) => {
  if (transaction === null || !transaction.kind.startsWith('deposit')) return []
  if (params.refund === undefined) {
    return [refused('refund', undefined, 'a refund', 'refund must not be null')]
  }
  return [...shownRefund(params, transaction), ...refundProblems(params, transaction)]
}

/** The refund is needed from `pending_anchor` and in SEP-31; elsewhere it may have been announced. */
export const sentRefund: ParamCheck = ({ params, transaction }) => {
  if (params.refund !== undefined) {
    const shown = isAnnounced(params, transaction) ? [] : shownRefund(params, transaction)
    return [...shown, ...refundProblems(params, transaction)]
  }
  const needed = transaction?.status === 'pending_anchor' || transaction?.sep === '31'
  return needed ? [refused('refund', undefined, 'a refund', 'refund is required')] : []
}

/**
 * A refund that the transaction shows was reported before, by us or directly to the platform. The platform would count it
 * a second time. It refuses a second refund of SEP-31 itself.
 */
function shownRefund(
  { refund }: UpdateParams,
  transaction: PlatformTransaction | null,
): ParamProblem[] {
  const payments = transaction?.sep === '31' ? [] : (transaction?.refunds?.payments ?? [])
  if (!payments.some(({ id }) => id !== null && id === refund?.id)) return []
  const rule = 'an id that the transaction does not show'
  return [notSent('refund.id', refund?.id, rule, 'A refund with this id was reported before.')]
}

/** Whether a deposit shows the refund as announced: it waits for its refund, and the announced refund is the last one. */
function isAnnounced({ refund }: UpdateParams, transaction: PlatformTransaction | null): boolean {
  if (transaction === null || !transaction.kind.startsWith('deposit')) return false
  const last = transaction.refunds?.payments.at(-1)
  return transaction.status === 'pending_external' && last !== undefined && last.id === refund?.id
}

export const custodyRefund: ParamCheck = ({ params, transaction }) =>
  params.refund === undefined
    ? [refused('refund', undefined, 'a refund', NOT_NULL)]
    : refundProblems(params, transaction)

/** The platform spells the fee `amountFee` in its texts and `amount_fee` in its params. */
function refundProblems(
  { refund: { amount, amount_fee: fee } = {} }: UpdateParams,
  transaction: PlatformTransaction | null,
): ParamProblem[] {
  return [
    ...(amount === undefined
      ? [failing('refund.amount', amount, AMOUNT_RULE)]
      : ofStoredAsset('refund.amount', amount, true)),
    ...(fee === undefined
      ? [failing('refund.amount_fee', fee, AMOUNT_RULE)]
      : ofStoredAsset('refund.amountFee', fee, false)),
    ...(amount === undefined ? [] : refundAssetProblems(transaction, 'amount', amount)),
    ...(fee === undefined ? [] : refundAssetProblems(transaction, 'amount_fee', fee)),
  ]
}

/** The column that each part of a refund is compared with, and the platform's text, with its own doubled word. */
const REFUND_ASSETS = {
  amount: ['amount_in', 'refund.amount.asset does not match transaction amount_in_asset'],
  amount_fee: [
    'amount_fee',
    'refund.amount_fee.asset does not match match transaction amount_fee_asset',
  ],
} as const

/** A refund is in the assets of `amount_in` and `amount_fee`. The platform decides where it does not show them. */
function refundAssetProblems(
  transaction: PlatformTransaction | null,
  part: keyof typeof REFUND_ASSETS,
  { asset }: AmountParam,
): ParamProblem[] {
  const [stored, message] = REFUND_ASSETS[part]
  const wanted = transaction?.[stored].asset ?? null
  if (wanted === null || asset === wanted) return []
  return [refused(`refund.${part}.asset`, asset, `the asset of ${stored}, ${wanted}`, message)]
}

export const failureMessage: ParamCheck = ({ params }) =>
  params.message === undefined
    ? [refused('message', undefined, 'a text', 'message is required')]
    : []

/** Refuses refunds that this service does not send. Recorded refunds have seven decimals in every asset. */
const plainRefund: ParamCheck = (update) => {
  const { params, known, transaction } = update
  if (!takes(update, 'refund') || !isReadFor(known['refund'], transaction?.kind)) return []
  const { id, amount, amount_fee: fee } = params.refund ?? {}
  const problems = [
    ...unsendableAmount('refund.amount.amount', amount?.amount, true),
    ...unsendableAmount('refund.amountFee.amount', fee?.amount, true),
  ]
  if (known['refund']?.type === 'refund' && (id === undefined || id === '')) {
    // The platform takes one refund without id, and fails on every later one.
    problems.push(notSent('refund.id', id, 'an id of its own for each refund'))
  }
  return problems
}

/**
 * The platform's columns of ids have 255 characters, and so has ours of refund ids. For a longer text the platform answers
 * with a sentence of its database.
 */
const idLength: ParamCheck = (update) => {
  const refundId: [string, unknown][] = takes(update, 'refund')
    ? [['refund.id', update.params.refund?.id]]
    : []
  const ids = Object.entries(update.params).filter(
    ([name]) => name.endsWith('_id') && takes(update, name),
  )
  return [...ids, ...refundId].flatMap(([name, id]) => {
    if (typeof id !== 'string' || id.length <= MAX_ID_LENGTH || [...id].length <= MAX_ID_LENGTH) {
      return []
    }
    return [notSent(name, id, `at most ${MAX_ID_LENGTH} characters`)]
  })
}

/** Every hash on Horizon has 64 hexadecimal digits. For another text the platform fails (-32603) during the update. */
const ledgerHash: ParamCheck = (update) => {
  if (!takes(update, 'stellar_transaction_id')) return []
  const { stellar_transaction_id: hash = '' } = update.params
  if (hash.trim() === '' || /^[0-9a-f]{64}$/i.test(hash)) return []
  return [notSent('stellar_transaction_id', hash, HASH_RULE)]
}

const payableAccount: ParamCheck = (update) => {
  if (!takes(update, 'destination_account')) return []
  const { destination_account: account = '' } = update.params
  const payable =
    isAccountId(account) || isContractId(account) || parseMuxedAccount(account) !== null
  if (account === '' || payable) return []
  return [notSent('destination_account', account, 'an account id, G… or M…, or a contract id')]
}

const futureDeadline: ParamCheck = (update) => {
  if (!takes(update, 'user_action_required_by')) return []
  const { user_action_required_by: deadline = null } = update.params
  const earliest = BigInt(update.now.getTime() - CLOCK_TOLERANCE_MS) * 1_000_000n
  if ((instantNanoseconds(deadline) ?? earliest) >= earliest) return []
  const message = 'user_action_required_by can not be in the past'
  return [refused('user_action_required_by', deadline, 'a time to come', message)]
}

/** The checks of every method. Each checks one param if the method has it. They run before the checks of the row. */
export const COMMON_CHECKS: readonly ParamCheck[] = [
  plainAmounts,
  plainFeeDetails,
  plainRefund,
  idLength,
  ledgerHash,
  payableAccount,
  futureDeadline,
]
