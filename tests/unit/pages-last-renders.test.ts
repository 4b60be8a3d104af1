import { describe, expect, test } from 'vitest'
import { createLastRenders } from '../../lib/pages/last-renders.ts'

describe('a rendered page', () => {
  test('is given again for the same source, and rendered once for all who ask at once', async () => {
    const once = createLastRenders()
    let renders = 0
    const render = async () => `page ${++renders}`
    const asked = await Promise.all([once('/', 'a', render), once('/', 'a', render)])
    expect([asked, await once('/', 'a', render)]).toEqual([['page 1', 'page 1'], 'page 1'])
    expect(await once('/', 'b', render)).toBe('page 2')
    expect(await once('/?x', 'b', render)).toBe('page 3')
  })

  test('that failed is rendered again', async () => {
    const once = createLastRenders()
    await expect(once('/', 'a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await once('/', 'a', async () => 'page')).toBe('page')
  })

  test('is forgotten once 32 others were asked for', async () => {
    const once = createLastRenders()
    let renders = 0
    const render = async () => `page ${++renders}`
    await once('first', 'a', render)
    for (let place = 0; place < 32; place += 1) await once(`other ${place}`, 'a', render)
    expect(await once('other 31', 'a', render)).toBe('page 33')
    expect(await once('first', 'a', render)).toBe('page 34')
  })
})
