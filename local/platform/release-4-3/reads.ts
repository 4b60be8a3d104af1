import { type EmulatorState, findTransaction } from '../emulator-state.ts'
import { isJsonObject, type Json, JsonNumber } from '../json-body.ts'
import { internalError, invalidParams } from '../rpc-error.ts'
import { STATUSES } from '../stored-transaction.ts'
import { type ListQuery, pageOf } from '../transaction-page.ts'
import { viewOf4_3 } from './view.ts'

type Read = (params: Record<string, Json>, state: EmulatorState) => unknown

const nullPointer = (call: string, what: string) =>
  internalError(`Cannot invoke "${call}" because ${what} is null`)
const returned = (getter: string) =>
  `the return value of "org.stellar.anchor.util.TransactionsParams.${getter}()"`

const ORDER_COLUMNS = {
  CREATED_AT: 'started_at',
  TRANSFER_RECEIVED_AT: 'transfer_received_at',
  USER_ACTION_REQUIRED_BY: 'user_action_required_by',
} as const

function textOf(value: Json | undefined): string | undefined {
  if (value instanceof JsonNumber) return value.source
  return typeof value === 'string' ? value : undefined
}

const getTransaction: Read = (params, state) => {
  const id = textOf(params['transaction_id'])
  if (!id) throw invalidParams('transaction id cannot be empty')
  const found = findTransaction(state, id)
  if (found === undefined) throw internalError(`transaction (id=${id}) is not found`)
  return viewOf4_3(found, state)
}

const getTransactions: Read = (params, state) => {
  const sep = textOf(params['sep'])
  if (sep !== '6' && sep !== '24' && sep !== '31') {
    throw nullPointer('org.stellar.anchor.api.platform.TransactionsSeps.ordinal()', '"sep"')
  }
  const column = ORDER_COLUMNS[textOf(params['order_by']) as keyof typeof ORDER_COLUMNS]
  if (column === undefined) {
    throw nullPointer(
      'org.stellar.anchor.api.platform.TransactionsOrderBy.getTableName()',
      returned('getOrderBy'),
    )
  }
  const order = textOf(params['order'])
  if (order !== 'ASC' && order !== 'DESC') {
    throw nullPointer('org.springframework.data.domain.Sort$Direction.name()', returned('getOrder'))
  }
  const [number, size] = (['page_number', 'page_size'] as const).map((name) =>
    integerOf(params[name]),
  )
  if (number === undefined) {
    throw nullPointer('java.lang.Integer.intValue()', returned('getPageNumber'))
  }
  if (size === undefined) {
    throw nullPointer('java.lang.Integer.intValue()', returned('getPageSize'))
  }
  const page = pageOf(state, {
    sep,
    column,
    order: order === 'ASC' ? 'asc' : 'desc',
    statuses: statusesOf(params['statuses']),
    pageNumber: number,
    pageSize: size,
  })
  return { records: page.map((one) => viewOf4_3(one, state)) }
}

function integerOf(value: Json | undefined): number | undefined {
  const text = textOf(value)
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** A text that is no status is null in the platform's list. */
function statusesOf(value: Json | undefined): ListQuery['statuses'] {
  if (!Array.isArray(value)) return null
  return value.map((one) => STATUSES.find((status) => status === one) ?? null)
}

const getQuote: Read = (params, { quotes }) => {
  const id = textOf(params['quote_id'])
  if (id === undefined) throw internalError('quoteId is marked non-null but is null')
  const quote = quotes.find((one) => one['id'] === id)
  if (quote === undefined) {
    throw nullPointer('org.stellar.anchor.sep38.Sep38Quote.getId()', '"quote"')
  }
  return quote
}

const READS: Readonly<Record<string, Read>> = {
  get_transaction: getTransaction,
  get_transactions: getTransactions,
  get_quote: getQuote,
}

/** Carries out a method that only reads; undefined for any other method. @throws RpcError */
export function readIn4_3(
  method: string,
  params: Json | undefined,
  state: EmulatorState,
): { result: unknown } | undefined {
  const read = Object.hasOwn(READS, method) ? READS[method] : undefined
  if (read === undefined) return undefined
  if (params === undefined || params === null) {
    throw nullPointer(
      'org.stellar.anchor.api.rpc.method.GetTransactionRpcRequest.getTransactionId()',
      '"request"',
    )
  }
  return { result: read(isJsonObject(params) ? params : {}, state) }
}
