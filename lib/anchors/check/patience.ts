import { retryAfterMs } from '../../net/retry.ts'
import type { CheckIo } from './request-evidence.ts'

/** No header takes an anchor out of the checks for longer. Its evidence counts for three days. */
const MOST_SECONDS = 86_400

/** The requests of one check, and how long the servers that answered them ask to be left alone. */
export interface Patience {
  fetch: CheckIo['fetch']
  /** The longest wait that an answer with status 429 or 503 asked for (Retry-After), at most a day. 0: none. */
  seconds(): number
}

/** Listens to the answers of a check. */
export function listenForPatience({ fetch, now }: Pick<CheckIo, 'fetch' | 'now'>): Patience {
  let seconds = 0
  return {
    fetch: async (url, request) => {
      const answer = await fetch(url, request)
      const { status, retryAfter } = answer
      if ((status === 429 || status === 503) && retryAfter !== null) {
        const ms = retryAfterMs(retryAfter, now()) ?? 0
        seconds = Math.max(seconds, Math.min(Math.ceil(ms / 1000), MOST_SECONDS))
      }
      return answer
    },
    seconds: () => seconds,
  }
}
