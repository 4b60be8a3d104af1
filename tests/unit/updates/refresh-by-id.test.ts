import { expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import { type PlatformApi, PlatformReadError } from '../../../lib/platform/client.ts'
import { refreshById } from '../../../lib/updates/refresh-by-id.ts'

/** @returns the ids that were stored, and the log */
async function refresh(ids: string[], read: (id: string) => object | null, isOver = () => false) {
  const stored: unknown[] = []
  const log: string[] = []
  const call = async (_: string, args: Record<string, unknown>) => {
    stored.push(...(args['transactions'] as { id: string }[]).map(({ id }) => id))
    return { stored: 1, wentBack: [], earlier: [] }
  }
  const platform = { getTransaction: async (id: string) => read(id) } as unknown as PlatformApi
  const io = { db: { call } as Database, platform, isOver }
  const result = await refreshById(ids, { ...io, log: (_, event) => log.push(event) })
  return { ...result, stored, log }
}

const shown = (id: string) => ({ document: { id, status: 'expired' } })

test('transactions are stored as the platform shows them by their ids', async () => {
  expect(await refresh(['b', 'c'], shown)).toEqual({
    isComplete: true,
    missing: [],
    stored: ['b', 'c'],
    log: [],
  })
  expect(await refresh([], shown)).toEqual({ isComplete: true, missing: [], stored: [], log: [] })
})

test('a transaction that the platform cannot show, or does not have, keeps no other one from being stored', async () => {
  const read = (id: string) => {
    if (id === 'b') throw new PlatformReadError('unreachable', '500', { isAnswered: true })
    return id === 'c' ? null : shown(id)
  }
  expect(await refresh(['b', 'c', 'd'], read)).toEqual({
    isComplete: true,
    missing: ['c'],
    stored: ['d'],
    log: ['transaction_not_refreshed', 'transaction_not_at_platform'],
  })
})

test('a platform that does not answer is not asked further, and nothing is read when the time is over', async () => {
  let asked = 0
  const read = () => {
    asked += 1
    throw new PlatformReadError('unreachable', 'no answer')
  }
  const ids = Array.from({ length: 50 }, (_, n) => `t-${n}`)
  expect(await refresh(ids, read)).toEqual({
    isComplete: false,
    missing: [],
    stored: [],
    log: ['transactions_not_refreshed'],
  })
  expect(asked).toBeLessThan(5)
  expect(await refresh(ids, shown, () => true)).toEqual({
    isComplete: false,
    missing: [],
    stored: [],
    log: [],
  })
})
