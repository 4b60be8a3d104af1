const FAILURES_TO_OPEN = 5
const WINDOW_MS = 30_000
const TRIAL_EVERY_MS = 15_000

/** Stops calls to a platform that does not answer, so that callers do not queue up. */
export interface Breaker {
  /** Whether a call may be sent now. While the breaker is open, one call every 15 s tries whether the platform is back. */
  admits(): boolean
  /** Whether a call would be refused now. */
  isOpen(): boolean
  /** Call it after every call that was sent. `answered`: the platform itself answered, with any status. */
  report(answered: boolean): void
}

/** Creates a breaker that opens after 5 failures in 30 s and closes with the first answer. */
export function createBreaker(now: () => Date, onOpen: () => void): Breaker {
  let failedAt: number[] = []
  let nextTrialAt: number | null = null
  const isOpen = () => {
    if (nextTrialAt === null) return false
    const waitMs = nextTrialAt - now().getTime()
    // A wait of more than 15 s means that the clock was set back.
    return waitMs > 0 && waitMs <= TRIAL_EVERY_MS
  }
  return {
    isOpen,
    admits: () => {
      if (isOpen()) return false
      if (nextTrialAt !== null) nextTrialAt = now().getTime() + TRIAL_EVERY_MS
      return true
    },
    report: (answered) => {
      if (answered) {
        failedAt = []
        nextTrialAt = null
        return
      }
      const at = now().getTime()
      failedAt = [...failedAt, at].filter((one) => one > at - WINDOW_MS).slice(-FAILURES_TO_OPEN)
      if (nextTrialAt !== null || failedAt.length < FAILURES_TO_OPEN) return
      nextTrialAt = at + TRIAL_EVERY_MS
      onOpen()
    },
  }
}
