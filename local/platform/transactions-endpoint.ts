import { type EmulatorState, findTransaction } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import { parseInstant } from './instants.ts'
import { RpcError } from './rpc-error.ts'
import { STATUSES, type StoredTransaction } from './stored-transaction.ts'
import { viewTransaction } from './transaction-view.ts'

const SEPS: Record<string, StoredTransaction['sep']> = {
  '6': '6',
  '24': '24',
  '31': '31',
  SEP_6: '6',
  SEP_24: '24',
  SEP_31: '31',
}

const ORDER_COLUMNS = {
  created_at: 'started_at',
  transfer_received_at: 'transfer_received_at',
  user_action_required_by: 'user_action_required_by',
} as const
type OrderColumn = (typeof ORDER_COLUMNS)[keyof typeof ORDER_COLUMNS]

/** Answers `GET /transactions/{id}`. */
export function answerTransaction(state: EmulatorState, id: string): HttpAnswer {
  const found = findTransaction(state, id)
  if (found === undefined) return jsonAnswer(404, { error: `transaction (id=${id}) is not found` })
  return viewed(() => viewTransaction(found, state))
}

/** A transaction that cannot be shown makes the whole answer a 500. */
function viewed(view: () => unknown): HttpAnswer {
  try {
    return jsonAnswer(200, view())
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return jsonAnswer(500, { error: error.message })
  }
}

/** Answers `GET /transactions` with one page of the transactions of one SEP. */
export function answerTransactions(state: EmulatorState, query: URLSearchParams): HttpAnswer {
  const sepText = query.get('sep')
  if (!sepText) return jsonAnswer(400, { error: 'The "sep" parameter is missing.' })
  const sep = SEPS[sepText.toUpperCase()]
  if (sep === undefined) return unknownValue('sep', sepText)

  const orderBy = (query.get('order_by') ?? 'created_at').toLowerCase()
  const column = Object.hasOwn(ORDER_COLUMNS, orderBy)
    ? ORDER_COLUMNS[orderBy as keyof typeof ORDER_COLUMNS]
    : undefined
  if (column === undefined) return unknownValue('order_by', orderBy)
  const order = (query.get('order') ?? 'asc').toLowerCase()
  if (order !== 'asc' && order !== 'desc') return unknownValue('order', order)

  const statuses = (query.get('statuses') ?? '').split(',').filter((status) => status !== '')
  const unknown = statuses.find((status) => !(STATUSES as readonly string[]).includes(status))
  if (unknown !== undefined) return unknownValue('statuses', unknown)

  const pageNumber = wholeNumber(query.get('page_number') ?? '0')
  const pageSize = wholeNumber(query.get('page_size') ?? '20')
  if (pageNumber === null || pageSize === null || pageSize === 0) {
    return unknownValue('page', `${query.get('page_number')} of ${query.get('page_size')}`)
  }

  const found = [...state.transactions.values()]
    .filter((one) => one.sep === sep)
    .filter((one) => statuses.length === 0 || statuses.includes(one.status))
    .sort(byColumn(column, order))
    .slice(pageNumber * pageSize, (pageNumber + 1) * pageSize)
  return viewed(() => ({ records: found.map((one) => viewTransaction(one, state)) }))
}

const unknownValue = (parameter: string, value: string): HttpAnswer =>
  jsonAnswer(500, { error: `Failed to convert value of "${parameter}": ${value}` })

const wholeNumber = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null)

const IN_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** A list of 10,000 is sorted for each of its pages, so times of one form are compared as texts. */
function isBefore(left: string, right: string): boolean {
  if (IN_MS.test(left) && IN_MS.test(right)) return left < right
  return parseInstant(left) < parseInstant(right)
}

/** Sorts by time, then by id. Unset times come last in both orders. */
function byColumn(column: OrderColumn, order: 'asc' | 'desc') {
  return (a: StoredTransaction, b: StoredTransaction): number => {
    const [left, right] = [a[column], b[column]]
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1
    } else if (left !== right) {
      const isEarlier = isBefore(left, right)
      return isEarlier === (order === 'asc') ? -1 : 1
    }
    if (a.id === b.id) return 0
    return a.id < b.id ? -1 : 1
  }
}
