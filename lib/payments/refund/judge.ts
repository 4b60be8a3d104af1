import type { LedgerPayment, LedgerTransaction } from '../../ledger/source.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import { stroopsOf } from '../verdict/expectation.ts'

/** The payment that is paid back, and the operation that does it. */
export type RefundedPayment = Pick<
  LedgerPayment,
  'operationId' | 'from' | 'fromMuxedId' | 'asset' | 'amount' | 'closedAt'
> & {
  /** The observed account, which received the payment. */
  account: string
}

export interface RefundDifference {
  part: 'transaction' | 'time' | 'sender' | 'receiver' | 'asset' | 'amount'
  /** What the ledger shows. */
  paid: string
  expected: string
}

export interface RefundJudgement {
  /** Empty when the Stellar transaction pays the payment back. */
  differences: RefundDifference[]
  /** Lists of operations, each of which pays the payment back; the best first. With a differing amount: all to the payer. */
  choices: string[][]
  /** What went back by the first choice, decimal text; null when nothing did. */
  amount: string | null
}

/**
 * Judges whether a Stellar transaction pays a payment back: it succeeded later than the payment, and the observed account
 * paid the payer the same amount of the asset, by one operation or by all of its operations to the payer together.
 */
export function judgeRefund(
  payment: RefundedPayment,
  found: LedgerTransaction | null,
): RefundJudgement {
  if (found === null) return none('transaction', 'not on the ledger', 'one that has closed')
  if (!found.successful) return none('transaction', 'failed', 'one that succeeded')
  if (Date.parse(found.closedAt) < Date.parse(payment.closedAt)) {
    return none('time', found.closedAt, `not before ${payment.closedAt}`)
  }
  const operations = found.payments.filter(({ kind }) => REFUNDS.has(kind))
  const sent = operations.filter(({ from }) => from === payment.account)
  if (sent.length === 0) {
    return none('sender', listed(operations.map(({ from }) => from)), payment.account)
  }
  const back = sent.filter(
    ({ to, toMuxedId }) => to === payment.from && toMuxedId === payment.fromMuxedId,
  )
  if (back.length === 0) {
    const paid = sent.map(({ to, toMuxedId }) => addressOf(to, toMuxedId))
    return none('receiver', listed(paid), addressOf(payment.from, payment.fromMuxedId))
  }
  const name = nameOf(payment)
  const inAsset = back.filter((one) => nameOf(one) === name)
  if (name === null || inAsset.length === 0) {
    return none('asset', listed(back.map(nameOf)), name ?? 'not shown')
  }
  return byAmount(payment, inAsset)
}

/** Operations that pay a named account at once. A merged payer is paid back by the creation of the account. */
const REFUNDS: ReadonlySet<string> = new Set(['payment', 'path_payment', 'create_account'])

function byAmount(payment: RefundedPayment, back: readonly LedgerPayment[]): RefundJudgement {
  const received = stroopsOf(payment.amount)
  const all = back.reduce((sum, { amount }) => sum + (stroopsOf(amount) ?? 0n), 0n)
  const exact = back.filter(({ amount }) => received !== null && stroopsOf(amount) === received)
  const choices = exact.map(({ operationId }) => [operationId])
  const together = back.map(({ operationId }) => operationId)
  if (exact.length > 0) return { differences: [], choices, amount: formatAmount(received ?? 0n) }
  const amount = formatAmount(all)
  if (all === received) return { differences: [], choices: [together], amount }
  const expected = received === null ? 'not shown' : formatAmount(received)
  return { differences: [{ part: 'amount', paid: amount, expected }], choices: [together], amount }
}

function none(part: RefundDifference['part'], paid: string, expected: string): RefundJudgement {
  return { differences: [{ part, paid, expected }], choices: [], amount: null }
}

function nameOf({ asset }: Pick<LedgerPayment, 'asset'>): string | null {
  return asset === null ? null : formatAsset(asset)
}

function addressOf(account: string | null, muxedId: string | null): string {
  if (account === null) return 'not shown'
  return muxedId === null ? account : `${account} with the muxed id ${muxedId}`
}

const MOST_LISTED = 5

function listed(values: readonly (string | null)[]): string {
  const names = [...new Set(values.map((value) => value ?? 'not shown'))]
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : ''
  return names.length === 0 ? 'nobody' : names.slice(0, MOST_LISTED).join(', ') + more
}
