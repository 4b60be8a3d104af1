import type { LedgerPayment } from '../../ledger/source.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import { formatMemo, type Memo } from '../../stellar/memo.ts'
import { formatMuxedAccount } from '../../stellar/muxed-account.ts'
import type { CandidateTransaction, Verdict, VerdictCode } from './codes.ts'
import {
  expectedAsset,
  expectedStroops,
  isAwaitingPayment,
  isPaidTo,
  nameOfMemo,
  nameOfMuxedId,
  namesOf,
  shownExpected,
  stroopsOf,
} from './expectation.ts'

/** Whether a payment must be what was expected to the stroop, or may be more. */
export type AmountPolicy = 'exact' | 'at_least'

export interface VerdictContext {
  /** The observed account, `G…`. */
  account: string
  /** Every stored transaction that a memo of the payment names, whatever its status. */
  awaiting: readonly CandidateTransaction[]
  policy: AmountPolicy
}

/** What a refusal or a credit says, before the payment itself is put beside it. */
type Finding = Omit<Verdict, 'evidence'> & { compared?: Record<string, unknown> }

/**
 * Says what a payment of an account is: `credited`, or why not. Credited is only a successful plain or path payment from
 * another account that names, by the type and bytes of its memo or by its muxed id, exactly one transaction that awaits a
 * payment to this account, in its asset by code and issuer, and of an amount that satisfies the policy in stroops.
 */
export function judgePayment(payment: LedgerPayment, context: VerdictContext): Verdict {
  const finding = judgeAlone(payment, context.account) ?? judgeByMemo(payment, context)
  const { compared, ...said } = finding
  return { ...said, evidence: { seen: shownPayment(payment), ...compared } }
}

/** What can be said without knowing any transaction; null for a payment that may be for one. */
function judgeAlone(payment: LedgerPayment, account: string): Finding | null {
  const alone = (code: VerdictCode, sentence: string): Finding => ({
    code,
    sentence,
    transactionId: null,
  })
  const { kind, from, to, asset, amount } = payment
  if (!payment.successful) {
    return alone('transaction_failed', 'Its Stellar transaction failed: nothing was paid.')
  }
  if (kind === 'clawback') {
    return alone('manual_review', 'The issuer took the asset back (clawback).')
  }
  if (from === account) return alone('outgoing', `It was paid by the observed account ${account}.`)
  if (to !== account) {
    return alone('manual_review', 'The ledger source does not say that the account was paid.')
  }
  if (kind !== 'payment' && kind !== 'path_payment') {
    return alone('manual_review', `It came in as ${KIND[kind]}, which no machine credits.`)
  }
  if (asset === null || stroopsOf(amount) === null) {
    return alone('manual_review', 'The ledger source does not say what was received.')
  }
  if (memosOfPayment(payment).length > 0) return null
  const carried = payment.memo.type === 'other' ? `a memo of another type` : 'no memo'
  return alone('no_memo', `It carries ${carried} and no muxed id, so that it names no transaction.`)
}

const KIND: Record<Exclude<LedgerPayment['kind'], 'payment' | 'path_payment'>, string> = {
  create_account: 'a new account',
  account_merge: 'a merged account',
  claimable_balance: 'a claimable balance',
  clawback: 'a clawback',
  contract_transfer: 'a transfer by a contract',
  unknown: 'an operation of an unknown kind',
}

function judgeByMemo(payment: LedgerPayment, { account, awaiting, policy }: VerdictContext) {
  // One may have been found under several spellings.
  const known = [...new Map(awaiting.map((transaction) => [transaction.id, transaction])).values()]
  const namedBy = memosOfPayment(payment).map((memo) =>
    known.filter((transaction) => namesOf(transaction).some((name) => memo.names.includes(name))),
  )
  const named = [...new Set(namedBy.flat())]
  const [first] = named
  if (first === undefined) {
    return refusal('no_match', `No known transaction has ${shownMemos(payment)}.`, null)
  }
  if (namedBy.some((some) => some.length > 0 && some.length !== named.length)) {
    const sentence = `Its memo and its muxed id name different transactions: ${idsOf(named)}.`
    return refusal('ambiguous', sentence, null, { candidates: named.map(({ id }) => id) })
  }
  const open = named.filter(isAwaitingPayment)
  const payable = open.filter((transaction) => isPaidTo(payment, transaction, account))
  if (payable.length > 1) {
    const sentence = `${payable.length} transactions await a payment with ${shownMemos(payment)}: ${idsOf(payable)}.`
    return refusal('ambiguous', sentence, null, { candidates: payable.map(({ id }) => id) })
  }
  const [transaction] = payable
  if (transaction !== undefined) return judgeAgainst(payment, transaction, policy)
  const [elsewhere] = open
  if (elsewhere !== undefined) {
    const sentence = `Transaction ${elsewhere.id} expects a payment to ${elsewhere.account}, not to ${paidAddress(payment)}.`
    return refusal('wrong_account', sentence, elsewhere, { expected: shownExpected(elsewhere) })
  }
  return refuseClosed(payment, named, first)
}

