import { simulatedAccountId } from '../world/simulated-keys.ts'
import { assetIn, stroopsOf } from './input.ts'
import type { ClosedOperation, ClosedTransaction } from './ledger-transaction.ts'

/** The account that trades with every path payment. */
export const MARKET_MAKER = simulatedAccountId('market maker')

const NATIVE = 'stellar:native'

/** A change of one balance. */
interface Change {
  account: string
  /** SEP-38 form. */
  asset: string
  stroops: bigint
}

/** What a transaction does to balances: its fee, and its operations unless it failed. An issuer's own asset has no balance. */
export function changesOf(transaction: ClosedTransaction): Change[] {
  const { feeAccount, fee, successful, operations } = transaction
  const paid = { account: feeAccount, asset: NATIVE, stroops: -fee }
  const moved = successful ? operations.flatMap(changesOfOperation) : []
  return [paid, ...moved].filter(({ account, asset }) => {
    const parsed = assetIn(asset)
    return parsed.kind !== 'issued' || parsed.issuer !== account
  })
}

function changesOfOperation({ form, source }: ClosedOperation): Change[] {
  const change = (account: string, asset: string, amount: string, sign: 1n | -1n): Change => ({
    account,
    asset,
    stroops: sign * stroopsOf(amount),
  })
  const moved = (from: string, to: string, asset: string, amount: string) => [
    change(from, asset, amount, -1n),
    change(to, asset, amount, 1n),
  ]
  switch (form.type) {
    case 'payment':
      return moved(source, form.to, form.asset, form.amount)
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send':
      if (form.asset === form.sourceAsset) return moved(source, form.to, form.asset, form.amount)
      return [
        ...moved(source, MARKET_MAKER, form.sourceAsset, form.sourceAmount),
        ...moved(MARKET_MAKER, form.to, form.asset, form.amount),
      ]
    case 'manage_sell_offer':
      return [
        ...moved(source, form.seller, form.selling, form.sold),
        ...moved(form.seller, source, form.buying, form.bought),
      ]
    case 'create_account':
      return moved(source, form.account, NATIVE, form.startingBalance)
    case 'account_merge':
      return moved(source, form.into, NATIVE, form.amount)
    case 'create_claimable_balance':
      return [change(source, form.asset, form.amount, -1n)]
    case 'claim_claimable_balance':
      return [change(source, form.asset, form.amount, 1n)]
    case 'clawback':
      return [change(form.from, form.asset, form.amount, -1n)]
    case 'invoke_host_function':
      return form.changes.flatMap(({ from, to, asset, amount }) => [
        ...(from === undefined ? [] : [change(from, asset, amount, -1n)]),
        ...(to === undefined ? [] : [change(to, asset, amount, 1n)]),
      ])
  }
}
