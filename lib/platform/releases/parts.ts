import type { Param } from '../params.ts'
import { type Kind, TRANSACTION_STATUSES, type TransactionStatus } from '../status.ts'
import type { StatusRule } from './method-row.ts'

const DEPOSIT = ['deposit'] as const
export const DEPOSITS = ['deposit', 'deposit-exchange'] as const
const WITHDRAWAL = ['withdrawal'] as const
export const WITHDRAWALS = ['withdrawal', 'withdrawal-exchange'] as const
const RECEIVE = ['receive'] as const
export const ALL_OF_24 = [...DEPOSIT, ...WITHDRAWAL]
export const ALL_OF_6 = [...DEPOSITS, ...WITHDRAWALS]

const ENDED: readonly TransactionStatus[] = ['completed', 'refunded', 'expired', 'error']
/** The statuses that `error` and `expired` may follow. */
export const OPEN = TRANSACTION_STATUSES.filter((status) => !ENDED.includes(status))

type Conditions = Pick<StatusRule, 'fundsReceived' | 'custody' | 'success'>
export type Statuses = readonly TransactionStatus[]

export const RECEIVED: Conditions = { fundsReceived: true }
export const NOT_RECEIVED: Conditions = { fundsReceived: false }
export const RECEIVED_WITH_CUSTODY: Conditions = { fundsReceived: true, custody: true }

/** One rule for the deposits of SEP-24 and SEP-6. */
export function deposits(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule[] {
  return [
    { sep: '24', kinds: DEPOSIT, from, to, ...conditions },
    { sep: '6', kinds: DEPOSITS, from, to, ...conditions },
  ]
}

/** One rule for the withdrawals of SEP-24 and SEP-6. */
export function withdrawals(
  from: Statuses,
  to: Statuses,
  conditions: Conditions = {},
): StatusRule[] {
  return [
    { sep: '24', kinds: WITHDRAWAL, from, to, ...conditions },
    { sep: '6', kinds: WITHDRAWALS, from, to, ...conditions },
  ]
}

/** One rule for the deposits and withdrawals of SEP-24 and SEP-6. */
export function depositsAndWithdrawals(
  from: Statuses,
  to: Statuses,
  conditions: Conditions = {},
): StatusRule[] {
  return [...deposits(from, to, conditions), ...withdrawals(from, to, conditions)]
}

export function sep6(
  kinds: readonly Kind[],
  from: Statuses,
  to: Statuses,
  conditions: Conditions = {},
): StatusRule {
  return { sep: '6', kinds, from, to, ...conditions }
}

export function sep31(from: Statuses, to: Statuses, conditions: Conditions = {}): StatusRule {
  return { sep: '31', kinds: RECEIVE, from, to, ...conditions }
}

export const TEXT: Param = { type: 'text', required: false }
export const TEXT_IF: Param = { type: 'text', required: 'conditional' }
export const NEEDED_TEXT: Param = { type: 'text', required: true }
export const INSTANT: Param = { type: 'instant', required: false }
export const AMOUNT: Param = { type: 'amount', required: false }
export const AMOUNT_IF: Param = { type: 'amount', required: 'conditional' }
export const ASSET_AMOUNT: Param = { type: 'amount_with_asset', required: true }
export const ASSET_AMOUNT_IF: Param = { type: 'amount_with_asset', required: 'conditional' }
export const FEE_DETAILS: Param = { type: 'fee_details', required: true }
export const FEE_DETAILS_IF: Param = { type: 'fee_details', required: 'conditional' }
export const REFUND_IF: Param = { type: 'refund', required: 'conditional' }

/** The params of every update; a row does not repeat them. */
export const COMMON = { transaction_id: NEEDED_TEXT, message: TEXT }
export const DEADLINE = { user_action_required_by: INSTANT }
export const REQUESTED_AMOUNTS = {
  amount_in: ASSET_AMOUNT_IF,
  amount_out: ASSET_AMOUNT_IF,
  amount_fee: ASSET_AMOUNT_IF,
  fee_details: FEE_DETAILS_IF,
  amount_expected: AMOUNT,
}
export const RECEIVED_AMOUNTS = {
  amount_in: AMOUNT,
  amount_out: AMOUNT_IF,
  amount_fee: AMOUNT_IF,
  fee_details: FEE_DETAILS_IF,
}
