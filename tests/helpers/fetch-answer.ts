import {
  type FetchAnswer,
  FetchError,
  type FetchErrorCode,
  type FetchRequest,
} from '../../lib/net/fetch-untrusted.ts'

/** The headers that a well-behaved server sends to a request with an Origin. */
export const SHOWN_HEADERS = {
  ...{ accessControlAllowOrigin: '*', wwwAuthenticate: null, allow: null, cfMitigated: null },
}

/** An answer of `FetchUntrusted`: status 200 and an empty text, except for what `change` names. */
export function fetchAnswer(url: string, change: Partial<FetchAnswer> = {}): FetchAnswer {
  const bytes = change.text?.length ?? 0
  return {
    ...{ status: 200, url, contentType: 'text/plain', retryAfter: null },
    ...{ headers: SHOWN_HEADERS, text: '', bytes, durationMs: 7 },
    ...change,
  }
}

/** A text with status 200, a bare status, the code of a failure, a whole answer, or an error of our own. */
export type Scripted = string | number | FetchErrorCode | Partial<FetchAnswer> | Error

/** A fetch that answers by its script, and `otherwise` to every other URL. */
export function scriptedFetch(script: Record<string, Scripted>, otherwise: Scripted = 404) {
  const asked: { url: string; request: FetchRequest }[] = []
  const fetch = async (url: string, request: FetchRequest): Promise<FetchAnswer> => {
    asked.push({ url, request })
    const scripted = script[url] ?? otherwise
    if (scripted instanceof Error) throw scripted
    if (typeof scripted === 'number') return fetchAnswer(url, { status: scripted })
    if (typeof scripted === 'object') return fetchAnswer(url, scripted)
    if (/^[a-z_0-9]+$/.test(scripted)) throw new FetchError(scripted as FetchErrorCode, url, url)
    return fetchAnswer(url, { text: scripted })
  }
  return { asked, fetch }
}
