import { isCustodyEnabled } from '../emulator-state.ts'
import { formatInstant, parseInstant } from '../instants.ts'
import { rulesOf } from '../releases.ts'
import { invalidParams, invalidRequest, RpcError } from '../rpc-error.ts'
import { kindOf, type Status, type StoredTransaction } from '../stored-transaction.ts'
import type { MethodCall } from './call.ts'
import { nextStatus } from './next-status.ts'
import type { ParamName } from './params.ts'
import { findRule, type Method } from './table.ts'
import type { Write } from './writes.ts'

/** Applies one method to one transaction. @returns the changed transaction @throws RpcError */
export function applyMethod(call: MethodCall): StoredTransaction {
  const { methods, checks, writes } = rulesOf(call.state)
  const method = methods[call.method]
  const rule = method && findRule(method, call.transaction)
  if (method === undefined || rule === undefined) throw statusRefused(call)
  checkDeadline(call)
  checkRequired(call, method)
  checkCustody(call, method)
  checks[call.method]?.(call)
  const status = nextStatus(call, rule)
  if (isFailure(status) && call.params.message === undefined) {
    throw invalidParams('message is required')
  }
  return {
    ...call.transaction,
    ...columnsOf(call, writes[call.method]),
    ...commonWrites(call, status),
  }
}

/** The platform sets the deadline of its row first, and a row stays as it is in the memory of a request. */
function columnsOf(call: MethodCall, write: Write | undefined): Partial<StoredTransaction> {
  try {
    return write?.(call) ?? {}
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const { code, message, breaksAnswer } = error
    const deadlineSet = { value: call.params.user_action_required_by }
    throw new RpcError(code, message, { breaksAnswer, deadlineSet })
  }
}

const isFailure = (status: Status): boolean => status === 'error' || status === 'expired'

function statusRefused({ method, transaction }: MethodCall): RpcError {
  const { status, sep, transfer_received_at: receivedAt } = transaction
  return invalidRequest(
    `RPC method[${method}] is not supported. Status[${status}], kind[${kindOf(transaction)}], ` +
      `protocol[${sep}], funds received[${receivedAt !== undefined}]`,
  )
}

function checkDeadline({ params, now }: MethodCall): void {
  const { user_action_required_by: deadline } = params
  if (deadline !== undefined && parseInstant(deadline) < now) {
    throw invalidParams('user_action_required_by can not be in the past')
  }
}

/** The platform's messages do not name the field, so two missing fields give two equal lines. */
function checkRequired({ params }: MethodCall, { required = {} }: Method): void {
  const messages = Object.entries(required).flatMap(([name, demand]) => {
    const value = params[name as ParamName]
    if (demand === 'not_null') return value === undefined ? ['must not be null'] : []
    return typeof value !== 'string' || value.trim() === '' ? ['must not be blank'] : []
  })
  if (messages.length > 0) throw invalidParams(messages.join('\n'))
}

function checkCustody({ method, state }: MethodCall, { custody }: Method): void {
  if (custody === undefined || custody.enabled === isCustodyEnabled(state.config)) return
  const needed = custody.enabled ? 'enabled' : 'disabled'
  throw new RpcError(custody.code, `RPC method[${method}] requires ${needed} custody integration`)
}

/** The columns that every successful call writes. A call without a deadline clears the stored one. */
function commonWrites(call: MethodCall, status: Status): Partial<StoredTransaction> {
  const { transaction, params } = call
  const now = formatInstant(call.now)
  const ended = status === 'completed' || status === 'refunded'
  const recovered = isFailure(transaction.status) && !isFailure(status)
  const messageColumn = transaction.sep === '31' ? 'required_info_message' : 'message'
  const message = params.message ?? (recovered ? undefined : transaction[messageColumn])
  return {
    status,
    updated_at: now,
    user_action_required_by: params.user_action_required_by,
    [messageColumn]: message,
    ...(ended && { completed_at: now }),
    ...expectedAmount(call),
  }
}

/** Every save of a SEP-31 transaction fills an empty expected amount. */
function expectedAmount({ transaction, params }: MethodCall): Partial<StoredTransaction> {
  if (transaction.sep !== '31' || transaction.amount_expected !== undefined) return {}
  return { amount_expected: params.amount_in?.amount ?? transaction.amount_in }
}
