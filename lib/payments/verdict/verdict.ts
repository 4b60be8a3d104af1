import type { LedgerPayment } from '../../ledger/source.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import type { Memo } from '../../stellar/memo.ts'
import { formatMuxedAccount } from '../../stellar/muxed-account.ts'
import type { CandidateTransaction, Verdict, VerdictCode } from './codes.ts'
import {
  existedAt,
  expectedAsset,
  expectedStroops,
  isAwaitingPayment,
  isPaidTo,
  isUnpaid,
  nameOfMemo,
  nameOfMuxedId,
  namesOf,
  shownExpected,
  stroopsOf,
} from './expectation.ts'

/** Whether a payment must equal the expected amount to the stroop, or may exceed it. */
export type AmountPolicy = 'exact' | 'at_least'

export interface VerdictContext {
  /** The observed account, `G…`. */
  account: string
  /** Every stored transaction of any status that the payment's memo or muxed id names. */
  candidates: readonly CandidateTransaction[]
  policy: AmountPolicy
  /** Not every transaction that waits is known yet, so that no verdict by a memo would be final. */
  isCatchingUp: boolean
}

/** A verdict whose evidence does not show the payment yet. */
type Draft = Omit<Verdict, 'evidence'> & { compared?: Record<string, unknown> }

/**
 * Judges one payment of an account. `credited` needs all of this: the payment succeeded, is a plain or path payment or one
 * transfer of a contract from another account, and names exactly one waiting transaction by the type and bytes of its memo or by its muxed id, which
 * existed when it was paid; the account, the asset's code and issuer, and the amount in stroops are those that the
 * transaction expects.
 */
export function judgePayment(payment: LedgerPayment, context: VerdictContext): Verdict {
  const alone = judgeAlone(payment, context.account)
  const { compared, ...verdict } = 'code' in alone ? alone : judgeByMemo(payment, alone, context)
  return { ...verdict, evidence: { seen: shownPayment(payment), ...compared } }
}

/** What was received, of a payment that may be for a transaction. */
interface Received {
  /** In SEP-38 form. */
  asset: string
  stroops: bigint
}

/** The verdict that needs no transaction; for a payment that may be for a transaction what was received. */
function judgeAlone(payment: LedgerPayment, account: string): Draft | Received {
  const { kind, from, to, asset, amount } = payment
  if (!payment.successful) {
    return draft('transaction_failed', 'Its Stellar transaction failed: nothing was paid.', null)
  }
  if (kind === 'clawback') {
    return draft('manual_review', 'The issuer took the asset back (clawback).', null)
  }
  if (from === account) {
    return draft('outgoing', `It was paid by the observed account ${account}.`, null)
  }
  if (to !== account) {
    return draft('manual_review', 'The ledger source does not say that the account was paid.', null)
  }
  if (!isCreditable(kind)) {
    return draft('manual_review', `It came in as ${KIND[kind]}, which no machine credits.`, null)
  }
  const stroops = stroopsOf(amount)
  if (asset === null || stroops === null) {
    const how =
      kind === 'contract_transfer' ? 'It came by several transfers of a contract, or t' : 'T'
    return draft('manual_review', `${how}he ledger source does not say what was received.`, null)
  }
  if (memosOfPayment(payment).length > 0) return { asset: formatAsset(asset), stroops }
  const carried = payment.memo.type === 'other' ? `a memo of another type` : 'no memo'
  return draft(
    'no_memo',
    `It carries ${carried} and no muxed id, so that it names no transaction.`,
    null,
  )
}

const CATCHING_UP: Draft = draft(
  'catching_up',
  'The open transactions of the platform were not all read yet. It is judged when they are.',
  null,
)

type CreditableKind = 'payment' | 'path_payment' | 'contract_transfer'

/** Whether a payment of this kind may be credited. */
export function isCreditable(kind: LedgerPayment['kind']): kind is CreditableKind {
  return kind === 'payment' || kind === 'path_payment' || kind === 'contract_transfer'
}

const KIND: Record<Exclude<LedgerPayment['kind'], CreditableKind>, string> = {
  create_account: 'a new account',
  account_merge: 'a merged account',
  claimable_balance: 'a claimable balance',
  clawback: 'a clawback',
  unknown: 'an operation of an unknown kind',
}

