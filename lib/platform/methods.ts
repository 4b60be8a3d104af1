import type { TransactionStatus } from './status.ts'

export const PLATFORM_VERSIONS = ['2.8.4', '4.3.0'] as const
export type PlatformVersion = (typeof PLATFORM_VERSIONS)[number]

/** What of the configured Anchor Platform decides which methods it has and which are legal. */
export interface PlatformProfile {
  version: PlatformVersion
  /** Whether a custody service is connected, which 4.x no longer has. */
  custody: boolean
}

export type Sep = '6' | '24' | '31'
export type Kind = 'deposit' | 'deposit-exchange' | 'withdrawal' | 'withdrawal-exchange' | 'receive'

/** Shape of a parameter; numbers and booleans are taken as texts where a text is wanted. */
export type ParamType =
  | 'text'
  | 'instant'
  | 'boolean'
  | 'amount'
  | 'amount_with_asset'
  | 'fee_details'
  | 'refund'
  | 'refund_without_id'
  | 'texts'
  | 'instructions'

export interface Param {
  type: ParamType
  /** `conditional`: other parameters or the transaction decide. */
  required: boolean | 'conditional'
}

/** A rule: from one of these statuses, when the conditions hold, a call leads to one of those. */
export interface StatusRule {
  sep: Sep
  kinds: readonly Kind[]
  from: readonly TransactionStatus[]
  to: readonly TransactionStatus[]
  /** Only with, or only without, the customer's funds received. */
  fundsReceived?: boolean
  /** Only with, or only without, custody. The platform checks it after the status. */
  custody?: boolean
  /** Only when the parameter `success` reads so. */
  success?: boolean
}

export interface RpcMethod {
  name: string
  params: Readonly<Record<string, Param>>
  /** Empty for methods that only read. */
  rules: readonly StatusRule[]
}

const DEPOSIT = ['deposit'] as const
const DEPOSITS = ['deposit', 'deposit-exchange'] as const
const WITHDRAWAL = ['withdrawal'] as const
const WITHDRAWALS = ['withdrawal', 'withdrawal-exchange'] as const
const RECEIVE = ['receive'] as const
const ALL_OF_24 = [...DEPOSIT, ...WITHDRAWAL]
const ALL_OF_6 = [...DEPOSITS, ...WITHDRAWALS]

/** Every status that a failure or an expiry may end. */
const OPEN = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_user_transfer_complete',
  'pending_external',
  'pending_anchor',
  'on_hold',
  'pending_stellar',
  'pending_trust',
  'pending_user',
  'pending_customer_info_update',
  'pending_transaction_info_update',
  'pending_sender',
  'pending_receiver',
  'no_market',
  'too_small',
  'too_large',
] as const

type Conditions = Pick<StatusRule, 'fundsReceived' | 'custody' | 'success'>
type Statuses = readonly TransactionStatus[]

const RECEIVED: Conditions = { fundsReceived: true }
const NOT_RECEIVED: Conditions = { fundsReceived: false }
const RECEIVED_WITH_CUSTODY: Conditions = { fundsReceived: true, custody: true }

/** The same rule for deposits of SEP-24 and SEP-6. */
function deposits(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
  return [
    { sep: '24', kinds: DEPOSIT, from, to, ...conditions },
    { sep: '6', kinds: DEPOSITS, from, to, ...conditions },
  ]
}

/** The same rule for withdrawals of SEP-24 and SEP-6. */
function withdrawals(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
  return [
    { sep: '24', kinds: WITHDRAWAL, from, to, ...conditions },
    { sep: '6', kinds: WITHDRAWALS, from, to, ...conditions },
  ]
}

