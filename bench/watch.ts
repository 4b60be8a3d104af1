/** The time and memory that one piece of work took of this process. 1 MB is 10^6 bytes. */
export interface Cost {
  durationMs: number
  cpuMs: number
  /** The peak of the resident memory, less the memory held before. */
  peakAboveIdleMb: number
  idleMb: number
}

const SAMPLE_INTERVAL_MS = 20

/** Runs something and measures its cost. */
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
