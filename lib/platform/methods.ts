import { nearestNames } from '../nearest.ts'
import { RPC_METHOD_NOT_FOUND, type RpcError } from './envelope.ts'
import {
  amountGroup,
  custodyRefund,
  failureMessage,
  interactiveFlow,
  memoOfPayment,
  pendingRefund,
  receivedAmounts,
  sentRefund,
  stellarTransactionId,
  updatedAmounts,
} from './param-checks.ts'
import type { Param, ParamCheck } from './params.ts'
import { type Kind, type Sep, TRANSACTION_STATUSES, type TransactionStatus } from './status.ts'

export const PLATFORM_VERSIONS = ['2.8.4', '4.3.0'] as const
export type PlatformVersion = (typeof PLATFORM_VERSIONS)[number]

/** The configured Anchor Platform. The version decides which methods exist, and `custody` which of their rules apply. */
export interface PlatformProfile {
  version: PlatformVersion
  /** Whether a custody service is connected. 4.x has none. */
  custody: boolean
}

/** A call on a transaction in a status of `from` leads to a status of `to`, if all conditions hold. */
export interface StatusRule {
  sep: Sep
  kinds: readonly Kind[]
  from: readonly TransactionStatus[]
  to: readonly TransactionStatus[]
  /** true: the customer's funds must have arrived. false: they must not have arrived. Absent: both are allowed. */
  fundsReceived?: boolean
  /** true: custody must be configured. false: it must not be. The platform checks this after the status. */
  custody?: boolean
  /** The value that the parameter `success` must have. */
  success?: boolean
}

/** Everything that is known of one RPC method. */
interface MethodRow {
  params: Readonly<Record<string, Param>>
  /** Empty for a method that only reads. */
  rules: readonly StatusRule[]
  /** The checks of this method's params, beside those that every method has. */
  checks?: readonly ParamCheck[]
  /**
   * What a second call does after one that was applied. `harmless`: it changes nothing. `illegal`: the status rules refuse
   * it. `counts`: it may pay or count twice. Absent for a method that only reads.
   */
  repeat?: 'harmless' | 'illegal' | 'counts'
  /** The param that names the reported payment or refund. A transaction may report each value only once. */
  onceBy?: 'stellar_transaction_id' | 'refund.id'
  /** The statuses from which the update may be meant again, although it was applied with the same value of `onceBy`. */
  againFrom?: readonly TransactionStatus[]
  /** The refund counts towards the recorded refunds of the transaction, which never exceed `amount_in`. */
  countsRefund?: boolean
  /** The platform adds the refund to its list, even if the list has it already. */
  appendsRefund?: boolean
  /** When the custody service pays at once: on every call, or with custody and `success` true. */
  paysByCustody?: 'always' | 'on_success'
  /**
   * What the ledger has of the update. `payout` and `receipt`: the payment that it reports, which counts for one
   * transaction. `trustline`: only the trustline, as for a payout, which is shown and refuses nothing.
   */
  ledger?: 'payout' | 'receipt' | 'trustline'
  /** A person may override the ledger check, and the claim of another transaction on the payment. */
  forcible?: boolean
}

/** One method of a release, with its name. */
export interface RpcMethod extends MethodRow {
  name: string
}

const DEPOSIT = ['deposit'] as const
const DEPOSITS = ['deposit', 'deposit-exchange'] as const
const WITHDRAWAL = ['withdrawal'] as const
const WITHDRAWALS = ['withdrawal', 'withdrawal-exchange'] as const
const RECEIVE = ['receive'] as const
const ALL_OF_24 = [...DEPOSIT, ...WITHDRAWAL]
const ALL_OF_6 = [...DEPOSITS, ...WITHDRAWALS]

const ENDED: readonly TransactionStatus[] = ['completed', 'refunded', 'expired', 'error']
/** The statuses that `error` and `expired` may follow. */
const OPEN = TRANSACTION_STATUSES.filter((status) => !ENDED.includes(status))

type Conditions = Pick<StatusRule, 'fundsReceived' | 'custody' | 'success'>
type Statuses = readonly TransactionStatus[]

const RECEIVED: Conditions = { fundsReceived: true }
const NOT_RECEIVED: Conditions = { fundsReceived: false }
const RECEIVED_WITH_CUSTODY: Conditions = { fundsReceived: true, custody: true }

/** One rule for the deposits of SEP-24 and SEP-6. */
function deposits(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
  return [
    { sep: '24', kinds: DEPOSIT, from, to, ...conditions },
    { sep: '6', kinds: DEPOSITS, from, to, ...conditions },
  ]
}

