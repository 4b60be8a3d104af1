import { PostgrestClient } from '@supabase/postgrest-js'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { toAppError } from './errors.ts'

/** The arguments of a database function by their names in TypeScript: `leaseSeconds` is `p_lease_seconds` in SQL. */
type Args = Record<string, unknown>

/** The database: functions by name, each one atomic step. */
export interface Database {
  /** @throws AppError as `toAppError` makes it */
  call<T>(functionName: string, args: Args): Promise<T>
}

/** The longest `statement_timeout` of our functions is 30 s, so the database ends a call before this client does. */
const REQUEST_TIMEOUT_MS = 35_000

/**
 * Calls functions through the client of PostgREST that supabase-js holds, once each: a write whose answer got lost must not
 * be repeated. The rest of supabase-js (auth, storage, realtime) takes 26 ms of a cold start and has no use here.
 *
 * @param options.url of the project
 * @param options.path where PostgREST is, below the URL; by default where the gateway of Supabase has it
 * @param options.fetch replaces the network; the embedded database has one
 */
export function createDatabase(options: {
  url: string
  serviceKey: string
  path?: string
  /** Keeps the configured secrets out of rows. */
  redact?: (text: string) => string
  fetch?: typeof fetch
}): Database {
  const { path = '/rest/v1', redact = (text) => text } = options
  const client = new PostgrestClient(`${options.url.replace(/\/$/, '')}${path}`, {
    headers: { apikey: options.serviceKey, authorization: `Bearer ${options.serviceKey}` },
    schema: 'public',
    ...(options.fetch ? { fetch: options.fetch } : {}),
  })
  return {
    call: async <T>(functionName: string, args: Args): Promise<T> => {
      const { data, error } = await client
        .rpc(functionName, redacted(toParameters(storable(args)), redact))
        .abortSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS))
      if (error) throw toAppError(functionName, error)
      return data as T
    },
  }
}

function redacted(args: Args, redact: (text: string) => string): Args {
  const text = JSON.stringify(args)
  const shown = redact(text)
  return shown === text ? args : (JSON.parse(shown) as Args)
}

/** Renames the arguments. Keys inside an argument stay as they are. */
function toParameters(args: Args): Args {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      `p_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]),
  )
}

/**
 * Matches U+0000 and halves of surrogate pairs as JSON writes them. It also matches an escaped backslash before the same
 * letters; then `cleaned` changes nothing.
 */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/

/**
 * Makes arguments that Postgres can store. A hostile anchor may send U+0000 or half a surrogate pair, and `jsonb` would
 * refuse the whole call; both become U+FFFD.
 */
function storable(args: Args): Args {
  // The checks of 1,000 home domains are megabytes of JSON, so each piece is written and tested on its own.
  const pieces = Object.values(args).flatMap((value) => (Array.isArray(value) ? value : [value]))
  const isStorable = pieces.every((piece) => !UNSTORABLE.test(JSON.stringify(piece) ?? ''))
  return isStorable ? args : (cleaned(args) as Args)
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD')
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleaned(key), cleaned(item)]),
  )
}

/**
 * Calls a function and checks the shape of its answer.
 *
 * @throws AppError as `toAppError` makes it; `database_unavailable` for an answer of another shape
 */
export async function callChecked<T>(
  db: Database,
  shape: z.ZodType<T>,
  functionName: string,
  args: object,
): Promise<T> {
  const result = shape.safeParse(await db.call(functionName, { ...args }))
  if (result.success) return result.data
  throw new AppError(
    'database_unavailable',
    `The database answered "${functionName}" in another shape.`,
    { cause: result.error },
  )
}
