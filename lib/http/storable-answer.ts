import { createHash } from 'node:crypto'
import { type Answer, JSON_TYPE, type Sent, sendAnswer } from './answer.ts'

/** An answer of a public route, written once for everybody who asks for the same. */
export interface StorableAnswer {
  answer: Answer
  /** Null for an answer that is not stored, because it is an error and names its call. */
  whole: (Sent & { headers: { etag: string } }) | null
  /** Null for one that is not kept. */
  bytes: number | null
}

/** Writes the answer that caches may store, with its tag. Only status 200 is stored. */
export function writeStorable(
  answer: Answer,
  redact: (text: string) => string,
  more: Record<string, string> = {},
): StorableAnswer {
  const { status, body, text: given } = answer
  if (status !== 200) return { answer, whole: null, bytes: null }
  const type = given?.type ?? JSON_TYPE
  const whole = given?.body ?? JSON.stringify(body)
  // As bytes it is encoded and hashed once.
  const text = typeof whole === 'string' ? new TextEncoder().encode(redact(whole)) : whole
  const etag = `"${createHash('sha256').update(text).digest('hex')}"`
  const own = { 'content-type': type, ...answer.headers, ...more }
  const shown = Object.entries(own).map(([name, value]) => [name, redact(value)])
  const headers = { 'cache-control': 'public, max-age=60', ...Object.fromEntries(shown), etag }
  return { answer, whole: { status, text, headers, isRedacted: true }, bytes: text.byteLength }
}

/** The response to one who asks for a storable answer: 304 if he has it. */
export function sendStorable(
  { answer, whole }: StorableAnswer,
  call: { requestId: string; ifNoneMatch: string | null },
): Sent {
  if (whole === null) return sendAnswer(answer, call.requestId)
  return matchesTag(call.ifNoneMatch, whole.headers.etag)
    ? { ...whole, status: 304, text: null }
    : whole
}

function matchesTag(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''))
    .some((part) => part === tag || part === '*')
}
