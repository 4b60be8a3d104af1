import { z } from 'zod'
import { type Fields, fieldsOf, isHash, isSequence, readTime, unreadable } from '../answer.ts'
import { parseOperationId, placeOf } from '../operation-id.ts'
import type { PaymentPlace, TransactionFacts } from '../payment.ts'
import { readHorizonMemo } from './memo.ts'

/** A record that names the operation it shows. */
export interface HorizonRecord {
  id: bigint
  place: PaymentPlace
  fields: Fields
}

const Page = z.object({ _embedded: z.object({ records: z.array(z.unknown()) }) })

/**
 * Reads the records of a page in the order of the ledger.
 *
 * @throws LedgerError `ledger_unreadable` for what is no page, too long, out of order, or has a record that names no
 *   operation: none is passed over silently
 */
export function readRecords(body: unknown, limit: number, what: string): HorizonRecord[] {
  const records = Page.safeParse(body).data?._embedded.records
  if (records === undefined || records.length > limit) {
    throw unreadable(`${what} is no page of at most ${limit} records`)
  }
  const read = records.map((record) => readRecord(record, what))
  read.forEach((record, index) => {
    const before = read[index - 1]
    if (before !== undefined && record.id <= before.id) {
      throw unreadable(`${what} has the operation ${record.id} behind ${before.id}`)
    }
  })
  return read
}

function readRecord(record: unknown, what: string): HorizonRecord {
  const fields = fieldsOf(record)
  const id = parseOperationId(fields?.['id'])
  const hash = fields?.['transaction_hash']
  if (fields === null || id === null || !isHash(hash)) {
    throw unreadable(`${what} has a record without an operation id or a transaction hash`)
  }
  // Horizon numbers its pages of operations by their ids.
  if (fields['paging_token'] !== fields['id']) {
    throw unreadable(`${what} has the operation ${id} under another paging token`)
  }
  const text = String(id)
  const place = {
    operationId: text,
    cursor: text,
    ledger: placeOf(id).ledger,
    transactionHash: hash,
  }
  return { id, place, fields }
}

/** A Horizon transaction: what its operations share, and what names it. */
export interface HorizonTransaction extends TransactionFacts {
  hash: string
  ledger: number
}

/** Reads a Horizon transaction; null when it does not say which it is, or when. Its memo may still be unreadable. */
export function readTransactionRecord(value: unknown): HorizonTransaction | null {
  const fields = fieldsOf(value)
  const { hash, ledger, successful } = fields ?? {}
  const closedAt = readTime(fields?.['created_at'])
  if (fields === null || closedAt === null || !isSequence(ledger)) return null
  if (!isHash(hash)) return null
  return {
    hash,
    ledger,
    closedAt,
    successful: typeof successful === 'boolean' ? successful : undefined,
    memo: readHorizonMemo(fields),
  }
}
