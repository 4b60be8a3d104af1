import { describe, expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import { type PlatformApi, PlatformReadError } from '../../../lib/platform/client.ts'
import { refreshList } from '../../../lib/updates/refresh.ts'

/** The transactions of a list, the oldest first. */
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `t-${String(from + index).padStart(4, '0')}`)

interface Asked {
  order: 'asc' | 'desc'
  pageNumber: number
  pageSize: number
}

/** A platform whose list a test may change after any request. `fails` refuses the pages that hold one of these ids. */
function world(
  rows: string[],
  {
    fails = new Set<string>(),
    afterStep = (_rows: string[]): unknown => null,
    looks = Number.POSITIVE_INFINITY,
  } = {},
) {
  const list = { rows }
  const pages: string[] = []
  const stored = new Map<string, number>()
  const log: string[] = []
  let steps = 0
  const call = async (name: string, args: Record<string, unknown>) => {
    const ids = (args['transactions'] as { id: string }[]).map(({ id }) => id)
    if (name === 'find_changed') {
      steps += 1
      afterStep(list.rows)
      return { ids: ids.filter((id) => !stored.has(id)) }
    }
    for (const id of ids) stored.set(id, (stored.get(id) ?? 0) + 1)
    return { stored: ids.length, wentBack: [], earlier: [] }
  }
  const listTransactions = async ({ order, pageNumber, pageSize }: Asked) => {
    const sorted = order === 'asc' ? list.rows : list.rows.toReversed()
    const page = sorted.slice(pageNumber * pageSize, (pageNumber + 1) * pageSize)
    if (pageSize === 100) pages.push(`${order} ${pageNumber}`)
    const failing = page.find((id) => fails.has(id))
    if (failing !== undefined) {
      throw new PlatformReadError('unreachable', `500 for ${failing}`, { isAnswered: true })
    }
    return page.map((id) => ({ document: { id } }))
  }
  const io = {
    db: { call } as Database,
    platform: { listTransactions } as unknown as PlatformApi,
    log: (_: string, event: string) => log.push(event),
    now: () => new Date(0),
    isOver: () => steps >= looks,
  }
  const refresh = (fromPage = 0) => refreshList({ sep: '24', status: 's', fromPage }, io)
  return { refresh, list, pages, stored, log }
}

describe('a list', () => {
  test('is read whole, four pages side by side, each step with the last page of the step before', async () => {
    const { refresh, pages, stored } = world(rowsOf(0, 650))
    const reading = await refresh()
    expect(reading).toMatchObject({ isWhole: true, isFailed: false, nextPage: 7, unlisted: [] })
    expect(reading.listed.toSorted()).toEqual(rowsOf(0, 650))
    expect(pages).toEqual(['asc 0', ...[0, 1, 2, 3, 3, 4, 5, 6].map((page) => `asc ${page}`)])
    expect([...stored.values()].every((times) => times === 1)).toBe(true)
  })

  test('of whole pages ends with an empty one', async () => {
    expect(await world(rowsOf(0, 99)).refresh()).toMatchObject({ isWhole: true })
    expect(await world([]).refresh()).toMatchObject({ isWhole: true, listed: [] })
  })

  test('that is not read to its end goes on there, with the newest page first', async () => {
    const { refresh, pages, stored } = world(rowsOf(0, 999), { looks: 2 })
    const first = await refresh()
    expect(first).toMatchObject({ isWhole: false, isFailed: false, nextPage: 4 })
    pages.length = 0
    const second = await refresh(first.nextPage)
    expect(pages).toEqual(['desc 0', 'asc 3', 'asc 4', 'asc 5', 'asc 6'])
    expect(second).toMatchObject({ isWhole: false, nextPage: 7 })
    expect(stored.has('t-0999')).toBe(true)
  })

  test('of which up to 100 leave between two steps shows every other one', async () => {
    const { refresh, list, stored } = world(rowsOf(0, 999), {
      // The oldest leave, and all behind move to the front.
      afterStep: (leaving) => leaving.splice(0, 100),
    })
    const { isWhole, listed } = await refresh()
    expect(isWhole).toBe(true)
    expect(list.rows.length).toBeLessThan(700)
    expect(list.rows.filter((id) => !stored.has(id) || !listed.includes(id))).toEqual([])
  })

  test('that fails at a page keeps the pages before it, and the place', async () => {
    const away = new Set(rowsOf(200, 299))
    const { refresh, stored, log } = world(rowsOf(0, 650), { fails: away })
    const reading = await refresh()
    expect(reading).toMatchObject({ isWhole: false, isFailed: true, nextPage: 2 })
    expect(stored.size).toBe(200)
    expect(log).toEqual(['transactions_not_refreshed'])
    away.clear()
    expect(await refresh(reading.nextPage)).toMatchObject({ isWhole: true })
    expect(stored.size).toBe(651)
  })
})

describe('the places that a list does not show', () => {
  const gone = new Set(['t-0000', 't-0150', 't-0151', 't-0399', 't-0650'])
  const at = (olderId: string | null, newerId: string | null, transactions = 1) => ({
    olderId,
    newerId,
    transactions,
    reason: expect.stringContaining('500 for'),
  })

  test('are named by the transactions around them', async () => {
    const { unlisted, listed } = await world(rowsOf(0, 650), { fails: gone }).refresh()
    expect(unlisted).toEqual([
      at(null, 't-0001'),
      at('t-0149', 't-0152', 2),
      at('t-0398', 't-0400'),
      at('t-0649', null),
    ])
    expect(listed).toHaveLength(646)
  })

  test('are left out at an open end of a look, where the next look finds them', async () => {
    const { refresh } = world(rowsOf(0, 650), { fails: gone, looks: 2 })
    const first = await refresh()
    expect(first.unlisted).toEqual([at(null, 't-0001'), at('t-0149', 't-0152', 2)])
    const second = await refresh(first.nextPage)
    expect(second.unlisted).toEqual([at('t-0398', 't-0400'), at('t-0649', null)])
  })
})
