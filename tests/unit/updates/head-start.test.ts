import { expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import type { UpdateIo } from '../../../lib/updates/context.ts'
import { releaseIfChanged } from '../../../lib/updates/head-start.ts'

const ANSWER = {
  id: 't',
  status: 'completed',
  updated_at: '2026-02-03T04:05:06.123456789Z',
  completed_at: '2026-02-03T04:05:06.123400499Z',
  message: '2026-02-03T04:05:06.123456789Z',
}
const READING = {
  ...ANSWER,
  updated_at: '2026-02-03T04:05:06.123457Z',
  completed_at: '2026-02-03T04:05:06.1234Z',
}

/** The calls of the database that were made when a send began on `pre` and the platform shows `document`. */
async function callsFor(pre: object, document: object): Promise<string[]> {
  const calls: string[] = []
  const db = {
    call: async (name: string) => {
      calls.push(name)
      return { recorded: true, state: 'READY', outcome: null, settleAt: null }
    },
  } as Database
  const sending = { rpcId: 'r', pre: { ...pre }, sinceMs: 0 }
  await releaseIfChanged('a', sending, { ...document }, { db } as UpdateIo)
  return calls
}

test('a send is kept when the platform shows the stored answer with rounded times', async () => {
  expect(await callsFor(ANSWER, READING)).toEqual([])
  expect(await callsFor(READING, READING)).toEqual([])
})

test.each([
  ['a time is a microsecond later', { updated_at: '2026-02-03T04:05:06.123458Z' }],
  ['a time is missing', { completed_at: undefined }],
  ['a time is not an instant', { updated_at: 'now' }],
  ['another field changed', { status: 'pending_anchor' }],
  ['a text that is not a time differs in its digits', { message: READING.updated_at }],
  ['a field was added', { external_transaction_id: 'x' }],
])('a send goes back to READY when %s', async (_, change) => {
  expect(await callsFor(ANSWER, { ...READING, ...change })).toEqual(['record_outcome'])
})
