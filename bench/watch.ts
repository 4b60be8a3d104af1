/** What one piece of work took of this process. Memory is in MB (10^6 bytes). */
export interface Cost {
  durationMs: number
  cpuMs: number
  /** The most that was held above what the process held before. */
  peakAboveIdleMb: number
  idleMb: number
}

const SAMPLE_INTERVAL_MS = 20

/** Runs something and says what it took. */
export async function watch<T>(run: () => Promise<T>): Promise<{ value: T; cost: Cost }> {
  const idleBytes = process.memoryUsage.rss()
  let peakBytes = idleBytes
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, SAMPLE_INTERVAL_MS)
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const value = await run()
  const durationMs = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  clearInterval(sampler)
  return {
    value,
    cost: {
      durationMs,
      cpuMs: (cpu.user + cpu.system) / 1_000,
      peakAboveIdleMb: (peakBytes - idleBytes) / 1e6,
      idleMb: idleBytes / 1e6,
    },
  }
}
