import { resolve } from 'node:path'
import { createFileRouter } from '../../serve/file-router.ts'
import { undescribed } from '../helpers/described-answer.ts'
import { overServer } from './over-server.ts'

export interface Asked {
  method?: string
  path: string
  query?: Record<string, string> | string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
  /** By default https://ops.example.org. */
  origin?: string
}

export interface Reply {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads an answer as a caller does, without our types
  body: any
}

const router = await createFileRouter({ root: resolve(import.meta.dirname, '../..') })
/** `npm run test:serve` sends every request through the server of `npm run serve`. */
const carry = process.env['CONTRACT_OVER'] === 'serve' ? await overServer(router) : router

/**
 * Sends a request to the file of `api/` that Vercel would send it to. Every answer of every test must be as the OpenAPI
 * document describes it.
 */
export async function send(asked: Asked): Promise<Reply> {
  const { method = 'GET', path, query = {}, body, raw, headers = {} } = asked
  const url = new URL(path, asked.origin ?? 'https://ops.example.org')
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value)
  const sent = raw ?? (body === undefined ? null : JSON.stringify(body))
  const response = await carry(new Request(url, { method, headers, body: sent }))
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  const answered = text !== '' && isJson ? JSON.parse(text) : null
  const fault = undescribed(
    { method, pathname: url.pathname },
    { status: response.status, body: answered, isJson: text !== '' && isJson },
  )
  if (fault !== null) throw new Error(fault)
  return { status: response.status, headers: response.headers, text, body: answered }
}
