import { parseAmount } from '../stellar/amount.ts'
import type { Asset } from '../stellar/asset.ts'
import type { LedgerMemo, LedgerPayment, LedgerPaymentKind } from './source.ts'

/** What an operation moved, as a source says it: null is what it does not say, undefined what it says unreadably. */
export interface MovedValue {
  kind: LedgerPaymentKind
  from: string | null | undefined
  to: string | null | undefined
  toMuxedId: string | null | undefined
  asset: Asset | null | undefined
  amount: string | null | undefined
}

/** What all operations of one transaction share; the memo is undefined where it cannot be read. */
export interface TransactionFacts {
  successful: boolean | undefined
  closedAt: string
  memo: LedgerMemo | undefined
}

/** Where an operation stands, in the form of LedgerPayment. */
export type PaymentPlace = Pick<
  LedgerPayment,
  'operationId' | 'cursor' | 'ledger' | 'transactionHash'
>

/** A movement of an asset that an invoked contract caused. */
export interface ContractMovement {
  from: string | null | undefined
  to: string | null | undefined
  asset: Asset | undefined
  amount: string | undefined
}

/**
 * Puts a payment together. Anything unreadable in it makes its kind `unknown`, so that a person looks at it; it counts as
 * successful then unless the source says that it failed, because money may have moved.
 */
export function paymentOf(
  place: PaymentPlace,
  facts: TransactionFacts,
  moved: MovedValue,
): LedgerPayment {
  const { from, to, toMuxedId, asset, amount } = moved
  const said = [from, to, toMuxedId, asset, amount, facts.successful, facts.memo]
  return {
    ...place,
    closedAt: facts.closedAt,
    successful: facts.successful ?? true,
    kind: said.includes(undefined) ? 'unknown' : moved.kind,
    from: from ?? null,
    to: to ?? null,
    toMuxedId: toMuxedId ?? null,
    asset: asset ?? null,
    amount: amount ?? null,
    memo: facts.memo ?? { type: 'other', shown: 'unreadable' },
  }
}

/**
 * What a contract's movements come to for an account: those that it received, else those that it sent. Several show only
 * what they have in common. Null when none is the account's.
 */
export function contractTransfer(
  movements: readonly ContractMovement[],
  account: string | null,
): MovedValue | null {
  const received = movements.filter(({ to }) => to === account)
  const sent = movements.filter(({ from }) => from === account)
  const own = account === null ? movements : received.length > 0 ? received : sent
  const [first, ...more] = own
  if (first === undefined) return null
  const isAlone = more.length === 0
  const isShared = (name: 'from' | 'to') => own.every((one) => one[name] === first[name])
  const isSameAsset = own.every(({ asset }) => keyOf(asset) === keyOf(first.asset))
  return {
    kind: 'contract_transfer',
    from: isShared('from') ? first.from : null,
    to: isShared('to') ? first.to : null,
    toMuxedId: null,
    asset: isSameAsset ? first.asset : null,
    amount: isAlone ? first.amount : null,
  }
}

/** The amount, when it is one that a Stellar asset can have. */
export function amountOf(value: unknown): string | undefined {
  return parseAmount(value) === null ? undefined : String(value)
}

function keyOf(asset: Asset | undefined): string {
  return JSON.stringify(asset ?? null)
}
