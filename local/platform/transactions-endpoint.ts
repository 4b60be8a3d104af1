import { type EmulatorRelease, type EmulatorState, findTransaction } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import { rulesOf } from './releases.ts'
import { RpcError } from './rpc-error.ts'
import { STATUSES, type Status, type StoredTransaction } from './stored-transaction.ts'
import { type ListQuery, PageRefused, pageOf } from './transaction-page.ts'

const SEPS: Record<string, StoredTransaction['sep']> = {
  '6': '6',
  '24': '24',
  '31': '31',
  SEP_6: '6',
  SEP_24: '24',
  SEP_31: '31',
}

const ORDER_COLUMNS: Record<string, ListQuery['column']> = {
  created_at: 'started_at',
  transfer_received_at: 'transfer_received_at',
  user_action_required_by: 'user_action_required_by',
}
const ORDERS: Record<string, ListQuery['order']> = { asc: 'asc', desc: 'desc' }

/** Answers `GET /transactions/{id}`. */
export function answerTransaction(state: EmulatorState, id: string): HttpAnswer {
  const found = findTransaction(state, id)
  if (found === undefined) return jsonAnswer(404, { error: `transaction (id=${id}) is not found` })
  return answered(() => rulesOf(state).view(found, state))
}

/** A value that the platform cannot read, and a transaction that it cannot show, make the whole answer a 500. */
function answered(read: () => unknown): HttpAnswer {
  try {
    return jsonAnswer(200, read())
  } catch (error) {
    if (!(error instanceof RpcError || error instanceof PageRefused)) throw error
    return jsonAnswer(500, { error: error.message })
  }
}

/** Answers `GET /transactions` with one page of the transactions of one SEP. */
export function answerTransactions(state: EmulatorState, query: URLSearchParams): HttpAnswer {
  if (!query.get('sep')) return jsonAnswer(400, { error: 'The "sep" parameter is missing.' })
  return answered(() => {
    const page = pageOf(state, readQuery(query, state.config.release))
    return { records: page.map((one) => rulesOf(state).view(one, state)) }
  })
}

/** @throws PageRefused */
function readQuery(query: URLSearchParams, release: EmulatorRelease): ListQuery {
  const sep = query.get('sep') ?? ''
  const orderBy = query.get('order_by') || 'created_at'
  const order = query.get('order') || 'asc'
  return {
    sep:
      SEPS[sep.toUpperCase()] ??
      unreadable('org.stellar.anchor.api.platform.TransactionsSeps', sep, release),
    column:
      ORDER_COLUMNS[orderBy.toLowerCase()] ??
      unreadable('org.stellar.anchor.api.platform.TransactionsOrderBy', orderBy, release),
    order:
      ORDERS[order.toLowerCase()] ??
      unreadable('org.springframework.data.domain.Sort$Direction', order, release),
    statuses: readStatuses(query.getAll('statuses'), release),
    pageNumber: integerOf(query.get('page_number'), 0, release),
    pageSize: integerOf(query.get('page_size'), 20, release),
  }
}

/** A list that is given and empty reads as no status at all, and one that has an empty entry as a status of null. */
function readStatuses(given: readonly string[], release: EmulatorRelease): ListQuery['statuses'] {
  if (given.length === 0) return null
  return given
    .flatMap((text) => (text === '' ? [] : text.split(',')))
    .map((text): Status | null => {
      const status = text.trim().toLowerCase()
      if (status === '') return null
      const known = STATUSES.find((one) => one === status)
      return known ?? unreadableStatus(text, release)
    })
}

/** Spring 5 quotes the causes of a failure after it; Spring 6 quotes the first one only. */
function unreadable(type: string, value: string, release: EmulatorRelease): never {
  const [between, after] =
    release === '2.8.4'
      ? [
          'nested exception is org.springframework.core.convert.ConversionFailedException: ',
          '; nested exception is org.stellar.anchor.api.exception.BadRequestException: Invalid enum parameter',
        ]
      : ['', '']
  throw new PageRefused(
    `Failed to convert value of type 'java.lang.String' to required type '${type}'; ${between}Failed to convert from type [java.lang.String] to type [@org.springframework.web.bind.annotation.RequestParam ${type}] for value [${value}]${after}`,
  )
}

function unreadableStatus(value: string, release: EmulatorRelease): never {
  const type = 'org.stellar.anchor.api.sep.SepTransactionStatus'
  try {
    return unreadable(type, value, release)
  } catch (error) {
    const { message } = error as PageRefused
    throw new PageRefused(
      message.replace(`required type '${type}'`, "required type 'java.util.List'"),
    )
  }
}

function integerOf(given: string | null, absent: number, release: EmulatorRelease): number {
  if (given === null || given === '') return absent
  if (/^[+-]?\d{1,9}$/.test(given)) return Number(given)
  const cause = `For input string: "${given}"`
  const nested = release === '2.8.4' ? 'nested exception is java.lang.NumberFormatException: ' : ''
  throw new PageRefused(
    `Failed to convert value of type 'java.lang.String' to required type 'java.lang.Integer'; ${nested}${cause}`,
  )
}