function refuseClosed(
  { operationId }: LedgerPayment,
  named: readonly CandidateTransaction[],
  first: CandidateTransaction,
): Finding {
  const paid = named.find(({ creditedBy }) => creditedBy !== null)
  if (paid !== undefined) {
    const by =
      paid.creditedBy === operationId ? 'by this payment' : `by operation ${paid.creditedBy}`
    const sentence = `Transaction ${paid.id} was paid before, ${by}.`
    return refusal('already_paid', sentence, paid, { expected: shownExpected(paid) })
  }
  const sentence = `Transaction ${first.id} (SEP-${first.sep}, ${first.kind}) is ${first.status} and awaits no payment.`
  return refusal('not_awaiting', sentence, first, { expected: shownExpected(first) })
}

function judgeAgainst(
  payment: LedgerPayment,
  transaction: CandidateTransaction,
  policy: AmountPolicy,
): Finding {
  const { id } = transaction
  const expected = shownExpected(transaction)
  const refuse = (code: VerdictCode, sentence: string) =>
    refusal(code, sentence, transaction, { expected, policy })
  const paidAsset = payment.asset === null ? null : formatAsset(payment.asset)
  const asset = expectedAsset(transaction)
  if (asset === null) {
    return refuse('amount_unknown', `Transaction ${id} does not say which asset it expects.`)
  }
  if (paidAsset !== asset) {
    return refuse('wrong_asset', `Transaction ${id} expects ${asset}, and ${paidAsset} was paid.`)
  }
  const wanted = expectedStroops(transaction)
  if (wanted === null) {
    return refuse('amount_unknown', `Transaction ${id} does not say how much it expects.`)
  }
  const paid = stroopsOf(payment.amount) ?? 0n
  const amounts = `${formatAmount(wanted)}, and ${formatAmount(paid)} was paid`
  if (paid < wanted) {
    const short = formatAmount(wanted - paid)
    return refuse('amount_short', `Transaction ${id} expects ${amounts}: ${short} too little.`)
  }
  if (paid > wanted && policy === 'exact') {
    const over = formatAmount(paid - wanted)
    return refuse('amount_over', `Transaction ${id} expects ${amounts}: ${over} too much.`)
  }
  const sentence = `Pays transaction ${id}, which expects ${policy === 'exact' ? '' : 'at least '}${amounts}.`
  return refuse('credited', sentence)
}

function refusal(
  code: VerdictCode,
  sentence: string,
  transaction: CandidateTransaction | null,
  compared: Record<string, unknown> = {},
): Finding {
  return { code, sentence, transactionId: transaction?.id ?? null, compared }
}

/** The memo and the muxed id that a payment carries, the latter as a memo of type id, each with the names it can be. */
function memosOfPayment({ memo, toMuxedId }: LedgerPayment): CarriedMemo[] {
  const carried: CarriedMemo[] = []
  if (memo.type !== 'none' && memo.type !== 'other' && memo.value !== '') {
    carried.push({ ...memo, isMuxedId: false, names: [nameOfMemo(memo)] })
  }
  if (toMuxedId !== null) {
    const id = { type: 'id', value: toMuxedId } as const
    carried.push({ ...id, isMuxedId: true, names: [nameOfMemo(id), nameOfMuxedId(toMuxedId)] })
  }
  return carried
}

type CarriedMemo = Memo & { isMuxedId: boolean; names: string[] }

/** What a payment carries, in the words that `namesOf` has for the transactions it may be for. */
export function namesIn(payment: LedgerPayment): string[] {
  return memosOfPayment(payment).flatMap(({ names }) => names)
}

/** The platform shows a hash in base64 or in hex, as it was sent one. */
function spellings(memo: Memo): string[] {
  return memo.type === 'hash' ? [formatMemo(memo), memo.value] : [memo.value]
}

/**
 * Every spelling under which a transaction that these payments name may be stored, each once: as its memo, or, of type
 * `muxed_account`, as the address it is paid at.
 */
export function memosOf(payments: readonly LedgerPayment[]): { type: string; value: string }[] {
  const paid = payments.filter(
    ({ successful, kind }) => successful && (kind === 'payment' || kind === 'path_payment'),
  )
  const memos = [
    ...paid
      .flatMap(memosOfPayment)
      .flatMap((memo) => spellings(memo).map((value) => ({ type: memo.type, value }))),
    ...paid.flatMap(muxedAddressOf).map((value) => ({ type: 'muxed_account', value })),
  ]
  return [...new Map(memos.map((memo) => [`${memo.type} ${memo.value}`, memo])).values()]
}

function muxedAddressOf({ to, toMuxedId }: LedgerPayment): string[] {
  if (to === null || toMuxedId === null) return []
  const address = formatMuxedAccount({ account: to, id: toMuxedId })
  return address === null ? [] : [address]
}

function shownPayment(payment: LedgerPayment): Record<string, unknown> {
  const { kind, successful, from, to, toMuxedId, asset, amount, memo } = payment
  return {
    kind,
    successful,
    from,
    to,
    toMuxedId,
    asset: asset === null ? null : formatAsset(asset),
    amount,
    memo,
  }
}

function shownMemos(payment: LedgerPayment): string {
  return memosOfPayment(payment)
    .map(({ type, value, isMuxedId }) =>
      isMuxedId ? `the muxed id ${value}` : `the memo ${JSON.stringify(value)} of type ${type}`,
    )
    .join(' or ')
}

function paidAddress({ to, toMuxedId }: LedgerPayment): string {
  return toMuxedId === null ? String(to) : `${to} with the muxed id ${toMuxedId}`
}

const idsOf = (transactions: readonly CandidateTransaction[]) =>
  transactions
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')
