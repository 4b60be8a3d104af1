import { parseAmount } from '../../stellar/amount.ts'
import type { Asset } from '../../stellar/asset.ts'
import { textOf } from '../../text-of.ts'
import { assetOf, assetOfText, type Fields, fieldsOf, unreadable } from '../answer.ts'
import type { LedgerMovement, MovementKind } from '../source.ts'

/** An effect of one operation on the account that is read. */
export interface Effect {
  /** Its paging token. */
  token: string
  fields: Fields
}

/** What an effect did to one balance. */
export type EffectMovement = Pick<LedgerMovement, 'id' | 'kind' | 'asset' | 'stroops'>

/**
 * Effects beside which the balance has another effect, or none: `claimable_balance_claimed` comes with `account_credited`,
 * what a pool revokes becomes claimable balances, and contracts have balances of their own.
 */
const MOVES_NOTHING =
  /^(?:account_(?:removed|thresholds_updated|home_domain_updated|flags_updated|inflation_destination_updated)|signer_.+|trustline_.+|offer_.+|data_.+|sequence_bumped|claimable_balance_.+|account_sponsorship_.+|liquidity_pool_(?:created|removed|revoked)|contract_(?:credited|debited))$/

/** The kinds of operations of which the effects do not show what they are. */
const KIND_OF_OPERATION = new Map<unknown, MovementKind>([
  ['create_account', 'create_account'],
  ['account_merge', 'account_merge'],
  ['path_payment', 'path_payment'],
  ['path_payment_strict_receive', 'path_payment'],
  ['path_payment_strict_send', 'path_payment'],
  ['clawback', 'clawback'],
  ['invoke_host_function', 'contract_transfer'],
])

/**
 * Reads the movements of an account's balances from all its effects of one operation.
 *
 * A path payment debits its sender and shows the sender every trade on the way as well, which moved nothing more.
 *
 * @param operationType null when the operation was not read
 * @throws LedgerError `ledger_unreadable` for an effect without its asset or its amount
 */
export function movementsOfEffects(
  effects: readonly Effect[],
  operationType: unknown,
): EffectMovement[] {
  const types = new Set(effects.map(({ fields }) => fields['type']))
  const known = KIND_OF_OPERATION.get(operationType)
  const credit = known ?? (types.has('claimable_balance_claimed') ? 'claim' : 'payment_in')
  const trades = types.has('trade') || types.has('liquidity_pool_trade')
  const debit =
    known ??
    (types.has('claimable_balance_created')
      ? 'claimable_balance'
      : types.has('account_removed')
        ? 'account_merge'
        : trades
          ? 'path_payment'
          : 'payment_out')
  const isSender = types.has('account_debited')
  return effects.flatMap((effect) => {
    const { fields } = effect
    const moved = mover(effect)
    switch (fields['type']) {
      case 'account_created':
        return [moved('create_account', '', '+', { kind: 'native' }, fields['starting_balance'])]
      case 'account_credited':
        return [moved(credit, '', '+', assetOf(fields), fields['amount'])]
      case 'account_debited':
        return [moved(debit, '', '-', assetOf(fields), fields['amount'])]
      case 'trade':
        if (isSender) return []
        return [
          moved('trade', ' sold', '-', tradedAsset(fields, 'sold'), fields['sold_amount']),
          moved('trade', ' bought', '+', tradedAsset(fields, 'bought'), fields['bought_amount']),
        ]
      case 'liquidity_pool_trade':
        if (isSender) return []
        return [
          ...reserves(moved, 'trade', ' sold', '-', [fields['sold']]),
          ...reserves(moved, 'trade', ' bought', '+', [fields['bought']]),
        ]
      case 'liquidity_pool_deposited':
        return reserves(moved, 'liquidity_pool', '', '-', fields['reserves_deposited'])
      case 'liquidity_pool_withdrew':
        return reserves(moved, 'liquidity_pool', '', '+', fields['reserves_received'])
      default:
        if (MOVES_NOTHING.test(textOf(fields['type']))) return []
        return [moved('other', '', '+', { kind: 'native' }, '0')]
    }
  })
}

type Mover = (
  kind: MovementKind,
  part: string,
  sign: '+' | '-',
  asset: Asset | undefined,
  amount: unknown,
) => EffectMovement

function mover({ token, fields }: Effect): Mover {
  return (kind, part, sign, asset, amount) => {
    const stroops = parseAmount(amount)
    if (asset === undefined || stroops === null) {
      throw unreadable(
        `Horizon has the effect ${token} (${textOf(fields['type'])}) without its amount`,
      )
    }
    return {
      id: `${token}${part}`,
      kind,
      asset,
      stroops: String(sign === '-' ? -stroops : stroops),
    }
  }
}

function reserves(
  moved: Mover,
  kind: MovementKind,
  part: string,
  sign: '+' | '-',
  list: unknown,
): EffectMovement[] {
  const given = Array.isArray(list) ? list : [undefined]
  return given.map((one, index) => {
    const { asset, amount } = fieldsOf(one) ?? {}
    return moved(kind, `${part} ${index}`, sign, assetOfText(asset), amount)
  })
}

function tradedAsset(fields: Fields, side: 'sold' | 'bought'): Asset | undefined {
  return assetOf({
    asset_type: fields[`${side}_asset_type`],
    asset_code: fields[`${side}_asset_code`],
    asset_issuer: fields[`${side}_asset_issuer`],
  })
}
