import { afterEach, expect, test, vi } from 'vitest'
import { createProgress } from '../../../../local/ops/progress.ts'

afterEach(() => vi.useRealTimers())

const watch = (isTTY: boolean) => {
  vi.useFakeTimers()
  const written: string[] = []
  const clock = { ms: 0 }
  const stderr = { isTTY, write: (text: string) => written.push(text) }
  const progress = createProgress(stderr, () => clock.ms)
  const pass = (ms: number) => {
    clock.ms += ms
    vi.advanceTimersByTime(ms)
  }
  return { written, progress, pass }
}
test('what is under way is shown on a terminal after a second, and wiped when the work ends', async () => {
  const { written, progress, pass } = watch(true)
  progress.says('checking a.sim')
  const { promise, resolve } = Promise.withResolvers<number>()
  const work = progress.during(promise)
  pass(500)
  expect(written).toEqual([])
  pass(500)
  expect(written).toEqual(['\r\u001b[Kchecking a.sim (1 s)'])
  pass(1000)
  expect(written.at(-1)).toBe('\r\u001b[Kchecking a.sim (2 s)')
  resolve(7)
  expect(await work).toBe(7)
  expect(written.at(-1)).toBe('\r\u001b[K')
})

test('nothing is shown where nobody watches', async () => {
  const { written, progress, pass } = watch(false)
  const work = progress.during(Promise.resolve(7))
  pass(5000)
  expect(await work).toBe(7)
  expect(written).toEqual([])
})
