import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fieldsOf, readTime } from '../../../../lib/ledger/answer.ts'
import { readOperation } from '../../../../lib/ledger/horizon/operation.ts'
import { readRecords, readTransactionRecord } from '../../../../lib/ledger/horizon/record.ts'
import type { LedgerPayment } from '../../../../lib/ledger/source.ts'

const CORPUS = new URL('../../../../../shared/corpus/horizon/', import.meta.url)
const isThere = existsSync(CORPUS)
if (!isThere) console.warn('skipped: real answers of Horizon, because ../shared/corpus is absent')

/** Every record of the collected answers, alone or in a page. */
function records(): [string, Record<string, unknown>][] {
  const files = readdirSync(CORPUS).filter(
    (name) => name.endsWith('.json') && name !== 'index.json',
  )
  return files.flatMap((name) => {
    const body = fieldsOf(JSON.parse(readFileSync(new URL(name, CORPUS), 'utf8')))
    const embedded = fieldsOf(body?.['_embedded'])?.['records']
    const found = Array.isArray(embedded) ? embedded.map(fieldsOf) : [body]
    return found.flatMap((record) => (record === null ? [] : [[name, record] as const]))
  }) as [string, Record<string, unknown>][]
}

test.skipIf(!isThere)('every collected operation is a payment or pays nobody', () => {
  const kinds = new Map<string, number>()
  for (const [name, fields] of records().filter(
    ([, one]) => 'transaction_hash' in one && 'type_i' in one,
  )) {
    const [record] = readRecords({ _embedded: { records: [fields] } }, 1, name)
    if (record === undefined) throw new Error(name)
    const facts = {
      successful: true,
      closedAt: readTime(fields['created_at']) ?? name,
      memo: readTransactionRecord(fields['transaction'])?.memo ?? { type: 'none' as const },
    }
    expect(facts.closedAt).not.toBe(name)
    const payment: LedgerPayment | null = readOperation(fields, record.place, facts, null)
    const kind = payment?.kind ?? 'none'
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  expect([...kinds.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60)
  expect(kinds.get('payment')).toBeGreaterThan(15)
  expect(kinds.get('unknown') ?? 0).toBe(0)
})

test.skipIf(!isThere)('every collected transaction tells its result, its time and its memo', () => {
  const transactions = records()
    .filter(([, one]) => 'memo_type' in one && 'ledger' in one)
    // One sample names its transaction `memoid`.
    .filter(([, { hash }]) => hash !== 'memoid')
  expect(transactions.length).toBeGreaterThan(20)
  for (const [name, fields] of transactions) {
    const read = readTransactionRecord(fields)
    expect(read, name).not.toBeNull()
    expect(read?.memo, name).toBeDefined()
  }
})
