import { JSON_TYPE, type Sent } from './answer.ts'

const QUERY_SECRET_WARNING =
  '299 - "The query parameter secret is deprecated: send the header Authorization: Bearer instead"'

/** The headers that a script of another origin may read. */
const EXPOSED = 'content-disposition, etag, link, x-next-cursor, x-request-id'

/** What is sent without the configured secrets. Only an answer that shows a new key may show one. */
export function redacted(sent: Sent, redact: (text: string) => string): Sent {
  if (sent.showsSecret || sent.isRedacted) return sent
  const { status, text, headers } = sent
  const shown = Object.entries(headers).map(([name, value]) => [name, redact(value)])
  return {
    status,
    text: typeof text === 'string' ? redact(text) : text,
    headers: Object.fromEntries(shown),
  }
}

/** What is no page loads nothing, wherever a browser shows it. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Makes the response with the headers that every response has. */
export function toResponse(
  { status, text, headers: own, stream }: Sent,
  call: { requestId: string; querySecret: boolean; isPublic: boolean; isHead: boolean },
): Response {
  const headers = new Headers(own)
  headers.set('x-request-id', call.requestId)
  if (text !== null && !headers.has('content-type')) {
    headers.set('content-type', JSON_TYPE)
  }
  if (!headers.has('content-security-policy')) {
    headers.set('content-security-policy', CONTENT_SECURITY_POLICY)
  }
  if (call.querySecret) headers.set('warning', QUERY_SECRET_WARNING)
  if (call.isPublic) {
    headers.set('access-control-allow-origin', '*')
    headers.set('access-control-expose-headers', EXPOSED)
  }
  return new Response(call.isHead ? null : (stream ?? text), { status, headers })
}

/** The answer to OPTIONS: the methods of the URL, and for a public route the headers by which a browser may call it. */
export function preflight(allow: readonly string[], isPublic: boolean): Sent {
  const cors = {
    'access-control-allow-methods': allow.join(', '),
    'access-control-allow-headers': '*',
  }
  return {
    status: 204,
    text: null,
    headers: { allow: allow.join(', '), ...(isPublic ? cors : {}) },
  }
}
