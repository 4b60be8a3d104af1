import {
  type EmulatorRelease,
  type EmulatorState,
  readState,
} from '../../../local/platform/emulator-state.ts'
import {
  findRule,
  METHODS,
  type Method,
  type MethodName,
} from '../../../local/platform/methods/table.ts'
import { METHODS_OF_4_3 } from '../../../local/platform/release-4-3/table.ts'
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

type Methods = Readonly<Partial<Record<MethodName, Method>>>

const METHODS_OF: Readonly<Record<EmulatorRelease, Methods>> = {
  '2.8.4': METHODS,
  '4.3.0': METHODS_OF_4_3,
}

/** The names of the methods that a release carries out. */
export const methodNames = (release: EmulatorRelease) =>
  Object.keys(METHODS_OF[release]) as MethodName[]

const methodOf = (method: MethodName, release: EmulatorRelease): Method => {
  const found = METHODS_OF[release][method]
  if (found === undefined) throw new Error(`${release} does not carry out ${method}`)
  return found
}

/** Good params in the form in which the release takes fees. */
export const goodParamsOf = (
  method: MethodName,
  kind: ReturnType<typeof kindOf>,
  release: EmulatorRelease,
) => goodParams(method, kind, release === '4.3.0' ? 'fee_details' : 'amount_fee')

/** The platform on which a method is tried. */
export interface OnPlatform {
  release: EmulatorRelease
  custody: boolean
}

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
  { custody, release }: OnPlatform,
  transactions: readonly StoredTransaction[],
): EmulatorState {
  const blank = BLANK[`${custody}`]
  const config = { ...blank.config, release }
  const byKey = transactions.map((one) => [`${one.sep}/${one.id}`, one] as const)
  return { ...blank, config, transactions: new Map(byKey), before: new Map() }
}

const needsOther = ({ custody: needed }: Method, custody: boolean): boolean =>
  needed?.enabled !== undefined && needed.enabled !== custody

const isLegal = (method: Method, transaction: StoredTransaction, custody: boolean): boolean =>
  findRule(method, transaction) !== undefined && !needsOther(method, custody)

/** A transaction in which a method is legal; null when the kind and custody allow none. */
export function legalTransaction(
  name: MethodName,
  id: string,
  { kind, custody, release }: OnPlatform & { kind: 'deposit' | 'withdrawal' },
): StoredTransaction | null {
  const method = methodOf(name, release)
  if (needsOther(method, custody)) return null
  for (const rule of method.rules) {
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
export function someTransaction(
  random: Random,
  id: string,
  release: EmulatorRelease,
): StoredTransaction {
  const sepKind = random.pick(SEP_KINDS)
  const { sep, kind } = sepKind
  const rules = Object.values(METHODS_OF[release])
    .flatMap((method) => method.rules)
    .filter(({ scopes }) => scopes.some((scope) => scope.sep === sep && scope.kinds.includes(kind)))
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
  { release, custody }: OnPlatform,
  methods: readonly MethodName[],
): Update {
  const legal = methods.filter((method) => isLegal(methodOf(method, release), transaction, custody))
  const method = random.pick(legal.length > 0 && random.chance(0.8) ? legal : methods)
  return { method, params: someParams(random, method, transaction, release) }
}

function someParams(
  random: Random,
  method: MethodName,
  transaction: StoredTransaction,
  release: EmulatorRelease,
): Record<string, unknown> {
  const { message: _, ...params } = goodParamsOf(method, kindOf(transaction), release)
  const known = methodOf(method, release).params
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
    ...('external_transaction_id' in known &&
      random.chance(0.5) && { external_transaction_id: random.pick(['e-1', 'e-2', 'e-3']) }),
    ...('user_action_required_by' in known &&
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
