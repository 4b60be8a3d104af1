const FAILURES_TO_OPEN = 5
const WINDOW_MS = 30_000
const PROBE_EVERY_MS = 15_000

/** Keeps callers from queueing up behind a platform that does not answer. */
export interface Breaker {
  /** Whether a call may go out now. While open: one every 15 s, to see whether the platform is back. */
  admits(): boolean
  /** To be told of every call that went out: `answered` when the platform itself answered, whatever it said. */
  report(answered: boolean): void
}

/** A breaker that opens after 5 failures in 30 s and closes with the first answer. `onOpen` hears of each opening. */
export function createBreaker(now: () => Date, onOpen: () => void): Breaker {
  let failedAt: number[] = []
  let nextProbeAt: number | null = null
  return {
    admits: () => {
      if (nextProbeAt === null) return true
      const at = now().getTime()
      const waitMs = nextProbeAt - at
      // A longer wait than there can be: the clock was set back.
      if (waitMs > 0 && waitMs <= PROBE_EVERY_MS) return false
      nextProbeAt = at + PROBE_EVERY_MS
      return true
    },
    report: (answered) => {
      if (answered) {
        failedAt = []
        nextProbeAt = null
        return
      }
      const at = now().getTime()
      failedAt = [...failedAt, at].filter((one) => one > at - WINDOW_MS).slice(-FAILURES_TO_OPEN)
      if (nextProbeAt !== null || failedAt.length < FAILURES_TO_OPEN) return
      nextProbeAt = at + PROBE_EVERY_MS
      onOpen()
    },
  }
}
