import {
  type EmulatorRelease,
  type EmulatorState,
  readState,
} from '../../../local/platform/emulator-state.ts'
import { findRule, METHODS, type MethodName } from '../../../local/platform/methods/table.ts'
import {
  isDeposit,
  kindOf,
  type StoredTransaction,
} from '../../../local/platform/stored-transaction.ts'
import {
  goodParams,
  HASH,
  PAID_AT,
  SEP_KINDS,
  stateWith,
  transactionOf,
} from '../../unit/local/platform/fixtures.ts'
import type { Random } from '../random.ts'
import type { Update } from './world.ts'

export const METHOD_NAMES = Object.keys(METHODS) as MethodName[]

/** Stellar transactions that Horizon knows, and one that it does not. */
const HASHES = [HASH, 'a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)]
const UNKNOWN_HASH = 'd'.repeat(64)

const CUSTODY = {
  custody_type: 'fireblocks',
  sep6_deposit_info_generator_type: 'custody',
  sep24_deposit_info_generator_type: 'custody',
  custody_deposit_info: { address: 'GADDRESS', memo: '7', memo_type: 'id' },
} as const

const BLANK = { true: blankState(true), false: blankState(false) }

function blankState(custody: boolean): EmulatorState {
  const form = stateWith([], custody ? CUSTODY : {})
  const ledger = Object.fromEntries(HASHES.map((hash) => [hash, form.ledger_fixture?.[HASH] ?? []]))
  return readState({ ...form, ledger_fixture: ledger })
}

/** The state of a new platform with these transactions. */
export function stateOfPlatform(
  { custody, release = '2.8.4' }: { custody: boolean; release?: EmulatorRelease },
  transactions: readonly StoredTransaction[],
): EmulatorState {
  const blank = BLANK[`${custody}`]
  const config = { ...blank.config, release }
  const byKey = transactions.map((one) => [`${one.sep}/${one.id}`, one] as const)
  return { ...blank, config, transactions: new Map(byKey), before: new Map() }
}

const needsOther = (method: MethodName, custody: boolean): boolean => {
  const needed = METHODS[method].custody?.enabled
  return needed !== undefined && needed !== custody
}

const isLegal = (method: MethodName, transaction: StoredTransaction, custody: boolean): boolean =>
  findRule(METHODS[method], transaction) !== undefined && !needsOther(method, custody)

/** A transaction in which a method is legal; null when the kind and custody allow none. */
export function legalTransaction(
  method: MethodName,
  id: string,
  { kind, custody }: { kind: 'deposit' | 'withdrawal'; custody: boolean },
): StoredTransaction | null {
  if (needsOther(method, custody)) return null
  for (const rule of METHODS[method].rules) {
    const scope = rule.scopes.find(({ kinds }) => kinds.includes(kind))
    const [status] = rule.from
    if (scope === undefined || status === undefined) continue
    const received = rule.fundsReceived === true
    return transactionOf({ sep: scope.sep, kind }, status, {
      id,
      ...(received && { transfer_received_at: PAID_AT }),
    })
  }
  return null
}

/** A random transaction, in a status from which a method leads to another. */
export function someTransaction(random: Random, id: string): StoredTransaction {
  const sepKind = random.pick(SEP_KINDS)
  const { sep, kind } = sepKind
  const rules = METHOD_NAMES.flatMap((method) => METHODS[method].rules).filter(({ scopes }) =>
    scopes.some((scope) => scope.sep === sep && scope.kinds.includes(kind)),
  )
  const rule = random.pick(rules)
  const received = rule.fundsReceived ?? random.chance(0.5)
  return transactionOf(sepKind, random.pick(rule.from), {
    id,
    ...(received && { transfer_received_at: PAID_AT }),
    ...(random.chance(0.7) && { updated_at: '2026-02-01T00:00:00.123456Z' }),
  })
}

/** A random update of the transaction. Four of five are legal now, if any is. */
export function someUpdate(
  random: Random,
  transaction: StoredTransaction,
  custody: boolean,
  methods: readonly MethodName[],
): Update {
  const legal = methods.filter((method) => isLegal(method, transaction, custody))
  const method = random.pick(legal.length > 0 && random.chance(0.8) ? legal : methods)
  return { method, params: someParams(random, method, transaction) }
}

function someParams(
  random: Random,
  method: MethodName,
  transaction: StoredTransaction,
): Record<string, unknown> {
  const { message: _, ...params } = goodParams(method, kindOf(transaction))
  const withMessage = random.chance(0.75) || method === 'notify_transaction_error'
  const message = random.chance(0.5) ? `note ${random.whole(1, 1e9)}` : random.pick(['a', 'b'])
  return {
    ...params,
    transaction_id: transaction.id,
    ...(withMessage && { message }),
    ...('stellar_transaction_id' in params && {
      stellar_transaction_id: random.chance(0.9) ? random.pick(HASHES) : UNKNOWN_HASH,
    }),
    ...('refund' in params && { refund: someRefund(random, transaction, method) }),
    ...('success' in params && { success: random.chance(0.7) }),
    ...('external_transaction_id' in METHODS[method].params &&
      random.chance(0.5) && { external_transaction_id: random.pick(['e-1', 'e-2', 'e-3']) }),
    ...('user_action_required_by' in METHODS[method].params &&
      random.chance(0.2) && { user_action_required_by: '2026-03-01T00:00:00Z' }),
  }
}

function someRefund(random: Random, transaction: StoredTransaction, method: MethodName) {
  const asset = isDeposit(transaction) ? 'iso4217:USD' : transaction.amount_in_asset
  return {
    ...(method !== 'do_stellar_refund' && { id: random.pick(['r-1', 'r-2', 'r-3']) }),
    amount: { amount: random.pick(['95', '10', '25.5', '120']), asset },
    amount_fee: { amount: random.pick(['5', '0']), asset },
  }
}
