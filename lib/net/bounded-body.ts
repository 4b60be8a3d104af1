import type { IncomingHttpHeaders } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { createTextCutter } from './cut-texts.ts'
import { Failure } from './failure.ts'
import { decodeLeniently, type TextRepairs, withoutFalseCodings } from './lenient-text.ts'

interface BoundedText {
  text: string
  /** After decompression, and after long texts were cut out. */
  bytes: number
  /** What was wrong with a text that was read leniently. */
  repairs?: TextRepairs
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a body as strict UTF-8; a leading BOM is dropped. `maxBytes` holds on the wire and after decoding.
 * @param signal the signal of the request itself
 * @param cutTextsAt cuts longer texts out of a JSON document
 * @param isLenient reads UTF-16 with a BOM, bytes that are not UTF-8, and a Content-Encoding that names no coding
 * @throws Failure, and AbortError if `signal` fires
 */
export async function readBoundedText(
  body: Readable,
  headers: IncomingHttpHeaders,
  maxBytes: number,
  signal: AbortSignal,
  cutTextsAt: number | null = null,
  isLenient = false,
): Promise<BoundedText> {
  try {
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
    const contentEncoding = String(headers['content-encoding'] ?? '')
    const wrapped = isLenient
      ? withoutFalseCodings(contentEncoding)
      : { coding: contentEncoding, repairs: {} }
    const decoder = createDecoder(wrapped.coding)
    const chunks: Buffer[] = []
    const collect = collectInto(chunks, maxBytes, cutTextsAt)
    if (decoder === null) await collect(body)
    else await pipeline(body, capped(maxBytes), decoder, collect, { signal })
    const buffer = Buffer.concat(chunks)
    const decoded = isLenient ? decodeLeniently(buffer) : { text: decodeUtf8(buffer), repairs: {} }
    // undici frees the connection one turn later. Without this wait the next request to the host opens a second one.
    await setImmediate()
    const repairs = { ...wrapped.repairs, ...decoded.repairs }
    const isRepaired = Object.keys(repairs).length > 0
    return { text: decoded.text, bytes: buffer.length, ...(isRepaired ? { repairs } : {}) }
  } finally {
    discard(body)
  }
}

/** A socket gives at most this much at once, and a decoder needs the whole of it to give its first text. */
const WIRE_CHUNK_BYTES = 65_536
const lenientUtf8 = new TextDecoder('utf-8')

/**
 * Reads the beginning of an answer that is not wanted for its content. What breaks, hangs or cannot be decoded ends the
 * text: the status is known already, and says more than the rest.
 */
export async function readBeginning(
  body: Readable,
  headers: IncomingHttpHeaders,
  maxBytes: number,
  signal: AbortSignal,
): Promise<BoundedText> {
  if (maxBytes === 0) return discard(body)
  const chunks: Buffer[] = []
  let bytes = 0
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= maxBytes) return
    }
  }
  try {
    const decoder = createDecoder(String(headers['content-encoding'] ?? ''))
    if (decoder === null) await collect(body)
    else await pipeline(body, capped(maxBytes + WIRE_CHUNK_BYTES), decoder, collect, { signal })
    await setImmediate()
  } catch {
    // The text ends where it broke.
  } finally {
    discard(body)
  }
  const beginning = Buffer.concat(chunks).subarray(0, maxBytes)
  return { text: lenientUtf8.decode(beginning), bytes: beginning.length }
}

/** Destroys an unread body and its connection. */
export function discard(body: Readable): BoundedText {
  body.on('error', () => {})
  body.destroy()
  return { text: '', bytes: 0 }
}

// One coding is accepted. `gzip, gzip` is refused, since two codings can expand a body 500 times and more.
function createDecoder(contentEncoding: string): Transform | null {
  switch (contentEncoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new Failure('encoding_unsupported', JSON.stringify(contentEncoding.slice(0, 60)))
  }
}

// Limits the bytes on the wire. Otherwise a stream of empty gzip members could run until the deadline.
function capped(maxBytes: number) {
  return async function* (source: AsyncIterable<Buffer>) {
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  }
}

function collectInto(chunks: Buffer[], maxBytes: number, cutTextsAt: number | null) {
  const cut = cutTextsAt === null ? (chunk: Buffer) => chunk : createTextCutter(cutTextsAt)
  return async (source: AsyncIterable<Buffer>) => {
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      chunks.push(cut(chunk))
    }
  }
}

function tooLarge(maxBytes: number): Failure {
  return new Failure('too_large', `more than ${maxBytes} bytes`)
}

function decodeUtf8(buffer: Buffer): string {
  try {
    return strictUtf8.decode(buffer)
  } catch (error) {
    throw new Failure('not_utf8', `${buffer.length} bytes`, error)
  }
}
