import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedCursor, ledgerBefore } from '../../../lib/payments/start.ts'
import { createLedgerStub } from '../../helpers/ledger-stub.ts'

test('the ledger found closed before the time, not long before, and is one that the source has', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50_000 }),
      fc.nat(50_000),
      fc.nat(60_000),
      async (oldest, length, back) => {
        const stub = createLedgerStub()
        Object.assign(stub, { oldest, head: oldest + length })
        const wanted = Date.parse(stub.closedAt(stub.head)) - back * 5_000 - 1
        let asked = 0
        stub.onRequest = () => {
          asked += 1
        }
        const head = await stub.source.head()
        const found = await ledgerBefore(new Date(wanted).toISOString(), head, stub.source)
        expect(found).toBeGreaterThanOrEqual(oldest)
        expect(found).toBeLessThanOrEqual(stub.head)
        const closedMs = Date.parse(stub.closedAt(found))
        // Only where the source does not reach back so far is it a later one.
        if (back + 1 <= length - 20) {
          expect(closedMs).toBeLessThanOrEqual(wanted)
          expect(wanted - closedMs).toBeLessThanOrEqual(back * 5_000 + 15_000)
        }
        expect(asked).toBeLessThan(20)
      },
    ),
    { numRuns: 500 },
  )
})

const hashOf = async (sequence: number) => {
  const { source } = createLedgerStub()
  return (await source.ledger(sequence))?.hash ?? ''
}

test.each<[string, { cursor: number; checkpoint: number | null; oldest: number }, number | string]>(
  [
    ['a cursor that the source has', { cursor: 900, checkpoint: 950, oldest: 1 }, 900],
    ['one at the beginning of its history', { cursor: 800, checkpoint: null, oldest: 800 }, 800],
    ['one before it', { cursor: 700, checkpoint: null, oldest: 800 }, 'history_gone'],
    [
      'one before it, read to the end before it',
      { cursor: 700, checkpoint: 790, oldest: 800 },
      'history_gone',
    ],
    ['one before it, read to the end since', { cursor: 700, checkpoint: 810, oldest: 800 }, 800],
    [
      'a quiet account of a source with long history',
      { cursor: 100, checkpoint: 990, oldest: 200 },
      220,
    ],
    ['one about to be dropped', { cursor: 200, checkpoint: 990, oldest: 200 }, 220],
    ['a source that has everything', { cursor: 1, checkpoint: 990, oldest: 1 }, 1],
    ['one ahead', { cursor: 1_001, checkpoint: null, oldest: 1 }, 'cursor_ahead'],
    ['a checkpoint ahead', { cursor: 5, checkpoint: 1_001, oldest: 1 }, 'cursor_ahead'],
  ],
)('%s: %j is read from %s', async (_case, { cursor, checkpoint, oldest }, expected) => {
  const stub = createLedgerStub()
  stub.oldest = oldest
  const place = {
    cursor: stub.source.cursorAt(cursor),
    checkpoint:
      checkpoint === null ? null : { sequence: checkpoint, hash: await hashOf(checkpoint) },
  }
  const check = checkedCursor(place, await stub.source.head(), stub.source)
  if (typeof expected === 'string') await expect(check).rejects.toMatchObject({ code: expected })
  else expect(await check).toBe(stub.source.cursorAt(expected))
})
