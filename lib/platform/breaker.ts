const FAILURES_TO_OPEN = 5
const WINDOW_MS = 30_000
const TRIAL_EVERY_MS = 15_000

/** Says that a call has ended. `answered`: the platform itself answered, with any status. */
export type EndOfCall = (answered: boolean) => void

/** Stops calls to a platform that does not answer, so that callers do not queue up. */
export interface Breaker {
  /**
   * Begins a call. While the breaker is open, one call every 15 s tries whether the platform is back.
   *
   * @returns what the caller calls when its call has ended; null if no call may be sent now
   */
  begin(): EndOfCall | null
  /** Whether a call would be refused now. */
  isOpen(): boolean
}

/**
 * Creates a breaker that opens after 5 failures in 30 s and closes with the first answer. A failure counts only if no call
 * was answered since it began: with 200 calls under way, 5 that break together say nothing of the others.
 */
export function createBreaker(now: () => Date, onOpen: () => void): Breaker {
  let failedAt: number[] = []
  let nextTrialAt: number | null = null
  let answers = 0

  const isOpen = () => {
    if (nextTrialAt === null) return false
    const waitMs = nextTrialAt - now().getTime()
    // A wait of more than 15 s means that the clock was set back.
    return waitMs > 0 && waitMs <= TRIAL_EVERY_MS
  }

  function countFailure(): void {
    const at = now().getTime()
    failedAt = [...failedAt, at].filter((one) => one > at - WINDOW_MS).slice(-FAILURES_TO_OPEN)
    if (nextTrialAt !== null || failedAt.length < FAILURES_TO_OPEN) return
    nextTrialAt = at + TRIAL_EVERY_MS
    onOpen()
  }

  function begin(): EndOfCall | null {
    if (isOpen()) return null
    if (nextTrialAt !== null) nextTrialAt = now().getTime() + TRIAL_EVERY_MS
    const answersBefore = answers
    return (answered) => {
      if (answered) {
        answers += 1
        failedAt = []
        nextTrialAt = null
      } else if (answers === answersBefore) countFailure()
    }
  }

  return { begin, isOpen }
}
