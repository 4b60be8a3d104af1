import type { EmulatorState } from './emulator-state.ts'
import { parseInstant } from './instants.ts'
import type { Status, StoredTransaction } from './stored-transaction.ts'

export interface ListQuery {
  sep: StoredTransaction['sep']
  column: 'started_at' | 'transfer_received_at' | 'user_action_required_by'
  order: 'asc' | 'desc'
  /** Null: transactions in every status. A status of null is one that the platform could not read. */
  statuses: readonly (Status | null)[] | null
  pageNumber: number
  pageSize: number
}

/** A page that the platform fails to read, with its message. */
export class PageRefused extends Error {}

/** The transactions of one page. @throws PageRefused */
export function pageOf(state: EmulatorState, query: ListQuery): StoredTransaction[] {
  const { sep, column, order, statuses, pageNumber, pageSize } = query
  if (statuses?.includes(null)) {
    throw new PageRefused(
      'Cannot invoke "org.stellar.anchor.api.sep.SepTransactionStatus.toString()" because "x" is null',
    )
  }
  const offset = pageNumber * pageSize
  const isOld = state.config.release === '2.8.4'
  if (statuses?.length === 0 && isOld) throw new PageRefused(hibernate('SQLGrammarException'))
  if (pageSize < 0 || offset < 0) {
    throw new PageRefused(isOld ? hibernate('DataException') : negative(query, offset))
  }
  return [...state.transactions.values()]
    .filter((one) => one.sep === sep)
    .filter((one) => statuses === null || statuses.includes(one.status))
    .sort(byColumn(column, order))
    .slice(offset, offset + pageSize)
}

const hibernate = (kind: string) =>
  `could not extract ResultSet; SQL [n/a]; nested exception is org.hibernate.exception.${kind}: could not extract ResultSet`

function negative({ sep, column, order, pageSize }: ListQuery, offset: number): string {
  const which = pageSize < 0 ? 'LIMIT' : 'OFFSET'
  return `JDBC exception executing SQL [SELECT * FROM sep${sep}_transaction t  ORDER BY ${column} ${order.toUpperCase()} NULLS LAST, id ASC LIMIT ${pageSize} OFFSET ${offset}] [ERROR: ${which} must not be negative] [n/a]; SQL [n/a]`
}

const IN_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** A list of 10,000 is sorted for each of its pages, so times of one form are compared as texts. */
function isBefore(left: string, right: string): boolean {
  if (IN_MS.test(left) && IN_MS.test(right)) return left < right
  return parseInstant(left) < parseInstant(right)
}

/** Sorts by time, then by id. Unset times come last in both orders. */
function byColumn(column: ListQuery['column'], order: ListQuery['order']) {
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
