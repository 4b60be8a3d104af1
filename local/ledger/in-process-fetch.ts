import {
  FetchError,
  type FetchRequest,
  type FetchUntrusted,
  REQUEST_TIMEOUT_MS,
} from '../../lib/net/fetch-untrusted.ts'
import type { Answer } from '../world/answer.ts'
import type { SiteRequest } from '../world/world-server.ts'

/** A fetch that asks a simulated site without a socket and never waits, for tests with tens of thousands of requests. */
export function fetchInProcess(answer: (url: URL, request: SiteRequest) => Answer): FetchUntrusted {
  return async (text, request: FetchRequest & { json?: string }) => {
    const { maxBytes, timeoutMs = REQUEST_TIMEOUT_MS, json } = request
    const method = json === undefined ? 'GET' : 'POST'
    const given = answer(new URL(text), { method, body: json ?? '' })
    if (given.kind === 'reset') throw new FetchError('connection_lost', text, 'ECONNRESET')
    if (given.kind !== 'body' || (given.delayMs ?? 0) > timeoutMs) {
      throw new FetchError('timeout', text, `${timeoutMs} ms`)
    }
    const bytes = Buffer.byteLength(given.body)
    if (bytes > maxBytes) throw new FetchError('too_large', text, `${bytes} bytes`)
    return {
      status: given.status,
      url: text,
      contentType: given.headers['content-type'] ?? '',
      retryAfter: given.headers['retry-after'] ?? null,
      headers: {
        accessControlAllowOrigin: null,
        wwwAuthenticate: null,
        allow: null,
        cfMitigated: null,
      },
      text: given.status === 200 ? String(given.body) : '',
      bytes,
      durationMs: 0,
    }
  }
}
