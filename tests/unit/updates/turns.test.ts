import { expect, test } from 'vitest'
import { createTurns } from '../../../lib/updates/turns.ts'

test('works of one key run one after another in their order, even if one fails', async () => {
  const { take: turns } = createTurns()
  const seen: string[] = []
  const work =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const all = await Promise.allSettled([
    turns('k', work('a')),
    turns('k', work('b', true)),
    turns('k', work('c')),
  ])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('a work of another key does not wait', async () => {
  const { take: turns } = createTurns()
  const first = Promise.withResolvers<void>()
  const waiting = turns('k', () => first.promise)
  expect(await turns('other', async () => 'done')).toBe('done')
  first.resolve()
  await waiting
})

test('a key is free again once its last work has ended, also badly', async () => {
  const turns = createTurns()
  expect(turns.isFree('t')).toBe(true)
  const first = turns.take('t', async () => {
    throw new Error('broken')
  })
  const running = Promise.withResolvers<string>()
  const second = turns.take('t', () => running.promise)
  expect(turns.isFree('t')).toBe(false)
  expect(turns.isFree('u')).toBe(true)
  await expect(first).rejects.toThrow('broken')
  expect(turns.isFree('t')).toBe(false)
  running.resolve('done')
  expect(await second).toBe('done')
  expect(turns.isFree('t')).toBe(true)
})
