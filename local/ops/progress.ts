import type { Stream } from './output.ts'

/** A command that takes less is not commented. */
const QUIET_MS = 1000
const STEP_MS = 500

/** What is under way, on the last line of a terminal. */
export interface Progress {
  /** Shows what is under way from the second second on, until `work` ends. */
  during<T>(work: Promise<T>): Promise<T>
  /** Names what is under way. */
  says(what: string): void
}

/** Where nobody watches, nothing is shown. */
export function createProgress(stderr: Stream, now = () => performance.now()): Progress {
  const startedAt = now()
  let what = 'asking'
  const show = () => {
    const elapsedMs = now() - startedAt
    if (elapsedMs < QUIET_MS) return
    stderr.write(`\r\u001b[K${what} (${Math.floor(elapsedMs / 1000)} s)`)
  }
  return {
    says: (text) => {
      what = text
    },
    async during(work) {
      if (!stderr.isTTY) return work
      const timer = setInterval(show, STEP_MS)
      show()
      try {
        return await work
      } finally {
        clearInterval(timer)
        if (now() - startedAt >= QUIET_MS) stderr.write('\r\u001b[K')
      }
    },
  }
}
