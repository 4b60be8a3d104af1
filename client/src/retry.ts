import { AnchorOpsError, fieldsOf, NoAnswerError } from './errors.ts'

const KEY = 'idempotency-key'

/** Waits, and ends early with an error when the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal | undefined) => Promise<void>
export const realWait: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const timer = setTimeout(end, ms)
    function end() {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    }
    function giveUp() {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
  })

export interface RetrySettings {
  fetch: (request: Request) => Promise<Response>
  wait: Wait
  /** How often a request is repeated after the first time. */
  retries: number
}

/**
 * Sends a request, and repeats it under the same key while its answer is missing. Without a key only what reads is
 * repeated: a second POST may do its work twice.
 *
 * @throws {AnchorOpsError} for an answer that is an error
 * @throws {NoAnswerError} if no answer arrived, unless the caller gave up
 */
export async function sendUntilAnswered(
  request: Request,
  { fetch, wait, retries }: RetrySettings,
): Promise<Response> {
  const key = request.headers.get(KEY)
  const mayRepeat = request.method === 'GET' || key !== null
  for (let repeats = 0; ; repeats += 1) {
    const isLast = !mayRepeat || repeats >= retries
    let seconds = 2 ** repeats
    try {
      const response = await fetch(request.clone())
      if (response.ok) return response
      const body = readBody(await response.text())
      if (isLast || !isPassing(response.status, body)) {
        throw new AnchorOpsError(response.status, body, response.headers.get(KEY) ?? key)
      }
      seconds = secondsToWait(response.headers.get('retry-after')) ?? seconds
    } catch (error) {
      if (error instanceof AnchorOpsError || request.signal.aborted) throw error
      if (isLast) throw new NoAnswerError(error, key)
    }
    await wait(seconds * 1000, request.signal)
  }
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Whether the same request may get another answer soon. */
function isPassing(status: number, body: unknown): boolean {
  const { code } = fieldsOf(body)
  return (
    (status === 503 && code === 'database_unavailable') ||
    (status === 409 && code === 'idempotency_running') ||
    (GATEWAY_STATUSES.has(status) && !isOfService(body))
  )
}

/** What a gateway before the service answers while it cannot reach it, or got no answer in time. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

/** Whether the service itself made the answer: each of its errors has a code, and an answer of a run has a status. */
function isOfService(body: unknown): boolean {
  const { error, code, status } = fieldsOf(body)
  return (typeof error === 'string' && code !== undefined) || typeof status === 'string'
}

function secondsToWait(header: string | null): number | null {
  return header !== null && /^\d{1,3}$/.test(header) ? Number(header) : null
}
