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
