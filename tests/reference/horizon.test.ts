import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Fields, fieldsOf, readTime } from '../../lib/ledger/answer.ts'
import { readOperation } from '../../lib/ledger/horizon/operation.ts'
import { readRecords, readTransactionRecord } from '../../lib/ledger/horizon/record.ts'
import { REFERENCE, referenceJson } from './reference.ts'

const FOLDER = 'corpus/horizon/'
const FIELDS = new URL('../fixtures/ledger/horizon-fields.json', import.meta.url)

/** The records of one recorded answer, which is a page or a single record. */
function recordsOf(name: string): Fields[] {
  const body = fieldsOf(referenceJson(FOLDER + name))
  const embedded = fieldsOf(body?.['_embedded'])?.['records']
  const found = Array.isArray(embedded) ? embedded.map(fieldsOf) : [body]
  return found.filter((record) => record !== null)
}

const recorded = readdirSync(new URL(FOLDER, REFERENCE))
  .filter((name) => name.endsWith('.json') && name !== 'index.json')
  .flatMap((name) => recordsOf(name).map((record) => [name, record] as const))

test('each recorded operation is read as a payment of a known kind, or pays nobody', () => {
  const kinds = new Map<string, number>()
  for (const [name, fields] of recorded) {
    if (!('transaction_hash' in fields && 'type_i' in fields)) continue
    const [record] = readRecords({ _embedded: { records: [fields] } }, 1, name)
    const closedAt = readTime(fields['created_at'])
    if (record === undefined || closedAt === null) throw new Error(name)
    const memo = readTransactionRecord(fields['transaction'])?.memo ?? { type: 'none' as const }
    const payment = readOperation(fields, record.place, { successful: true, closedAt, memo }, null)
    const kind = payment?.kind ?? 'none'
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  expect([...kinds.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60)
  expect(kinds.get('payment')).toBeGreaterThan(15)
  expect(kinds.get('unknown')).toBeUndefined()
})

test('each recorded transaction is read with its memo', () => {
  const transactions = recorded
    .filter(([, fields]) => 'memo_type' in fields && 'ledger' in fields)
    // One sample has the hash `memoid`.
    .filter(([, { hash }]) => hash !== 'memoid')
  expect(transactions.length).toBeGreaterThan(20)
  for (const [name, fields] of transactions) {
    expect(readTransactionRecord(fields)?.memo, name).toBeDefined()
  }
})

/** Fields that the simulated Horizon leaves out: XDR, links, conditions, memos and fields of earlier versions. */
const LEFT_OUT =
  /_xdr$|^_links$|^fee_paid$|^valid_|^time_bounds|^memo|^header|^preconditions$|^data$/

test('the fixture of fields names the fields of the recorded answers', () => {
  const names = (records: Fields[]) =>
    [...new Set(records.flatMap(Object.keys))].filter((field) => !LEFT_OUT.test(field)).toSorted()
  const sample = (name: string) => recordsOf(`docs-${name}-examples-${name}.json`)
  const payments = sample('RetrieveAnAccountsPayments')
  const ofType = (wanted: string) => names(payments.filter(({ type }) => type === wanted))
  expect(JSON.parse(readFileSync(FIELDS, 'utf8'))).toEqual({
    create_account: ofType('create_account'),
    account_merge: ofType('account_merge'),
    payment: ofType('payment'),
    transaction: names(sample('RetrieveATransaction')),
    ledger: names(sample('RetrieveALedger')),
    account: names(sample('RetrieveAnAccount')),
  })
})
