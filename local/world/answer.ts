import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

/** The answer of a simulated host to one request. Every kind may be delayed by `delayMs`, or until something else happened. */
export type Answer = { delayMs?: number; until?: Promise<unknown> } & (
  | { kind: 'body'; status: number; headers: Record<string, string>; body: string | Uint8Array }
  | { kind: 'hang' }
  | { kind: 'reset' }
  | { kind: 'endless' }
  | { kind: 'drip' }
  | { kind: 'gzip-bomb' }
)

const FILLER = `# ${'x'.repeat(16_381)}\n`
const DRIP_INTERVAL_MS = 250
const GZIP_BOMB_BYTES = 32 * 1024 * 1024
let gzipBomb: Buffer | undefined

/** A body of any content type with status 200. */
export function bodyAnswer(contentType: string, body: string | Uint8Array): Answer {
  return { kind: 'body', status: 200, headers: { 'content-type': contentType }, body }
}

/** A JSON answer. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  const headers = { 'content-type': 'application/json' }
  return { kind: 'body', status, headers, body: JSON.stringify(value) }
}

/** A status with a line of plain text, as web servers answer errors. */
export function statusAnswer(status: number, headers: Record<string, string> = {}): Answer {
  const body = `${status}\n`
  return { kind: 'body', status, headers: { 'content-type': 'text/plain', ...headers }, body }
}

/** A redirect to `location`, which may be relative. */
export function redirectAnswer(location: string, status = 301): Answer {
  return statusAnswer(status, { location })
}

/** Sends one answer. Resolves when it is sent or the connection is closed. */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.on('error', () => gone.abort())
  try {
    if (answer.delayMs !== undefined) {
      await sleep(answer.delayMs, undefined, { signal: gone.signal })
    }
    await answer.until
    await send(response, answer, gone.signal)
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

async function send(response: ServerResponse, answer: Answer, gone: AbortSignal): Promise<void> {
  switch (answer.kind) {
    case 'body':
      response.writeHead(answer.status, answer.headers).end(answer.body)
      return
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'gzip-bomb':
      gzipBomb ??= gzipSync(Buffer.alloc(GZIP_BOMB_BYTES, ' '))
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      response.end(gzipBomb)
      return
    case 'endless':
      response.writeHead(200, { 'content-type': 'text/plain' })
      while (!gone.aborted) {
        if (!response.write(FILLER)) await drained(response, gone)
      }
      return
    case 'drip':
      response.writeHead(200, { 'content-type': 'text/plain' })
      while (!gone.aborted) {
        response.write('#')
        await sleep(DRIP_INTERVAL_MS, undefined, { signal: gone })
      }
  }
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve)
    gone.addEventListener('abort', () => resolve(), { once: true })
  })
}
