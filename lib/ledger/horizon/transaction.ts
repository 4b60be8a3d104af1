import { unreadable } from '../answer.ts'
import type { LedgerPayment } from '../source.ts'
import { readOperation } from './operation.ts'
import { type HorizonRecord, type HorizonTransaction, readTransactionRecord } from './record.ts'
import { bodyOf, type Horizon, MAX_PAGE_BYTES } from './request.ts'

/** Reads records of operations as payments of an account, with their transactions. @throws LedgerError */
export async function readRecordsOf(
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

/** A transaction, or null when Horizon does not have it. @throws LedgerError */
export async function getTransaction(
  horizon: Horizon,
  hash: string,
): Promise<HorizonTransaction | null> {
  const path = `/transactions/${hash}`
  const answer = await horizon.get(path, {}, MAX_PAGE_BYTES)
  if (answer.status === 404) return null
  const transaction = readTransactionRecord(bodyOf(answer, path))
  if (transaction?.hash !== hash) throw unreadable(`Horizon ${path} shows another transaction`)
  return transaction
}
