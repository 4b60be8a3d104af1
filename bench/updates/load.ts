import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../median.ts'
import type { Load } from './figures.ts'
import type { Route } from './route.ts'

/** Sends one update to a transaction and notes how long it took since it was due. */
type LoadedUpdate = (dueAt: number, transactionId: string) => Promise<void>

/** Measures all updates that `run` sends. @param databaseCalls counts the calls so far */
export async function measureLoad(
  { update }: Route,
  databaseCalls: () => number,
  run: (record: LoadedUpdate) => Promise<void>,
): Promise<Load> {
  const times: number[] = []
  let errors = 0
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const callsBefore = databaseCalls()
  await run(async (dueAt, id) => {
    // `errors += await …` would read `errors` before the wait and lose the errors of updates that run meanwhile.
    const notApplied = await update([id])
    errors += notApplied
    times.push(performance.now() - dueAt)
  })
  const durationMs = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  return {
    updates: times.length,
    perSecond: ((times.length - errors) * 1_000) / durationMs,
    medianMs: median(times),
    p99Ms: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN,
    errors,
    databaseCallsEach: (databaseCalls() - callsBefore) / times.length,
    cpuMsEach: (cpu.user + cpu.system) / 1_000 / times.length,
  }
}

/** Sends each update when it is due, even if earlier updates are not answered yet. The transactions take turns. */
export async function offer(
  record: LoadedUpdate,
  transactions: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<void> {
  const startedAt = performance.now()
  const running: Promise<void>[] = []
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const dueAt = startedAt + (index * 1_000) / perSecond
    const waitMs = dueAt - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    running.push(record(dueAt, transactions[index % transactions.length]!))
  }
  await Promise.all(running)
}
