import { isAccountId } from '../../stellar/account-id.ts'
import { isHash, unreadable } from '../answer.ts'
import { operationIdOf, parseOperationId, placeOf } from '../operation-id.ts'
import { shownMemo } from '../payment.ts'
import { type LedgerIo, readFreshPage } from '../request.ts'
import {
  LedgerError,
  type LedgerHead,
  type LedgerSource,
  type LedgerTransaction,
  type PaymentPage,
} from '../source.ts'
import { readAccount } from './account.ts'
import { readBalances } from './balances.ts'
import { readLedger, readRoot } from './ledger.ts'
import { readMovements } from './movements.ts'
import { readOperation } from './operation.ts'
import { type HorizonRecord, readRecords } from './record.ts'
import { bodyOf, createHorizon, type Horizon, MAX_PAGE_BYTES } from './request.ts'
import { createSideLedger } from './side-ledger.ts'
import { getTransaction, readRecordsOf } from './transaction.ts'

/** Anybody can send large transactions to an account. A page of more than 8 MB is requested again in smaller pages. */
const PAGE_SIZES = [200, 40, 8]
/** A transaction has at most 100 operations, so one page holds them all. */
const OPERATIONS_PAGE = 200

/** Reads the ledger from Horizon. Its cursors are ids of operations. */
export function createHorizonSource(options: { url: string }, io: LedgerIo): LedgerSource {
  const horizon = createHorizon(options.url, io)
  return {
    name: 'horizon',
    aside: createSideLedger(options, io),
    head: () => readHead(horizon),
    ledger: (sequence) => readLedger(horizon, sequence),
    cursorAt: (sequence) =>
      String(operationIdOf({ ledger: sequence, transaction: 0, operation: 0 })),
    ledgerOf: (cursor) => placeOf(cursorNumber(cursor)).ledger,
    payments: (accountId, cursor) => readPayments(horizon, accountId, cursor),
    transaction: (hash) => readTransactionOf(horizon, hash),
    account: (accountId) => readAccount(horizon, accountId),
    balances: (accountId) => readBalances(horizon, accountId, () => readHead(horizon)),
    movementsBehind: (sequence) =>
      String(operationIdOf({ ledger: sequence + 1, transaction: 0, operation: 0 })),
    movements: (accountId, cursor) => readMovements(horizon, accountId, cursorNumber(cursor)),
  }
}

async function readHead(horizon: Horizon): Promise<LedgerHead> {
  const root = await readRoot(horizon)
  const latest = await readLedger(horizon, root.history_latest_ledger)
  if (latest === null) {
    // Of several servers behind one name, one may lag behind the others.
    throw new LedgerError(
      'ledger_unreachable',
      `Horizon does not show ledger ${root.history_latest_ledger}, which it calls its latest.`,
    )
  }
  return {
    ...latest,
    oldestSequence: root.history_elder_ledger,
    networkPassphrase: root.network_passphrase,
  }
}

async function readPayments(
  horizon: Horizon,
  accountId: string,
  cursor: string,
): Promise<PaymentPage> {
  const after = cursorNumber(cursor)
  if (!isAccountId(accountId)) throw unreadable('the requested account is not an account id')
  const read = () => readRecordsAfter(horizon, accountId, after)
  const page = await readFreshPage(read, horizon.io)
  if (page === null) throw unreadable(`Horizon repeats the payments before ${cursor}`)
  const payments = await readRecordsOf(horizon, page.records, accountId)
  const last = page.records.at(-1)?.place.cursor ?? cursor
  return { payments, cursor: last, isLast: page.isLast }
}

/** Reads the records of an account behind a cursor. @returns null for a page that only repeats records before the cursor */
async function readRecordsAfter(
  horizon: Horizon,
  accountId: string,
  after: bigint,
): Promise<{ records: HorizonRecord[]; isLast: boolean } | null> {
  const path = `/accounts/${accountId}/payments`
  for (const limit of PAGE_SIZES) {
    const cursor = String(after)
    const query = { cursor, order: 'asc', limit: String(limit), join: 'transactions' }
    const answer = await horizon.get(path, query, MAX_PAGE_BYTES)
    if (answer.status === 'too_large') continue
    if (answer.status === 404) {
      // Horizon answers 404 for an account that was quiet for longer than its history. If the ledger does not have the
      // account either, the account was merged, or the network was reset, and no payment will ever come.
      const exists = (await readAccount(horizon, accountId)) !== null
      if (exists) return { records: [], isLast: true }
      throw new LedgerError(
        'ledger_history_gone',
        `The ledger has no account ${accountId}: it was never created, was merged, or the network was reset.`,
      )
    }
    const records = readRecords(bodyOf(answer, path), limit, `Horizon ${path}`)
    const fresh = records.filter(({ id }) => id > after)
    const isRepeated = fresh.length < records.length
    if (isRepeated && fresh.length === 0) return null
    return { records: fresh, isLast: records.length < limit && !isRepeated }
  }
  throw unreadable(`Horizon ${path} is longer than ${MAX_PAGE_BYTES} bytes`)
}

async function readTransactionOf(
  horizon: Horizon,
  text: string,
): Promise<LedgerTransaction | null> {
  const hash = text.toLowerCase()
  if (!isHash(hash)) return null
  const transaction = await getTransaction(horizon, hash)
  if (transaction === null) return null
  if (transaction.successful === undefined) {
    throw unreadable(`Horizon does not say whether the transaction ${hash} succeeded`)
  }
  const path = `/transactions/${hash}/payments`
  const query = { order: 'asc', limit: String(OPERATIONS_PAGE) }
  const body = bodyOf(await horizon.get(path, query, MAX_PAGE_BYTES), path)
  const records = readRecords(body, OPERATIONS_PAGE, `Horizon ${path}`)
  const payments = records.map(({ place, fields }) =>
    readOperation(fields, place, transaction, null),
  )
  return {
    hash,
    successful: transaction.successful,
    ledger: transaction.ledger,
    closedAt: transaction.closedAt,
    memo: shownMemo(transaction.memo),
    payments: payments.filter((payment) => payment !== null),
  }
}

function cursorNumber(cursor: string): bigint {
  const number = parseOperationId(cursor)
  if (number === null) {
    throw unreadable(`the cursor ${JSON.stringify(cursor.slice(0, 80))} is not an operation id`)
  }
  return number
}
