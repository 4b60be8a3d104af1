import { describe, expect, test } from 'vitest'
import { readOpenLists, recordOpenList } from '../../lib/payments/open-list-store.ts'
import { readObserverHealth, recordGone } from '../../lib/payments/store.ts'
import { findChanged, storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { documentOf } from '../helpers/update-rows.ts'

const WAITING = { status: 'pending_user_transfer_start' }
const LIST = { sep: '24', status: 'pending_user_transfer_start' }
const SOME = { ...LIST, fromPage: 0, nextPage: 4, isWhole: false, listed: ['t-1'], unlisted: [] }
const WHOLE = { ...SOME, isWhole: true }
const PLACE = { newerId: 'b', olderId: 'a', transactions: 1, reason: 'answered 500' }

describe.each(databases())('the lists of open transactions: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const store = (...documents: Record<string, unknown>[]) => storeTransactions(db, documents)
  const begin = async () => (await readOpenLists(db)).now
  const places = async () =>
    (await readOpenLists(db)).lists.map(({ nextPage, beganAt, wholeAt }) => [
      nextPage,
      beganAt,
      wholeAt !== null,
    ])

  test('tell which documents are not stored as they are shown, and store nothing', async () => {
    await store(documentOf('same'), documentOf('other'), documentOf('gone'), documentOf('back'))
    await recordGone(db, ['gone'])
    await store(documentOf('back', { updated_at: '2025-12-31T00:00:00Z' }))
    const before = await database.query('select id, xmin::text from anchor_ops.transaction')
    const shown = ['same', 'other', 'gone', 'back', 'new'].map((id) =>
      documentOf(id, id === 'other' ? { message: 'changed' } : {}),
    )
    expect((await findChanged(db, shown)).toSorted()).toEqual(['back', 'gone', 'new', 'other'])
    expect(await database.query('select id, xmin::text from anchor_ops.transaction')).toEqual(
      before,
    )
  })

  test('keep the place and the ids of a reading over several looks, until it is whole', async () => {
    await store(documentOf('t-1', WAITING), documentOf('t-2', WAITING), documentOf('t-3', WAITING))
    const beganAt = await begin()
    expect(await recordOpenList(db, { ...SOME, beganAt })).toEqual({
      recorded: true,
      wholeAt: null,
      vanished: [],
    })
    expect(await places()).toEqual([[4, beganAt, false]])
    const { openLists } = await readObserverHealth(db)
    expect(openLists).toEqual([{ ...LIST, listed: 1, beganAt, wholeAt: null }])
    const rest = { ...WHOLE, beganAt, fromPage: 4, nextPage: 6, listed: ['t-2'] }
    expect(await recordOpenList(db, rest)).toMatchObject({ recorded: true, vanished: ['t-3'] })
    expect(await places()).toEqual([[0, null, true]])
  })

  test('tell how many the last whole reading found, also while the next one is under way', async () => {
    const listed = async () => (await readObserverHealth(db)).openLists.map((list) => list.listed)
    const beganAt = await begin()
    await recordOpenList(db, { ...SOME, beganAt, listed: ['t-1', 't-2'] })
    expect(await listed()).toEqual([2])
    await recordOpenList(db, { ...WHOLE, beganAt, fromPage: 4, listed: ['t-2', 't-3'] })
    expect(await listed()).toEqual([3])
    await recordOpenList(db, { ...SOME, beganAt: await begin(), listed: ['t-1'] })
    expect(await listed()).toEqual([3])
    await recordOpenList(db, { ...WHOLE, beganAt: await begin(), listed: [] })
    expect(await listed()).toEqual([0])
  })

  test('stay whole once they were, also while the next reading is under way', async () => {
    await recordOpenList(db, { ...WHOLE, beganAt: await begin() })
    expect(await recordOpenList(db, { ...SOME, beganAt: await begin() })).toMatchObject({
      wholeAt: expect.any(String),
    })
  })

  test('ignore a process after another one has gone on with the reading', async () => {
    const beganAt = await begin()
    await recordOpenList(db, { ...SOME, beganAt })
    const on = { ...SOME, beganAt, fromPage: 4, nextPage: 8 }
    expect(await recordOpenList(db, on)).toMatchObject({ recorded: true })
    for (const late of [on, { ...on, isWhole: true }, { ...SOME, beganAt }]) {
      expect(await recordOpenList(db, late)).toMatchObject({ recorded: false, wholeAt: null })
    }
    const other = { ...on, fromPage: 8, nextPage: 9, beganAt: '2026-01-01T00:00:00.000Z' }
    expect(await recordOpenList(db, other)).toMatchObject({ recorded: false })
    expect(await places()).toEqual([[8, beganAt, false]])
    expect(await recordOpenList(db, { ...WHOLE, beganAt })).toMatchObject({ recorded: true })
    expect(await places()).toEqual([[0, null, true]])
  })

  test('find what waits here and is missing in a whole list, at most 100 at once', async () => {
    const vanished = async (list: object = {}) =>
      (await recordOpenList(db, { ...WHOLE, beganAt: await begin(), ...list })).vanished
    await store(
      documentOf('t-1', WAITING),
      documentOf('t-2', WAITING),
      documentOf('t-3', WAITING),
      documentOf('of-another-sep', { ...WAITING, sep: '6' }),
      documentOf('deposit', { ...WAITING, kind: 'deposit' }),
      documentOf('ended', { status: 'expired' }),
    )
    expect(await vanished()).toEqual(['t-2', 't-3'])
    expect(await vanished({ status: 'expired' })).toEqual([])
    await recordGone(db, ['t-2'])
    expect(await vanished()).toEqual(['t-3'])
    await store(documentOf('t-2', WAITING))
    expect(await vanished()).toEqual(['t-2', 't-3'])
    await store(...Array.from({ length: 120 }, (_, n) => documentOf(`more-${n}`, WAITING)))
    expect(new Set(await vanished()).size).toBe(100)
  })

  test('do not miss what was stored after the reading began, because its page was read before', async () => {
    const beganAt = await begin()
    await recordOpenList(db, { ...SOME, beganAt })
    await store(documentOf('late', WAITING))
    const rest = { ...WHOLE, beganAt, fromPage: 4 }
    expect(await recordOpenList(db, rest)).toMatchObject({ recorded: true, vanished: [] })
  })

  test('keep a place that is not shown until a whole reading does not find it, with its since', async () => {
    const unlisted = async () => (await readObserverHealth(db)).unlisted
    const beganAt = await begin()
    await recordOpenList(db, { ...SOME, beganAt, unlisted: [PLACE] })
    const [first] = await unlisted()
    expect(first).toMatchObject({ ...LIST, ...PLACE })
    await recordOpenList(db, { ...WHOLE, beganAt, fromPage: 4 })
    const other = { ...WHOLE, sep: '6' }
    await recordOpenList(db, { ...other, beganAt: await begin() })
    expect(await unlisted()).toEqual([first])
    await recordOpenList(db, { ...WHOLE, beganAt: await begin(), unlisted: [PLACE] })
    expect(await unlisted()).toEqual([first])
    await recordOpenList(db, { ...WHOLE, beganAt: await begin() })
    expect(await unlisted()).toEqual([])
  })

  test.each([
    { ...SOME, nextPage: 0 },
    { ...SOME, fromPage: 4 },
    { ...SOME, fromPage: -1 },
  ])('refuse a place that does not move forward: %j', async (reading) => {
    await expect(recordOpenList(db, { ...reading, beganAt: await begin() })).rejects.toThrow()
    expect(await places()).toEqual([])
  })
})
