import { MARKET_MAKER } from '../balances.ts'
import type { ClosedOperation, OperationForm } from '../ledger-transaction.ts'
import { assetFields, horizonAmount, timeOf } from './records.ts'

/** An effect of an operation on an account. */
interface EffectForm {
  account: string
  type: string
  fields?: object
}

/** Horizon's numbers of the effect types. */
const TYPE_NUMBER: Readonly<Record<string, number>> = {
  account_created: 0,
  account_removed: 1,
  account_credited: 2,
  account_debited: 3,
  signer_created: 10,
  trade: 33,
  claimable_balance_created: 50,
  claimable_balance_claimant_created: 51,
  claimable_balance_claimed: 52,
}

/** The records of all effects of an operation on an account, in their order. A failed transaction has none. */
export function effectRecords(
  baseUrl: string,
  operation: ClosedOperation,
  accountId: string,
): Record<string, unknown>[] {
  const { id, transaction } = operation
  if (!transaction.successful) return []
  return effectsOf(operation)
    .map((effect, index) => ({ ...effect, order: index + 1 }))
    .filter(({ account }) => account === accountId)
    .map(({ account, type, fields, order }) => ({
      _links: {
        operation: { href: `${baseUrl}/operations/${id}` },
        succeeds: { href: `${baseUrl}/effects?order=desc&cursor=${id}-${order}` },
        precedes: { href: `${baseUrl}/effects?order=asc&cursor=${id}-${order}` },
      },
      id: `${String(id).padStart(19, '0')}-${String(order).padStart(10, '0')}`,
      paging_token: `${id}-${order}`,
      account,
      type,
      type_i: TYPE_NUMBER[type],
      created_at: timeOf(transaction.closedAt),
      ...fields,
    }))
}

function effectsOf({ form, source }: ClosedOperation): EffectForm[] {
  switch (form.type) {
    case 'payment':
      return [credited(form.to, form.asset, form.amount), debited(source, form.asset, form.amount)]
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send':
      return pathPaymentEffects(form, source)
    case 'manage_sell_offer':
      return trades(source, form.seller, {
        ...{ sold: form.sold, selling: form.selling },
        ...{ bought: form.bought, buying: form.buying },
      })
    case 'create_account':
      return [
        {
          account: form.account,
          type: 'account_created',
          fields: { starting_balance: horizonAmount(form.startingBalance) },
        },
        debited(source, 'stellar:native', form.startingBalance),
        { account: form.account, type: 'signer_created', fields: { weight: 1 } },
      ]
    case 'account_merge':
      return [
        debited(source, 'stellar:native', form.amount),
        credited(form.into, 'stellar:native', form.amount),
        { account: source, type: 'account_removed' },
      ]
    case 'create_claimable_balance':
      return [
        { account: source, type: 'claimable_balance_created', fields: balance(form) },
        ...form.claimants.map((account) => ({
          account,
          type: 'claimable_balance_claimant_created',
          fields: balance(form),
        })),
        debited(source, form.asset, form.amount),
      ]
    case 'claim_claimable_balance':
      return [
        { account: source, type: 'claimable_balance_claimed', fields: balance(form) },
        credited(source, form.asset, form.amount),
      ]
    case 'clawback':
      return [
        credited(source, form.asset, form.amount),
        debited(form.from, form.asset, form.amount),
      ]
    case 'invoke_host_function':
      return form.changes.flatMap(({ from, to, asset, amount }) => [
        ...(from?.startsWith('G') ? [debited(from, asset, amount)] : []),
        ...(to?.startsWith('G') ? [credited(to, asset, amount)] : []),
      ])
  }
}

const moved = (type: string) => (account: string, asset: string, amount: string) => ({
  account,
  type,
  fields: { ...assetFields(asset), amount: horizonAmount(amount) },
})
const credited = moved('account_credited')
const debited = moved('account_debited')

const balance = ({ asset, amount }: { asset: string; amount: string }) => ({
  asset: asset.replace(/^stellar:/, ''),
  amount: horizonAmount(amount),
})

/** The payer has the trades on the way as effects too, beside what was debited. */
function pathPaymentEffects(
  form: Extract<OperationForm, { sourceAmount: string }>,
  source: string,
): EffectForm[] {
  const ends = [
    credited(form.to, form.asset, form.amount),
    debited(
      source,
      form.sourceAsset,
      form.asset === form.sourceAsset ? form.amount : form.sourceAmount,
    ),
  ]
  if (form.asset === form.sourceAsset) return ends
  const traded = {
    ...{ sold: form.sourceAmount, selling: form.sourceAsset },
    ...{ bought: form.amount, buying: form.asset },
  }
  return [...ends, ...trades(source, MARKET_MAKER, traded)]
}

function trades(
  buyer: string,
  seller: string,
  traded: { sold: string; selling: string; bought: string; buying: string },
): EffectForm[] {
  const { sold, selling, bought, buying } = traded
  const trade = (account: string, other: string, gave: typeof traded): EffectForm => ({
    account,
    type: 'trade',
    fields: {
      seller: other,
      offer_id: '7',
      sold_amount: horizonAmount(gave.sold),
      ...assetFields(gave.selling, 'sold_'),
      bought_amount: horizonAmount(gave.bought),
      ...assetFields(gave.buying, 'bought_'),
    },
  })
  return [
    trade(buyer, seller, traded),
    trade(seller, buyer, { sold: bought, selling: buying, bought: sold, buying: selling }),
  ]
}
