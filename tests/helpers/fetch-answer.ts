import type { FetchAnswer } from '../../lib/net/fetch-untrusted.ts'

/** An answer of `FetchUntrusted`: status 200 and an empty text, except for what `change` names. */
export function fetchAnswer(url: string, change: Partial<FetchAnswer> = {}): FetchAnswer {
  const bytes = change.text?.length ?? 0
  return {
    ...{ status: 200, url, contentType: 'text/plain', retryAfter: null },
    ...{ text: '', bytes, durationMs: 7 },
    ...change,
  }
}
