import { z } from 'zod'
import { type Fields, fieldsOf, isHash, isSequence, readTime, unreadable } from '../answer.ts'
import { plainMemo, returnMemo, textMemo } from '../memo.ts'
import { parseOperationId, placeOf } from '../operation-id.ts'
import type { PaymentPlace, TransactionFacts } from '../payment.ts'
import type { LedgerMemo } from '../source.ts'

/** A record of an operation. */
export interface HorizonRecord {
  id: bigint
  place: PaymentPlace
  fields: Fields
}

const Page = z.object({ _embedded: z.object({ records: z.array(z.unknown()) }) })

/** The records of a page of any kind. @throws LedgerError `ledger_unreadable` */
export function readHorizonPage(body: unknown, limit: number, what: string): unknown[] {
  const records = Page.safeParse(body).data?._embedded.records
  if (records !== undefined && records.length <= limit) return records
  throw unreadable(`${what} is not a page of at most ${limit} records`)
}

/**
 * Reads the records of a page in the order of the ledger. It never passes over a record silently.
 *
 * @throws LedgerError `ledger_unreadable` for a value that is not a page, for a page that is too long or out of order, and
 *   for a record that names no operation
 */
export function readRecords(body: unknown, limit: number, what: string): HorizonRecord[] {
  const read = readHorizonPage(body, limit, what).map((record) => readRecord(record, what))
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
  // The paging token of an operation is its id.
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

/** A transaction of Horizon. */
export interface HorizonTransaction extends TransactionFacts {
  hash: string
  ledger: number
}

/** Reads a transaction; null when its hash, its ledger or its time is missing. Its memo may still be unreadable. */
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
    memo: readMemo(fields),
  }
}

function readMemo({ memo_type: type, memo, memo_bytes: bytes }: Fields): LedgerMemo | undefined {
  switch (type) {
    case 'none':
      return { type }
    case 'text':
      return readTextMemo(memo, bytes)
    case 'id':
    case 'hash':
      return plainMemo(memo, type)
    case 'return':
      return returnMemo(memo)
    default:
      return undefined
  }
}

/**
 * Reads a text memo from `memo_bytes`, which has the bytes of the ledger. In `memo`, which is left out for an empty text,
 * Horizon writes U+FFFD in place of bytes that are not UTF-8.
 */
function readTextMemo(memo: unknown, memoBytes: unknown): LedgerMemo | undefined {
  if (memoBytes !== undefined) {
    const bytes = bytesOfBase64(memoBytes)
    return bytes === null ? undefined : textMemo(bytes)
  }
  const text = memo ?? ''
  if (typeof text !== 'string' || !text.isWellFormed() || text.includes('\ufffd')) return undefined
  return textMemo(Buffer.from(text, 'utf8'))
}

function bytesOfBase64(value: unknown): Buffer | null {
  if (typeof value !== 'string') return null
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : null
}