function both(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
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
const NEEDED_TEXT: Param = { type: 'text', required: true }
const INSTANT: Param = { type: 'instant', required: false }
const AMOUNT: Param = { type: 'amount', required: false }
const AMOUNT_IF: Param = { type: 'amount', required: 'conditional' }
const ASSET_AMOUNT: Param = { type: 'amount_with_asset', required: true }
const ASSET_AMOUNT_IF: Param = { type: 'amount_with_asset', required: 'conditional' }
const FEE_DETAILS: Param = { type: 'fee_details', required: true }
const FEE_DETAILS_IF: Param = { type: 'fee_details', required: 'conditional' }
const REFUND_IF: Param = { type: 'refund', required: 'conditional' }

/** What every update takes. */
const COMMON = { transaction_id: NEEDED_TEXT, message: TEXT } as const
const DEADLINE = { user_action_required_by: INSTANT } as const

function method(
  name: string,
  params: RpcMethod['params'],
  rules: readonly StatusRule[],
): RpcMethod {
  return { name, params: { ...COMMON, ...params }, rules }
}

/** The updates of the Anchor Platform 2.8.4, each with its parameters and the statuses it leads from and to. */
const METHODS_2_8_4: readonly RpcMethod[] = [
  method(
    'notify_interactive_flow_completed',
    {
      amount_in: ASSET_AMOUNT,
      amount_out: ASSET_AMOUNT,
      amount_fee: ASSET_AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
      amount_expected: AMOUNT,
      ...DEADLINE,
    },
    [{ sep: '24', kinds: ALL_OF_24, from: ['incomplete'], to: ['pending_anchor'] }],
  ),
  method(
    'request_offchain_funds',
    {
      amount_in: ASSET_AMOUNT_IF,
      amount_out: ASSET_AMOUNT_IF,
      amount_fee: ASSET_AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
      amount_expected: AMOUNT,
      instructions: { type: 'instructions', required: false },
      ...DEADLINE,
    },
    [
      ...deposits(['incomplete'], ['pending_user_transfer_start']),
      ...deposits(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(
        DEPOSITS,
        ['pending_customer_info_update'],
        ['pending_user_transfer_start'],
        NOT_RECEIVED,
      ),
    ],
  ),
  method('notify_offchain_funds_sent', { funds_sent_at: INSTANT, external_transaction_id: TEXT }, [
    ...deposits(['pending_user_transfer_start'], ['pending_external']),
    ...withdrawals(['pending_anchor'], ['completed'], RECEIVED),
    ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['completed']),
    sep31(['pending_receiver', 'pending_external'], ['completed']),
  ]),
  method(
    'notify_offchain_funds_received',
    {
      funds_received_at: INSTANT,
      external_transaction_id: TEXT,
      amount_in: AMOUNT,
      amount_out: AMOUNT_IF,
      amount_fee: AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
    },
    [
      ...deposits(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      ...deposits(['pending_external'], ['pending_anchor'], RECEIVED),
    ],
  ),
  method('notify_refund_pending', { refund: REFUND_IF }, [
    ...deposits(['pending_anchor'], ['pending_external']),
    ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['pending_anchor']),
  ]),
  method('notify_refund_sent', { refund: REFUND_IF }, [
    ...deposits(['pending_anchor', 'pending_external'], ['refunded', 'pending_anchor'], RECEIVED),
    ...withdrawals(['pending_stellar'], ['refunded', 'pending_anchor']),
    ...withdrawals(['pending_anchor'], ['refunded', 'pending_anchor'], RECEIVED),
    sep31(['pending_stellar', 'pending_receiver'], ['refunded', 'pending_anchor']),
  ]),
  method('request_trust', DEADLINE, [
    ...deposits(['pending_anchor'], ['pending_trust'], { fundsReceived: true, custody: false }),
  ]),
  method('notify_trust_set', { success: { type: 'boolean', required: false } }, [
    ...deposits(['pending_trust'], ['pending_anchor'], { custody: false }),
    ...deposits(['pending_trust'], ['pending_stellar'], { custody: true, success: true }),
    ...deposits(['pending_trust'], ['pending_anchor'], { custody: true, success: false }),
  ]),
  method(
    'request_customer_info_update',
    {
      required_customer_info_message: TEXT,
      required_customer_info_updates: { type: 'texts', required: false },
      ...DEADLINE,
    },
    [
      sep6(
        ALL_OF_6,
        ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        ['pending_customer_info_update'],
      ),
      sep31(['pending_receiver'], ['pending_customer_info_update']),
    ],
  ),
  method('notify_customer_info_updated', {}, [
    sep31(['pending_customer_info_update'], ['pending_receiver']),
  ]),
  method('do_stellar_payment', {}, [
    ...deposits(['pending_anchor'], ['pending_stellar', 'pending_trust'], RECEIVED_WITH_CUSTODY),
  ]),
  method('notify_onchain_funds_sent', { stellar_transaction_id: NEEDED_TEXT }, [
    ...deposits(['pending_stellar'], ['completed']),
    ...deposits(['pending_anchor'], ['completed'], RECEIVED),
  ]),
  method(
    'notify_onchain_funds_received',
    {
      stellar_transaction_id: NEEDED_TEXT,
      amount_in: AMOUNT,
      amount_out: AMOUNT_IF,
      amount_fee: AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
    },
    [
      ...withdrawals(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      sep31(['pending_sender'], ['pending_receiver']),
    ],
  ),
  method('notify_offchain_funds_available', { external_transaction_id: TEXT, ...DEADLINE }, [
    ...withdrawals(['pending_anchor', 'on_hold'], ['pending_user_transfer_complete'], RECEIVED),
  ]),
  method('notify_offchain_funds_pending', { external_transaction_id: TEXT, ...DEADLINE }, [
    ...withdrawals(['pending_anchor'], ['pending_external'], RECEIVED),
    sep31(['pending_receiver'], ['pending_external']),
  ]),
  method('notify_transaction_error', { message: NEEDED_TEXT }, [
    ...both(OPEN, ['error']),
    sep31(OPEN, ['error']),
  ]),
  method('notify_transaction_expired', { message: NEEDED_TEXT }, [
    ...both(OPEN, ['expired'], NOT_RECEIVED),
    sep31(OPEN, ['expired'], NOT_RECEIVED),
  ]),
  method('do_stellar_refund', { refund: { type: 'refund_without_id', required: true } }, [
    ...withdrawals(['pending_anchor'], ['pending_stellar'], RECEIVED_WITH_CUSTODY),
    sep31(['pending_receiver'], ['pending_stellar'], { custody: true }),
  ]),
  method(
    'request_onchain_funds',
    {
      amount_in: ASSET_AMOUNT_IF,
      amount_out: ASSET_AMOUNT_IF,
      amount_fee: ASSET_AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
      amount_expected: AMOUNT,
      destination_account: { type: 'text', required: 'conditional' },
      memo: { type: 'text', required: 'conditional' },
      memo_type: { type: 'text', required: 'conditional' },
      ...DEADLINE,
    },
    [
      ...withdrawals(['incomplete'], ['pending_user_transfer_start']),
      ...withdrawals(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(WITHDRAWALS, ['pending_customer_info_update'], ['pending_user_transfer_start']),
    ],
  ),
  method(
    'notify_amounts_updated',
    {
      amount_out: { type: 'amount', required: true },
      amount_fee: AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
    },
    [...withdrawals(['pending_anchor'], ['pending_anchor'], RECEIVED)],
  ),
  method('notify_transaction_recovery', {}, [
    ...both(['error', 'expired'], ['pending_anchor'], RECEIVED),
    sep31(['error', 'expired'], ['pending_receiver'], RECEIVED),
  ]),
  method('notify_transaction_on_hold', DEADLINE, [
    ...both(['pending_user_transfer_start'], ['on_hold']),
    ...withdrawals(['pending_anchor'], ['on_hold']),
  ]),
]

const CUSTOMER_CHECKED: Statuses = ['pending_customer_info_update', 'error']

/** What 4.x removed. It still knows the names of the custody methods, and says so in its refusal. */
const REMOVED_IN_4 = new Set([
  'do_stellar_payment',
  'do_stellar_refund',
  'request_customer_info_update',
])

/** Methods of 4.x that are new or differ; the parameter `amount_fee` is gone from all. */
const CHANGES_OF_4: readonly RpcMethod[] = [
  { name: 'get_transaction', params: { transaction_id: NEEDED_TEXT }, rules: [] },
  {
    name: 'get_transactions',
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
  { name: 'get_quote', params: { quote_id: NEEDED_TEXT }, rules: [] },
  change('notify_interactive_flow_completed', { params: { fee_details: FEE_DETAILS } }),
  change('notify_offchain_funds_received', {
    rules: deposits(
      ['pending_user_transfer_start', 'on_hold', 'pending_external'],
      ['pending_anchor'],
    ),
  }),
  change('request_trust', { rules: deposits(['pending_anchor'], ['pending_trust'], RECEIVED) }),
  change('notify_trust_set', { rules: deposits(['pending_trust'], ['pending_anchor']) }),
  change('notify_customer_info_updated', {
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
  }),
  change('request_onchain_funds', {
    without: ['memo_type'],
    rules: [
      ...rulesOf('request_onchain_funds'),
      sep31(['pending_receiver'], ['pending_sender'], NOT_RECEIVED),
    ],
  }),
  change('notify_amounts_updated', {
    params: { fee_details: FEE_DETAILS },
    rules: both(['pending_anchor'], ['pending_anchor'], RECEIVED),
  }),
]

function rulesOf(name: string): readonly StatusRule[] {
  return METHODS_2_8_4.find((one) => one.name === name)?.rules ?? []
}

function change(
  name: string,
  { params = {}, without = [], rules }: Partial<RpcMethod> & { without?: readonly string[] },
): RpcMethod {
  const base = METHODS_2_8_4.find((one) => one.name === name)
  const kept = Object.entries({ ...base?.params, ...params }).filter(
    ([param]) => !without.includes(param),
  )
  return { name, params: Object.fromEntries(kept), rules: rules ?? rulesOf(name) }
}

const TABLES: Readonly<Record<PlatformVersion, ReadonlyMap<string, RpcMethod>>> = {
  '2.8.4': byName(METHODS_2_8_4),
  '4.3.0': byName(
    [...METHODS_2_8_4, ...CHANGES_OF_4]
      .filter(({ name }) => !REMOVED_IN_4.has(name))
      .map((one) => {
        const changed = CHANGES_OF_4.find(({ name }) => name === one.name) ?? one
        const { amount_fee: _, ...params } = changed.params
        return { ...changed, params }
      }),
  ),
}

function byName(methods: readonly RpcMethod[]): ReadonlyMap<string, RpcMethod> {
  return new Map(methods.map((one) => [one.name, one]))
}

/** The methods of a release, by name: 22 updates in 2.8.4; in 4.3.0 19 of them and 3 that read. */
export function rpcMethods(version: PlatformVersion): ReadonlyMap<string, RpcMethod> {
  return TABLES[version]
}

/** The platform's text for a method that a release does not have (error -32601). */
export function unknownMethodMessage(name: string, version: PlatformVersion): string {
  const knownByName =
    version === '4.3.0' && name.startsWith('do_stellar_') && REMOVED_IN_4.has(name)
  return knownByName
    ? `RPC method[${name}] handler is not found`
    : `No matching RPC method[${name}]`
}
