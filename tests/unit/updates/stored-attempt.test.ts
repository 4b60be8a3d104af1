import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { asStored, callStoring, FAILED, isStoredAs } from '../../../lib/updates/stored-attempt.ts'
import { scriptedDatabase } from './machine.ts'

const document = parseLosslessJson(
  '{"id":"t","amount":1.50,"none":null,"list":[1e2,"x",{"deep":0.1}],"yes":true}',
) as Record<string, unknown>
const STORED = {
  id: 't',
  amount: '1.50',
  none: null,
  list: ['1e2', 'x', { deep: '0.1' }],
  yes: true,
}

test('a document is stored with every number as the text that it came as', () => {
  expect(asStored(document)).toEqual(STORED)
  expect(isStoredAs(document, STORED)).toBe(true)
  expect(isStoredAs(document, { ...STORED, amount: '1.5' })).toBe(false)
})

test('the order of keys does not count', () => {
  expect(isStoredAs({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
})

test('documents in the arguments of a call are stored so', async () => {
  const { db, calls } = scriptedDatabase({ store: [{ ok: true }] })
  await callStoring(db, z.object({ ok: z.boolean() }), 'store', { transactions: [document] })
  expect(calls[0]?.args).toEqual({ transactions: [STORED] })
})

test('four states ended without an effect, and may be sent anew', () => {
  expect([...FAILED]).toEqual(['REJECTED', 'NOT_APPLIED', 'EXPIRED', 'WITHDRAWN'])
})
