import { createHash } from 'node:crypto'
import { FetchError, type FetchErrorCode, type FetchUntrusted } from '../../net/fetch-untrusted.ts'

/** What one request saw: the evidence behind a step of the ladder. */
export interface Seen {
  status?: number
  error?: FetchErrorCode
  durationMs: number
  /** Of the decoded text, when it was read. */
  sha256?: string
  bytes?: number
  /** ISO 8601, UTC. */
  at: string
}

export interface LookIo {
  fetch: FetchUntrusted
  now: () => Date
  signal?: AbortSignal
}

/** An answer with any status, or the reason why there is none. */
export type Look =
  | {
      status: number
      url: string
      contentType: string
      redirects: number
      text: string
      seen: Seen
    }
  | { error: FetchErrorCode; seen: Seen }

/**
 * Asks for one URL and keeps what was seen. Failures of the other side are values, not exceptions.
 *
 * @throws whatever `fetch` throws besides FetchError: that is a fault of ours
 */
export async function look(
  url: string,
  request: { accept: string; maxBytes: number },
  io: LookIo,
): Promise<Look> {
  const startedAt = performance.now()
  const at = io.now().toISOString()
  try {
    const answer = await io.fetch(url, { ...request, ...(io.signal ? { signal: io.signal } : {}) })
    const { status, contentType, redirects, text, bytes } = answer
    const seen: Seen = {
      status,
      durationMs: Math.round(answer.durationMs),
      ...(status === 200 ? { bytes, sha256: createHash('sha256').update(text).digest('hex') } : {}),
      at,
    }
    return { status, url: answer.url, contentType, redirects, text, seen }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    const durationMs = Math.round(performance.now() - startedAt)
    return { error: error.code, seen: { error: error.code, durationMs, at } }
  }
}