function judgeByMemo(
  payment: LedgerPayment,
  received: Received,
  { account, candidates, policy, isCatchingUp }: VerdictContext,
): Draft {
  if (isCatchingUp) return CATCHING_UP
  // The same transaction may have been found by its memo and by the muxed id.
  const known = [
    ...new Map(candidates.map((transaction) => [transaction.id, transaction])).values(),
  ]
  const namedEver = memosOfPayment(payment).map((memo) =>
    known.filter((transaction) => namesOf(transaction).some((name) => memo.names.includes(name))),
  )
  const [someTime] = namedEver.flat()
  if (someTime === undefined) {
    return draft('no_match', `No known transaction has ${shownMemos(payment)}.`, null)
  }
  const namedBy = namedEver.map((some) =>
    some.filter((transaction) => existedAt(payment.closedAt, transaction)),
  )
  const named = [...new Set(namedBy.flat())]
  const [first] = named
  if (first === undefined) return outsideWindow(payment, [...new Set(namedEver.flat())], someTime)
  if (namedBy.some((some) => some.length > 0 && some.length !== named.length)) {
    const sentence = `Its memo and its muxed id name different transactions: ${idsOf(named)}.`
    return draft('ambiguous', sentence, null, { candidates: named.map(({ id }) => id) })
  }
  const open = named.filter(isAwaitingPayment)
  const payable = open.filter((transaction) => isPaidTo(payment, transaction, account))
  if (payable.length > 1) {
    const sentence = `${payable.length} transactions await a payment with ${shownMemos(payment)}: ${idsOf(payable)}.`
    return draft('ambiguous', sentence, null, { candidates: payable.map(({ id }) => id) })
  }
  // One that has ended unpaid may have been meant as well as one that waits now.
  const ended = named.filter((one) => one.endedAt !== null && isUnpaid(one))
  if (payable.length > 0 && ended.length > 0) {
    const meant = [...payable, ...ended]
    const sentence = `${meant.length} transactions with ${shownMemos(payment)} existed when it was paid: ${idsOf(meant)}.`
    return draft('ambiguous', sentence, null, { candidates: meant.map(({ id }) => id) })
  }
  const [transaction] = payable
  if (transaction !== undefined) return judgeAgainst(payment, received, transaction, policy)
  const [elsewhere] = open
  if (elsewhere !== undefined) {
    const sentence = `Transaction ${elsewhere.id} expects a payment to ${elsewhere.account}, not to ${paidAddress(payment)}.`
    return draft('wrong_account', sentence, elsewhere, { expected: shownExpected(elsewhere) })
  }
  return judgeClosed(payment, named, first)
}

/** The verdict when each named transaction began after the payment, or had ended before it. */
function outsideWindow(
  { closedAt }: LedgerPayment,
  named: readonly CandidateTransaction[],
  { id, startedAt, endedAt }: CandidateTransaction,
): Draft {
  const when = endedAt === null ? `began at ${startedAt}` : `lasted from ${startedAt} to ${endedAt}`
  const others =
    named.length > 1 ? ` ${named.length - 1} more with this memo existed at other times.` : ''
  const sentence = `It was paid at ${closedAt}, and transaction ${id} ${when}.${others}`
  const windows = named
    .slice(0, MOST_WINDOWS)
    .map(({ id, startedAt, endedAt }) => ({ id, startedAt, endedAt }))
  return draft('paid_outside_window', sentence, null, { closedAt, windows })
}

const MOST_WINDOWS = 20

/** The verdict when none of the named transactions waits for a payment. */
function judgeClosed(
  { operationId }: LedgerPayment,
  named: readonly CandidateTransaction[],
  first: CandidateTransaction,
): Draft {
  const paid = named.find((one) => !isUnpaid(one))
  if (paid !== undefined) {
    const by =
      paid.creditedBy === operationId ? 'by this payment' : `by operation ${paid.creditedBy}`
    const sentence = `Transaction ${paid.id} was paid before, ${by}.`
    return draft('already_paid', sentence, paid, { expected: shownExpected(paid) })
  }
  const { id, sep, kind, status, endedAt } = first
  const isGone = isAwaitingPayment({ ...first, endedAt: null })
  const state = isGone
    ? `awaited a payment until ${endedAt}, and the platform no longer has it`
    : `is ${status} and awaits no payment`
  const sentence = `Transaction ${id} (SEP-${sep}, ${kind}) ${state}.`
  return draft('not_awaiting', sentence, first, { expected: shownExpected(first) })
}

