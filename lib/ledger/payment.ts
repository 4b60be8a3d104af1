import { isDeepStrictEqual } from 'node:util'
import { parseAmount } from '../stellar/amount.ts'
import type { Asset } from '../stellar/asset.ts'
import { textOf } from '../text-of.ts'
import type { CarriedId } from './carried-id.ts'
import type { LedgerMemo, LedgerPayment, LedgerPaymentKind } from './source.ts'

/** The movement of one operation. A part is null when the source does not show it, undefined when it cannot be read. */
export interface MovedValue {
  kind: LedgerPaymentKind
  from: string | null | undefined
  fromMuxedId: string | null | undefined
  to: string | null | undefined
  toMuxedId: string | null | undefined
  asset: Asset | null | undefined
  amount: string | null | undefined
  /** The memo that the movement itself carries for its receiver, beside the memo of its transaction. */
  memo: LedgerMemo | null | undefined
}

/** The facts that all operations of a transaction share. A part is undefined when it cannot be read. */
export interface TransactionFacts {
  successful: boolean | undefined
  closedAt: string
  memo: LedgerMemo | undefined
}

/** The place of an operation on the ledger. */
export type PaymentPlace = Pick<
  LedgerPayment,
  'operationId' | 'cursor' | 'ledger' | 'transactionHash'
>

/** A movement of an asset by a contract. */
export interface ContractMovement extends CarriedId {
  isClawback: boolean
  from: string | null | undefined
  to: string | null | undefined
  asset: Asset | undefined
  amount: string | undefined
}

/** Types of operations that pay nobody, with today's and earlier names of Horizon and XDR-JSON. A trade is not a payment. */
const PAYS_NOBODY: ReadonlySet<unknown> = new Set([
  ...['manage_offer', 'manage_sell_offer', 'manage_buy_offer'],
  ...['create_passive_offer', 'create_passive_sell_offer'],
  ...['set_options', 'change_trust', 'allow_trust', 'set_trust_line_flags'],
  ...['inflation', 'manage_data', 'bump_sequence'],
  ...['begin_sponsoring_future_reserves', 'end_sponsoring_future_reserves', 'revoke_sponsorship'],
  ...['liquidity_pool_deposit', 'liquidity_pool_withdraw'],
  ...['extend_footprint_ttl', 'bump_footprint_expiration', 'restore_footprint'],
])

/** Whether operations of this type pay nobody. An operation of an unknown type may pay somebody. */
export function paysNobody(type: unknown): boolean {
  return PAYS_NOBODY.has(type)
}

/** A movement of which only the kind is shown. */
export function nothingMoved(kind: LedgerPaymentKind): MovedValue {
  return {
    kind,
    from: null,
    fromMuxedId: null,
    to: null,
    toMuxedId: null,
    asset: null,
    amount: null,
    memo: null,
  }
}

/**
 * Puts a payment together. If a part cannot be read, the kind is `unknown`, so that a person examines the payment. If the
 * success cannot be read, the payment counts as successful, because money may have moved.
 */
export function paymentOf(
  place: PaymentPlace,
  facts: TransactionFacts,
  moved: MovedValue,
): LedgerPayment {
  const { from, fromMuxedId, to, toMuxedId, asset, amount } = moved
  const memo = memoOf(facts, moved)
  const parts = [from, fromMuxedId, to, toMuxedId, asset, amount, facts.successful, memo]
  return {
    ...place,
    closedAt: facts.closedAt,
    successful: facts.successful ?? true,
    kind: parts.includes(undefined) ? 'unknown' : moved.kind,
    from: from ?? null,
    fromMuxedId: fromMuxedId ?? null,
    to: to ?? null,
    toMuxedId: toMuxedId ?? null,
    asset: asset ?? null,
    amount: amount ?? null,
    memo: shownMemo(memo),
  }
}

/**
 * The memo of a payment: the one that its transfer carries, else the one of its transaction. If both are there and differ,
 * the payment names two customers, and no transaction is found by it.
 */
function memoOf(facts: TransactionFacts, { memo }: MovedValue): LedgerMemo | undefined {
  if (memo === null || isDeepStrictEqual(memo, facts.memo)) return facts.memo
  if (memo === undefined || facts.memo === undefined || facts.memo.type === 'none') {
    return facts.memo && memo
  }
  return {
    type: 'other',
    shown: `${memoText(memo)} of the transfer, ${memoText(facts.memo)} of its transaction`,
  }
}

function memoText(memo: LedgerMemo): string {
  if (memo.type === 'none') return memo.type
  return memo.type === 'other' ? memo.shown : `${memo.type} ${JSON.stringify(memo.value)}`
}

/** A memo, or the text `unreadable` in its place. */
export function shownMemo(memo: LedgerMemo | undefined): LedgerMemo {
  return memo ?? { type: 'other', shown: 'unreadable' }
}

const UNKNOWN_OF_SEVERAL = { toMuxedId: null, amount: null, memo: null }

/**
 * Sums up the movements of a contract from and to an account. Of several movements it shows only the parts that they share,
 * and no amount, so that no machine credits them: one of them may be the price of another. Null when no movement is from or
 * to the account.
 */
export function contractTransfer(
  movements: readonly ContractMovement[],
  account: string | null,
): MovedValue | null {
  const own = movements.filter(
    ({ from, to }) => account === null || from === account || to === account,
  )
  const [first, ...more] = own
  if (first === undefined) return null
  const isShared = (name: 'from' | 'to') => own.every((one) => one[name] === first[name])
  const isSameAsset = own.every(({ asset }) => keyOf(asset) === keyOf(first.asset))
  const { toMuxedId, amount, memo } = more.length === 0 ? first : UNKNOWN_OF_SEVERAL
  return {
    kind: own.some(({ isClawback }) => isClawback) ? 'clawback' : 'contract_transfer',
    from: isShared('from') ? first.from : null,
    fromMuxedId: null,
    to: isShared('to') ? first.to : null,
    toMuxedId,
    asset: isSameAsset ? first.asset : null,
    amount,
    memo,
  }
}

/** The text of an amount that a Stellar asset can have; undefined for every other value. */
export function amountOf(value: unknown): string | undefined {
  return parseAmount(value) === null ? undefined : textOf(value)
}

function keyOf(asset: Asset | undefined): string {
  return JSON.stringify(asset ?? null)
}
