import { describe, expect, test } from 'vitest'
import { logWentBack, reasonToWait, storeShown } from '../../../lib/updates/went-back.ts'
import { documentOf, scriptedDatabase } from './machine.ts'

const EARLIER = { id: 't-1', count: 3, confirmed: false, takeAt: '2026-02-03T04:08:06.000Z' }
const WENT_BACK = {
  code: 'platform_went_back' as const,
  transactionId: 't-1',
  from: '2026-02-03T04:05:07Z',
  to: '2026-02-03T04:00:00Z',
  since: '2026-02-03T04:05:06.000Z',
  takenAt: '2026-02-03T04:08:06.000Z',
}

function world(answers: object[], again: object[] = [documentOf({ status: 'again' })]) {
  const { db, calls } = scriptedDatabase({ store_transactions: answers })
  const log: unknown[] = []
  const reads = { count: 0 }
  const readAgain = async () => {
    reads.count += 1
    return again
  }
  const store = () =>
    storeShown([documentOf()], readAgain, { db, log: (...line) => log.push(line) })
  return { store, calls, log, reads }
}

const answer = (earlier: object[], wentBack: object[] = []) => ({ stored: 1, earlier, wentBack })

describe('transactions that the platform shows', () => {
  test('are stored without another reading if none is earlier than the stored one', async () => {
    const { store, calls, log, reads } = world([answer([])])
    expect(await store()).toBe(true)
    expect(calls).toEqual([
      { name: 'store_transactions', args: { transactions: [documentOf()], earlier: [] } },
    ])
    expect([reads.count, log]).toEqual([0, []])
  })

  test('are read once more if one shows an earlier state, which may only have come late', async () => {
    const { store, calls, log, reads } = world([answer([EARLIER]), answer([])])
    expect(await store()).toBe(true)
    expect(calls[1]?.args).toEqual({
      transactions: [documentOf({ status: 'again' })],
      earlier: [EARLIER],
    })
    expect([reads.count, log]).toEqual([1, []])
  })

  test('do not count while one still shows an earlier state', async () => {
    const { store, log, reads } = world([answer([EARLIER])])
    expect(await store()).toBe(false)
    expect([reads.count, log]).toEqual([1, []])
  })

  test('count, and are told to a person, once the earlier state is taken', async () => {
    const { store, log } = world([answer([EARLIER]), answer([], [WENT_BACK])])
    expect(await store()).toBe(true)
    const { code: _, ...told } = WENT_BACK
    expect(log).toEqual([['error', 'platform_went_back', told]])
  })
})

test('each transaction that went back is told in a line of its own', () => {
  const log: unknown[] = []
  logWentBack([WENT_BACK, { ...WENT_BACK, transactionId: 't-2' }], (...line) => log.push(line))
  expect(log).toHaveLength(2)
})

test('an update that waits for a newer state says until when', () => {
  const log: unknown[] = []
  const reason = reasonToWait(EARLIER, (...line) => log.push(line))
  expect(reason).toBe(
    'platform_went_back: the platform shows an earlier state of the transaction than before; if it shows nothing newer until 2026-02-03T04:08:06.000Z, that state counts, and the update is sent.',
  )
  expect(log).toEqual([
    [
      'warn',
      'platform_shows_earlier_state',
      { transactionId: 't-1', takeAt: '2026-02-03T04:08:06.000Z' },
    ],
  ])
})
