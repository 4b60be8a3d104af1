import { request } from 'undici'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 1_000_000

/** What a stranger sends: no redirect is followed, and no credential of the operator is known here. */
export interface StrangersRequest {
  method: 'GET' | 'POST'
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string
}

/** The answer, or why there is none. */
export type Heard =
  | { status: number; headers: Readonly<Record<string, string>>; text: string }
  | { status: null; failure: string }

export type Stranger = (asked: StrangersRequest) => Promise<Heard>

/** Asks one server as a stranger does. It never throws: that a server cannot be reached is a result. */
export function strangerAt(origin: string): Stranger {
  return async ({ method, path, headers = {}, body }) => {
    try {
      const answer = await request(origin + path, {
        method,
        headers: {
          'user-agent': 'anchor-ops-posture/1',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body ?? null,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(2 * TIMEOUT_MS),
      })
      const shown = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
      return {
        status: answer.statusCode,
        headers: Object.fromEntries(shown),
        text: await beginningOf(answer.body),
      }
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string }
      return { status: null, failure: code ?? message ?? 'no answer' }
    }
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MAX_BYTES) break
  }
  return Buffer.concat(chunks).toString()
}

/** What was heard, in a few words. */
export function shownHeard(heard: Heard): string {
  if (heard.status === null) return `no answer: ${heard.failure}`
  const code = jsonOf(heard)?.['code']
  return typeof code === 'string' ? `${heard.status} ${code}` : `${heard.status}`
}

/** The object that was answered; null if it is none. */
export function jsonOf(heard: Heard): Record<string, unknown> | null {
  if (heard.status === null) return null
  try {
    const value: unknown = JSON.parse(heard.text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