function judgeAgainst(
  { kind }: LedgerPayment,
  { asset: paidAsset, stroops: paid }: Received,
  transaction: CandidateTransaction,
  policy: AmountPolicy,
): Draft {
  const { id } = transaction
  const expected = shownExpected(transaction)
  const withExpected = (code: VerdictCode, sentence: string) =>
    draft(code, sentence, transaction, { expected, policy })
  const asset = expectedAsset(transaction)
  if (asset === null) {
    return withExpected('amount_unknown', `Transaction ${id} does not say which asset it expects.`)
  }
  if (paidAsset !== asset) {
    return withExpected(
      'wrong_asset',
      `Transaction ${id} expects ${asset}, and ${paidAsset} was paid.`,
    )
  }
  const wanted = expectedStroops(transaction)
  if (wanted === null) {
    return withExpected('amount_unknown', `Transaction ${id} does not say how much it expects.`)
  }
  const amounts = `${formatAmount(wanted)}, and ${formatAmount(paid)} was paid`
  if (paid < wanted) {
    const short = formatAmount(wanted - paid)
    return withExpected(
      'amount_short',
      `Transaction ${id} expects ${amounts}: ${short} too little.`,
    )
  }
  if (paid > wanted && policy === 'exact') {
    const over = formatAmount(paid - wanted)
    return withExpected('amount_over', `Transaction ${id} expects ${amounts}: ${over} too much.`)
  }
  if (transaction.sep === '31' && kind !== 'payment') {
    const by = kind === 'path_payment' ? 'a path payment' : 'a transfer of a contract'
    const sentence = `Pays transaction ${id} as it expects, but by ${by}, of which the Anchor Platform cannot be told for SEP-31.`
    return withExpected('sep31_path_payment', sentence)
  }
  const sentence = `Pays transaction ${id}, which expects ${policy === 'exact' ? '' : 'at least '}${amounts}.`
  // Which of two payments is the right one, only a person can say. An update that is sent anew may still credit the first.
  const { creditedBy } = transaction
  if (creditedBy !== null) {
    const other = `Operation ${creditedBy} was credited to it before, but that update ended without effect, so a person decides which of them pays it.`
    return draft('ambiguous', `${sentence} ${other}`, transaction, { expected, policy, creditedBy })
  }
  return withExpected('credited', sentence)
}

function draft(
  code: VerdictCode,
  sentence: string,
  transaction: CandidateTransaction | null,
  compared: Record<string, unknown> = {},
): Draft {
  return { code, sentence, transactionId: transaction?.id ?? null, compared }
}

/** The memo and the muxed id of a payment, the id as a memo of type `id`, each with the names that it matches. */
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

/** The names that a payment carries. They are compared with the names of transactions (`namesOf`). */
export function namesIn(payment: LedgerPayment): string[] {
  return memosOfPayment(payment).flatMap(({ names }) => names)
}

/**
 * The memos by which the transactions that these payments name are found, by value and, as type `muxed_account`, the muxed
 * address that was paid, each with the first and the last time at which it was paid. No memo comes twice.
 */
export function memosOf(payments: readonly LedgerPayment[]): WantedMemo[] {
  const paid = payments.filter(({ successful, kind }) => successful && isCreditable(kind))
  const memos = new Map<string, WantedMemo>()
  for (const payment of paid) {
    const { closedAt } = payment
    const address = muxedAddressOf(payment)
    const carried = memosOfPayment(payment).map(({ type, value }) => ({
      type: String(type),
      value,
    }))
    const muxed = address === null ? [] : [{ type: 'muxed_account', value: address }]
    for (const memo of [...carried, ...muxed]) {
      const name = `${memo.type} ${memo.value}`
      const { from, until } = memos.get(name) ?? { from: closedAt, until: closedAt }
      memos.set(name, {
        ...memo,
        from: closedAt < from ? closedAt : from,
        until: closedAt > until ? closedAt : until,
      })
    }
  }
  return [...memos.values()]
}

/** A memo by which transactions are looked up, and the times between which it was paid, ISO 8601. */
export interface WantedMemo {
  type: string
  value: string
  from: string
  until: string
}

/** The muxed address that was paid (`M…`); null for a plain account. */
export function muxedAddressOf({
  to,
  toMuxedId,
}: Pick<LedgerPayment, 'to' | 'toMuxedId'>): string | null {
  if (to === null || toMuxedId === null) return null
  return formatMuxedAccount({ account: to, id: toMuxedId })
}

/** A payment, as evidence of a verdict. */
export function shownPayment(payment: LedgerPayment): Record<string, unknown> {
  const { kind, successful, from, fromMuxedId, to, toMuxedId, asset, amount, memo } = payment
  return {
    kind,
    successful,
    from,
    fromMuxedId,
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
