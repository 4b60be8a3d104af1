import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import { fieldsOf, isHash, isSequence, readTime, unreadable } from '../answer.ts'
import { operationIdOf, parseOperationId, placeOf } from '../operation-id.ts'
import { shownMemo } from '../payment.ts'
import { type LedgerIo, readFreshPage } from '../request.ts'
import {
  type ClosedLedger,
  LedgerError,
  type LedgerHead,
  type LedgerPayment,
  type LedgerSource,
  type LedgerTransaction,
  type PaymentPage,
} from '../source.ts'
import { readAccount } from './account.ts'
import { readBalances } from './balances.ts'
import { readMovements } from './movements.ts'
import { readOperation } from './operation.ts'
import {
  type HorizonRecord,
  type HorizonTransaction,
  readRecords,
  readTransactionRecord,
} from './record.ts'
import { bodyOf, createHorizon, type Horizon, MAX_RECORD_BYTES } from './request.ts'

/** Anybody can send large transactions to an account. A page of more than 8 MB is requested again in smaller pages. */
const PAGE_SIZES = [200, 40, 8]
const MAX_PAGE_BYTES = 8 * 1024 * 1024
/** A transaction has at most 100 operations, so one page holds them all. */
const OPERATIONS_PAGE = 200

const Root = z.object({
  history_latest_ledger: z.unknown().refine(isSequence),
  history_elder_ledger: z.unknown().refine(isSequence),
  network_passphrase: z.string().min(1).max(200),
})

/** Reads the ledger from Horizon. Its cursors are ids of operations. */
export function createHorizonSource(options: { url: string }, io: LedgerIo): LedgerSource {
  const horizon = createHorizon(options.url, io)
  return {
    name: 'horizon',
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
  const body = bodyOf(await horizon.get('/', {}, MAX_RECORD_BYTES), '/')
  const root = Root.safeParse(body).data
  if (root === undefined) throw unreadable('Horizon / lacks its ledgers or its network')
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

async function readLedger(horizon: Horizon, sequence: number): Promise<ClosedLedger | null> {
  if (!isSequence(sequence)) return null
  const path = `/ledgers/${sequence}`
  const answer = await horizon.get(path, {}, MAX_RECORD_BYTES)
  if (answer.status === 404 || answer.status === 410) return null
  const fields = fieldsOf(bodyOf(answer, path))
  const closedAt = readTime(fields?.['closed_at'])
  const hash = fields?.['hash']
  if (fields?.['sequence'] !== sequence || closedAt === null || !isHash(hash)) {
    throw unreadable(`Horizon ${path} shows another ledger`)
  }
  return { sequence, closedAt, hash }
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

async function readRecordsOf(
  horizon: Horizon,
  records: readonly HorizonRecord[],
  accountId: string,
): Promise<LedgerPayment[]> {
  const read = new Map<string, HorizonTransaction>()
  const payments: LedgerPayment[] = []
  for (const { place, fields } of records) {
    const hash = place.transactionHash
    const joined = readTransactionRecord(fields['transaction'])
    const isJoined = joined?.hash === hash && joined.ledger === place.ledger
    const transaction = isJoined
      ? joined
      : (read.get(hash) ?? (await getTransaction(horizon, hash)))
    if (transaction === null) throw unreadable(`Horizon has no transaction ${hash} of its payments`)
    read.set(hash, transaction)
    const facts = { ...transaction, successful: successOf(fields, transaction) }
    const payment = readOperation(fields, place, facts, accountId)
    if (payment !== null) payments.push(payment)
  }
  return payments
}

/** Horizon reports success on the operation and on the transaction; if they differ, success is unknown. */
function successOf(
  fields: Record<string, unknown>,
  { successful }: HorizonTransaction,
): boolean | undefined {
  return fields['transaction_successful'] === successful ? successful : undefined
}

async function getTransaction(horizon: Horizon, hash: string): Promise<HorizonTransaction | null> {
  const path = `/transactions/${hash}`
  const answer = await horizon.get(path, {}, MAX_PAGE_BYTES)
  if (answer.status === 404) return null
  const transaction = readTransactionRecord(bodyOf(answer, path))
  if (transaction?.hash !== hash) throw unreadable(`Horizon ${path} shows another transaction`)
  return transaction
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
