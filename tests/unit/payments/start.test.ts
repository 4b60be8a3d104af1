import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedCursor, ledgerBefore } from '../../../lib/payments/start.ts'
import { createLedgerStub } from '../../helpers/ledger-stub.ts'

test('the found ledger closed shortly before the time, and the source has it', async () => {
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
        // If the history of the source starts later, the found ledger is later too.
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

test.each([
  ['that the source does not find leaves the source in doubt', null, 'ledger_unreachable'],
  ['with another hash is another ledger', 'f'.repeat(64), 'ledger_reset'],
])('a ledger of the checkpoint %s', async (_case, hash, code) => {
  const { source } = createLedgerStub()
  const ledger = {
    ...source,
    ledger: async (sequence: number) => {
      const closed = await source.ledger(sequence)
      return closed === null || hash === null ? null : { ...closed, hash }
    },
  }
  const place = {
    cursor: source.cursorAt(900),
    checkpoint: { sequence: 950, hash: await hashOf(950) },
  }
  await expect(checkedCursor(place, await source.head(), ledger)).rejects.toMatchObject({ code })
})

const hashOf = async (sequence: number) => {
  const { source } = createLedgerStub()
  return (await source.ledger(sequence))?.hash ?? ''
}

test.each<[string, { cursor: number; checkpoint: number | null; oldest: number }, number | string]>(
  [
    ['a cursor that the source has', { cursor: 900, checkpoint: 950, oldest: 1 }, 900],
    [
      'a cursor at the beginning of the history',
      { cursor: 800, checkpoint: null, oldest: 800 },
      800,
    ],
    ['a cursor before the history', { cursor: 700, checkpoint: null, oldest: 800 }, 'history_gone'],
    [
      'a cursor before the history, and a checkpoint before it',
      { cursor: 700, checkpoint: 790, oldest: 800 },
      'history_gone',
    ],
    [
      'a cursor before the history, and a checkpoint in it',
      { cursor: 700, checkpoint: 810, oldest: 800 },
      800,
    ],
    [
      'a quiet account in a source with a long history',
      { cursor: 100, checkpoint: 990, oldest: 200 },
      220,
    ],
    [
      'a cursor in a ledger that is about to be dropped',
      { cursor: 200, checkpoint: 990, oldest: 200 },
      220,
    ],
    ['a source with the whole history', { cursor: 1, checkpoint: 990, oldest: 1 }, 1],
    [
      'a cursor ahead of the ledger',
      { cursor: 1_001, checkpoint: null, oldest: 1 },
      'cursor_ahead',
    ],
    [
      'a checkpoint ahead of the ledger',
      { cursor: 5, checkpoint: 1_001, oldest: 1 },
      'cursor_ahead',
    ],
  ],
)('the start for %s (%j) is %s', async (_case, { cursor, checkpoint, oldest }, expected) => {
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