/** One rule for the withdrawals of SEP-24 and SEP-6. */
function withdrawals(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
  return [
    { sep: '24', kinds: WITHDRAWAL, from, to, ...conditions },
    { sep: '6', kinds: WITHDRAWALS, from, to, ...conditions },
  ]
}

/** One rule for the deposits and withdrawals of SEP-24 and SEP-6. */
function depositsAndWithdrawals(
  from: Statuses,
  to: Statuses,
  conditions: Conditions = {},
): StatusRule[] {
  return [...deposits(from, to, conditions), ...withdrawals(from, to, conditions)]
}

function sep6(
  kinds: readonly Kind[],
  from: Statuses,
  to: Statuses,
  conditions: Conditions = {},
): StatusRule {
  return { sep: '6', kinds, from, to, ...conditions }
}

function sep31(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule {
  return { sep: '31', kinds: RECEIVE, from, to, ...conditions }
}

const TEXT: Param = { type: 'text', required: false }
const TEXT_IF: Param = { type: 'text', required: 'conditional' }
const NEEDED_TEXT: Param = { type: 'text', required: true }
const INSTANT: Param = { type: 'instant', required: false }
const AMOUNT: Param = { type: 'amount', required: false }
const AMOUNT_IF: Param = { type: 'amount', required: 'conditional' }
const ASSET_AMOUNT: Param = { type: 'amount_with_asset', required: true }
const ASSET_AMOUNT_IF: Param = { type: 'amount_with_asset', required: 'conditional' }
const FEE_DETAILS: Param = { type: 'fee_details', required: true }
const FEE_DETAILS_IF: Param = { type: 'fee_details', required: 'conditional' }
const REFUND_IF: Param = { type: 'refund', required: 'conditional' }

/** The params of every update; a row does not repeat them. */
const COMMON = { transaction_id: NEEDED_TEXT, message: TEXT }
const DEADLINE = { user_action_required_by: INSTANT }
const REQUESTED_AMOUNTS = {
  amount_in: ASSET_AMOUNT_IF,
  amount_out: ASSET_AMOUNT_IF,
  amount_fee: ASSET_AMOUNT_IF,
  fee_details: FEE_DETAILS_IF,
  amount_expected: AMOUNT,
}
const RECEIVED_AMOUNTS = {
  amount_in: AMOUNT,
  amount_out: AMOUNT_IF,
  amount_fee: AMOUNT_IF,
  fee_details: FEE_DETAILS_IF,
}

/** The updates of the Anchor Platform 2.8.4, in the order of its own table. */
const METHODS_2_8_4 = {
  notify_interactive_flow_completed: {
    params: {
      amount_in: ASSET_AMOUNT,
      amount_out: ASSET_AMOUNT,
      amount_fee: ASSET_AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
      amount_expected: AMOUNT,
      ...DEADLINE,
    },
    rules: [{ sep: '24', kinds: ALL_OF_24, from: ['incomplete'], to: ['pending_anchor'] }],
    checks: [interactiveFlow],
    repeat: 'illegal',
  },
  request_offchain_funds: {
    params: {
      ...REQUESTED_AMOUNTS,
      instructions: { type: 'instructions', required: false },
      ...DEADLINE,
    },
    rules: [
      ...deposits(['incomplete'], ['pending_user_transfer_start']),
      ...deposits(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(
        DEPOSITS,
        ['pending_customer_info_update'],
        ['pending_user_transfer_start'],
        NOT_RECEIVED,
      ),
    ],
    checks: [amountGroup({ inIsStellar: false })],
    repeat: 'illegal',
  },
  notify_offchain_funds_sent: {
    params: { funds_sent_at: INSTANT, external_transaction_id: TEXT },
    rules: [
      ...deposits(['pending_user_transfer_start'], ['pending_external']),
      ...withdrawals(['pending_anchor'], ['completed'], RECEIVED),
      ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['completed']),
      sep31(['pending_receiver', 'pending_external'], ['completed']),
    ],
    repeat: 'illegal',
  },
  notify_offchain_funds_received: {
    params: {
      funds_received_at: INSTANT,
      external_transaction_id: TEXT,
      ...RECEIVED_AMOUNTS,
    },
    rules: [
      ...deposits(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      ...deposits(['pending_external'], ['pending_anchor'], RECEIVED),
    ],
    checks: [receivedAmounts({ exclusiveFee: true })],
    repeat: 'illegal',
  },
  notify_refund_pending: {
    // Withdrawals ignore the refund.
    params: { refund: { ...REFUND_IF, kinds: DEPOSITS } },
    rules: [
      ...deposits(['pending_anchor'], ['pending_external']),
      ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['pending_anchor']),
    ],
    checks: [pendingRefund],
    onceBy: 'refund.id',
    countsRefund: true,
    appendsRefund: true,
    repeat: 'counts',
  },
  notify_refund_sent: {
    params: { refund: REFUND_IF },
    rules: [
      ...deposits(['pending_anchor', 'pending_external'], ['refunded', 'pending_anchor'], RECEIVED),
      ...withdrawals(['pending_stellar'], ['refunded', 'pending_anchor']),
      ...withdrawals(['pending_anchor'], ['refunded', 'pending_anchor'], RECEIVED),
      sep31(['pending_stellar', 'pending_receiver'], ['refunded', 'pending_anchor']),
    ],
    checks: [sentRefund],
    onceBy: 'refund.id',
    countsRefund: true,
    repeat: 'counts',
  },
  request_trust: {
    params: DEADLINE,
    rules: deposits(['pending_anchor'], ['pending_trust'], { fundsReceived: true, custody: false }),
    ledger: 'trustline',
    repeat: 'illegal',
  },
  notify_trust_set: {
    params: { success: { type: 'boolean', required: false } },
    rules: [
      ...deposits(['pending_trust'], ['pending_anchor'], { custody: false }),
      ...deposits(['pending_trust'], ['pending_stellar'], { custody: true, success: true }),
      ...deposits(['pending_trust'], ['pending_anchor'], { custody: true, success: false }),
    ],
    paysByCustody: 'on_success',
    ledger: 'trustline',
    repeat: 'illegal',
  },
  request_customer_info_update: {
    params: {
      required_customer_info_message: TEXT,
      required_customer_info_updates: { type: 'texts', required: false },
      ...DEADLINE,
    },
    rules: [
      sep6(
        ALL_OF_6,
        ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        ['pending_customer_info_update'],
      ),
      sep31(['pending_receiver'], ['pending_customer_info_update']),
    ],
    repeat: 'harmless',
  },
  notify_customer_info_updated: {
    params: {},
    rules: [sep31(['pending_customer_info_update'], ['pending_receiver'])],
    repeat: 'harmless',
  },
  do_stellar_payment: {
    params: {},
    rules: deposits(
      ['pending_anchor'],
      ['pending_stellar', 'pending_trust'],
      RECEIVED_WITH_CUSTODY,
    ),
    paysByCustody: 'always',
    ledger: 'trustline',
    repeat: 'counts',
  },
  notify_onchain_funds_sent: {
    params: { stellar_transaction_id: NEEDED_TEXT },
    rules: [
      ...deposits(['pending_stellar'], ['completed']),
      ...deposits(['pending_anchor'], ['completed'], RECEIVED),
    ],
    checks: [stellarTransactionId],
    onceBy: 'stellar_transaction_id',
    ledger: 'payout',
    forcible: true,
    repeat: 'counts',
  },
  notify_onchain_funds_received: {
    params: { stellar_transaction_id: NEEDED_TEXT, ...RECEIVED_AMOUNTS },
    rules: [
      ...withdrawals(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      sep31(['pending_sender'], ['pending_receiver']),
    ],
    checks: [stellarTransactionId, receivedAmounts({ exclusiveFee: false })],
    onceBy: 'stellar_transaction_id',
    repeat: 'counts',
    againFrom: ['on_hold'],
    ledger: 'receipt',
    forcible: true,
  },
  notify_offchain_funds_available: {
    params: { external_transaction_id: TEXT, ...DEADLINE },
    rules: withdrawals(['pending_anchor', 'on_hold'], ['pending_user_transfer_complete'], RECEIVED),
    repeat: 'illegal',
  },
  notify_offchain_funds_pending: {
    params: { external_transaction_id: TEXT, ...DEADLINE },
    rules: [
      ...withdrawals(['pending_anchor'], ['pending_external'], RECEIVED),
      sep31(['pending_receiver'], ['pending_external']),
    ],
    repeat: 'illegal',
  },
  notify_transaction_error: {
    params: { message: NEEDED_TEXT },
    rules: [...depositsAndWithdrawals(OPEN, ['error']), sep31(OPEN, ['error'])],
    checks: [failureMessage],
    repeat: 'illegal',
  },
  notify_transaction_expired: {
    params: { message: NEEDED_TEXT },
    rules: [
      ...depositsAndWithdrawals(OPEN, ['expired'], NOT_RECEIVED),
      sep31(OPEN, ['expired'], NOT_RECEIVED),
    ],
    checks: [failureMessage],
    repeat: 'illegal',
  },
  do_stellar_refund: {
    params: { refund: { type: 'refund_without_id', required: true } },
    rules: [
      ...withdrawals(['pending_anchor'], ['pending_stellar'], RECEIVED_WITH_CUSTODY),
      sep31(['pending_receiver'], ['pending_stellar'], { custody: true }),
    ],
    checks: [custodyRefund],
    paysByCustody: 'always',
    repeat: 'counts',
  },
  request_onchain_funds: {
    params: {
      ...REQUESTED_AMOUNTS,
      destination_account: TEXT_IF,
      memo: TEXT_IF,
      memo_type: TEXT_IF,
      ...DEADLINE,
    },
    rules: [
      ...withdrawals(['incomplete'], ['pending_user_transfer_start']),
      ...withdrawals(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(WITHDRAWALS, ['pending_customer_info_update'], ['pending_user_transfer_start']),
    ],
    checks: [amountGroup({ inIsStellar: true }), memoOfPayment],
    repeat: 'illegal',
  },
  notify_amounts_updated: {
    params: {
      amount_out: { type: 'amount', required: true },
      amount_fee: AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
    },
    rules: withdrawals(['pending_anchor'], ['pending_anchor'], RECEIVED),
    checks: [updatedAmounts],
    repeat: 'harmless',
  },
  notify_transaction_recovery: {
    params: {},
    rules: [
      ...depositsAndWithdrawals(['error', 'expired'], ['pending_anchor'], RECEIVED),
      sep31(['error', 'expired'], ['pending_receiver'], RECEIVED),
    ],
    repeat: 'illegal',
  },
  notify_transaction_on_hold: {
    params: DEADLINE,
    rules: [
      ...depositsAndWithdrawals(['pending_user_transfer_start'], ['on_hold']),
      ...withdrawals(['pending_anchor'], ['on_hold']),
    ],
    repeat: 'illegal',
  },
} satisfies Record<string, MethodRow>

/** The update that reports a payment to the anchor. */
export const RECEIVED_PAYMENT_METHOD = 'notify_onchain_funds_received' satisfies MethodName
/** The update that tells a customer to which account to pay. */
export const PAYMENT_REQUEST_METHOD = 'request_onchain_funds' satisfies MethodName
type MethodName = keyof typeof METHODS_2_8_4

const CUSTOMER_CHECKED: Statuses = ['pending_customer_info_update', 'error']

type Message = (name: string) => string
const NO_MATCHING_METHOD: Message = (name) => `No matching RPC method[${name}]`
const HANDLER_NOT_FOUND: Message = (name) => `RPC method[${name}] handler is not found`

/** The methods that 4.x removed, each with its text there. 4.x still knows the names of the custody methods. */
const REMOVED_IN_4: ReadonlyMap<string, Message> = new Map<MethodName, Message>([
  ['do_stellar_payment', HANDLER_NOT_FOUND],
  ['do_stellar_refund', HANDLER_NOT_FOUND],
  ['request_customer_info_update', NO_MATCHING_METHOD],
])

/** What 4.x changes in a row. A param of null is removed; `amount_fee` is removed from every row. */
type RowChange = Partial<Omit<MethodRow, 'params'>> & {
  params?: Readonly<Record<string, Param | null>>
}

const CHANGES_OF_4 = {
  notify_interactive_flow_completed: { params: { fee_details: FEE_DETAILS } },
  notify_offchain_funds_received: {
    rules: deposits(
      ['pending_user_transfer_start', 'on_hold', 'pending_external'],
      ['pending_anchor'],
    ),
  },
  request_trust: { rules: deposits(['pending_anchor'], ['pending_trust'], RECEIVED) },
  notify_trust_set: { rules: deposits(['pending_trust'], ['pending_anchor']) },
  notify_customer_info_updated: {
    params: { customer_id: TEXT, customer_type: TEXT },
    rules: [
      sep6(
        ALL_OF_6,
        ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        ['pending_anchor', ...CUSTOMER_CHECKED],
      ),
      sep31(
        ['pending_receiver', 'pending_customer_info_update'],
        ['pending_receiver', ...CUSTOMER_CHECKED],
      ),
    ],
  },
  request_onchain_funds: {
    params: { memo_type: null },
    rules: [
      ...METHODS_2_8_4.request_onchain_funds.rules,
      sep31(['pending_receiver'], ['pending_sender'], NOT_RECEIVED),
    ],
  },
  notify_amounts_updated: {
    params: { fee_details: FEE_DETAILS },
    rules: depositsAndWithdrawals(['pending_anchor'], ['pending_anchor'], RECEIVED),
  },
} satisfies Partial<Record<MethodName, RowChange>>

/** The methods that 4.x added. They only read. */
const ADDED_IN_4: Readonly<Record<string, MethodRow>> = {
  get_transaction: { params: { transaction_id: NEEDED_TEXT }, rules: [] },
  get_transactions: {
    params: {
      sep: NEEDED_TEXT,
      order_by: NEEDED_TEXT,
      order: NEEDED_TEXT,
      page_number: NEEDED_TEXT,
      page_size: NEEDED_TEXT,
      statuses: { type: 'texts', required: false },
    },
    rules: [],
  },
  get_quote: { params: { quote_id: NEEDED_TEXT }, rules: [] },
}

const UPDATES: readonly NamedRow[] = Object.entries<MethodRow>(METHODS_2_8_4).map(([name, row]) => [
  name,
  { ...row, params: { ...COMMON, ...row.params } },
])

const TABLES: Readonly<Record<PlatformVersion, ReadonlyMap<string, RpcMethod>>> = {
  '2.8.4': byName(UPDATES),
  '4.3.0': byName([
    ...UPDATES.filter(([name]) => !REMOVED_IN_4.has(name)).map(changedIn4),
    ...Object.entries(ADDED_IN_4),
  ]),
}

type NamedRow = readonly [name: string, row: MethodRow]

function changedIn4([name, row]: NamedRow): NamedRow {
  const changes: Readonly<Record<string, RowChange>> = CHANGES_OF_4
  const change = changes[name] ?? {}
  const params: Record<string, Param> = {}
  for (const [key, param] of Object.entries({ ...row.params, ...change.params })) {
    if (param !== null && key !== 'amount_fee') params[key] = param
  }
  return [name, { ...row, ...change, params }]
}

function byName(rows: readonly NamedRow[]): ReadonlyMap<string, RpcMethod> {
  return new Map(rows.map(([name, row]) => [name, { name, ...row }]))
}

/** The methods of a release, by name: 22 updates in 2.8.4; in 4.3.0 19 of them and 3 methods that read. */
export function rpcMethods(version: PlatformVersion): ReadonlyMap<string, RpcMethod> {
  return TABLES[version]
}

/** Finds a method by its name. If the release does not have it, the method has no params and no rules. */
export function resolveMethod(name: string, { version }: PlatformProfile): RpcMethod {
  return TABLES[version].get(name) ?? { name, params: {}, rules: [] }
}

/** Whether a method updates transactions: the release has it, and it does more than read. */
export function isUpdateMethod({ rules }: RpcMethod): boolean {
  return rules.length > 0
}

/** The platform's text for a method that a release does not have (error -32601). */
export function unknownMethodMessage(name: string, { version }: PlatformProfile): string {
  const message = version === '4.3.0' ? REMOVED_IN_4.get(name) : undefined
  return (message ?? NO_MATCHING_METHOD)(name)
}

/** Whether a method reports a payment on the ledger. */
export function reportsPayment({ ledger }: RpcMethod): boolean {
  return ledger === 'payout' || ledger === 'receipt'
}

/** The platform's error for a method that a release does not have, with the names that may be meant. */
export function unknownMethodError(name: string, profile: PlatformProfile): RpcError {
  const updates = [...TABLES[profile.version].values()].filter(isUpdateMethod)
  const names = updates.map((method) => method.name)
  const suggestions = nearestNames(name, names, 3)
  const message = unknownMethodMessage(name, profile)
  return {
    code: RPC_METHOD_NOT_FOUND,
    message,
    ...(suggestions.length === 0 ? {} : { data: { suggestions } }),
  }
}

/** The names of the methods that update transactions, of every release. */
export const UPDATE_METHODS: readonly string[] = [
  ...new Set(
    PLATFORM_VERSIONS.flatMap((version) => [...TABLES[version].values()])
      .filter(isUpdateMethod)
      .map(({ name }) => name),
  ),
]

/** The names of the forcible methods, for messages. */
export const FORCIBLE_METHODS = UPDATES.filter(([, { forcible }]) => forcible)
  .map(([name]) => name)
  .join(', ')
