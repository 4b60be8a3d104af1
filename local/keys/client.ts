import * as z from 'zod'
import type { Scope } from '../../lib/caller.ts'
import { isSecret } from '../../lib/keys/secret.ts'
import { createOwnFetch, OwnFetchError, type OwnRequest } from '../../lib/net/fetch-own.ts'
import { createRedactor } from '../../lib/redactor.ts'
import { safeJsonOrNull } from '../../lib/safe-json.ts'
import { shownText } from '../shown-text.ts'
import type { Deployment } from './deployment.ts'

const TIMEOUT_MS = 10_000
/** 500 usable keys and 2,500 revoked ones have about this size. */
const MAX_BYTES = 1_000_000
const MAY_BE_MADE =
  'The key may have been made. List the keys, revoke it, and make one with another name.'

const namedKey = z.object({
  name: z.string(),
  scopes: z.array(z.string()),
  state: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedBy: z.string().nullable(),
  revokedAt: z.string().nullable(),
})
export type NamedKey = z.infer<typeof namedKey>

const keyList = z.object({ keys: z.array(namedKey) })
const newKey = namedKey.extend({ secret: z.string().refine(isSecret) })

const refusal = z.object({
  error: z.string(),
  details: z.array(z.object({ message: z.string() })).optional(),
})

/** The deployment did not do what was asked. The message may be shown on a terminal. */
export class KeysError extends Error {}

/** The routes of named keys. A call throws KeysError. */
export interface KeysClient {
  origin: string
  list(): Promise<NamedKey[]>
  create(wanted: {
    name: string
    scopes: readonly Scope[]
    expiresInDays: number | undefined
    note: string | undefined
  }): Promise<z.infer<typeof newKey>>
  revoke(wanted: { name: string; note: string | undefined }): Promise<NamedKey>
}

/** Makes a client of `/api/keys`. It follows no redirect, and sends a POST once. */
export function createKeysClient(
  { origin, key }: Deployment,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): KeysClient {
  const redact = createRedactor([key], [])
  const shown = (text: string) => shownText(redact(text), 600)
  const fetch = createOwnFetch({
    origin,
    connectTimeoutMs: timeoutMs,
    headersTimeoutMs: timeoutMs,
    totalTimeoutMs: timeoutMs,
    maxBytes: MAX_BYTES,
  })

  async function call<S extends z.ZodType>(
    path: string,
    body: object | null,
    schema: S,
    ifUnclear?: string,
  ): Promise<z.output<S>> {
    const fail = (isUnclear: boolean, ...sentences: string[]) =>
      new KeysError(
        [...sentences.map(shown), ...(isUnclear && ifUnclear ? [ifUnclear] : [])].join('\n'),
      )
    const { status, contentType, text } = await fetch(path, requestOf(key, body)).catch(
      (error: unknown) => {
        if (!(error instanceof OwnFetchError)) throw error
        throw fail(error.sent, error.message)
      },
    )
    const value = safeJsonOrNull(text)
    const isDone = status === 200 || status === 201
    const answer = isDone ? schema.safeParse(value) : null
    if (answer?.success) return answer.data
    const isUnclear = isDone || status >= 500
    const isRedirect = status >= 300 && status < 400
    const refused = isDone || isRedirect ? null : refusal.safeParse(value)
    if (refused?.success) {
      const { error, details = [] } = refused.data
      const more = details.map(({ message }) => message).filter((one) => !error.includes(one))
      throw fail(isUnclear, ...[error, ...more.slice(0, 10)].map(onCommandLine))
    }
    const what = isRedirect ? 'a redirect, which is not followed' : contentType
    throw fail(
      isUnclear,
      `No answer of Anchor Ops: ${status} with ${what || 'no content type'} from ${origin}${path}; allowed: the URL of a deployment`,
    )
  }

  return {
    origin,
    list: async () => (await call('/api/keys', null, keyList)).keys,
    create: ({ name, scopes, expiresInDays, note }) =>
      call('/api/keys', { name, scopes, expiresInDays, note }, newKey, MAY_BE_MADE),
    revoke: ({ name, note }) => call(`/api/keys/${name}`, { decision: 'revoked', note }, namedKey),
  }
}

/** A person gave on the command line what the deployment found in the path or in the body. */
const onCommandLine = (text: string) =>
  text.replace(/ in the (?:path|body)(?= |;)/, ' on the command line')

function requestOf(key: string, body: object | null): OwnRequest {
  const headers = { 'x-api-key': key }
  if (body === null) return { method: 'GET', headers }
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}
