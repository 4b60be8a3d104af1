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
  return async (text, request: FetchRequest) => {
    const { maxBytes, timeoutMs = REQUEST_TIMEOUT_MS, json, bearer } = request
    const method = json === undefined ? (request.method ?? 'GET') : 'POST'
    const asked = { method, body: json ?? '', ...(bearer === undefined ? {} : { bearer }) }
    const given = answer(new URL(text), asked)
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
        accessControlAllowOrigin: given.headers['access-control-allow-origin'] ?? null,
        wwwAuthenticate: null,
        allow: null,
        cfMitigated: null,
      },
      text: given.status === 200 ? String(given.body) : beginningOf(given.body, request),
      bytes,
      durationMs: 0,
    }
  }
}

function beginningOf(body: string | Uint8Array, { refusalBytes = 0 }: FetchRequest): string {
  return Buffer.from(body).subarray(0, refusalBytes).toString()
}
