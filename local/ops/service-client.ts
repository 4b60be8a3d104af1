import {
  type AnchorOps,
  AnchorOpsError,
  createAnchorOps,
  NoAnswerError,
} from '../../client/src/client.ts'
import { createOwnFetch, OwnFetchError } from '../../lib/net/fetch-own.ts'
import type { Credential } from './deployment.ts'
import { undescribed } from './described.ts'
import { OpsError } from './exit-code.ts'

/** A sync or an import may take a function of Vercel 300 s. */
const TIMEOUT_MS = 310_000
/** 500 usable keys and 2,500 revoked ones have about 1 MB; a page of 500 rows of the catalog has 2 MB. */
const MAX_BYTES = 10_000_000

/** An answer came that is none of Anchor Ops, or of another release. */
class UnreadableAnswer extends Error {}

/**
 * Makes the packaged client for one deployment. It follows no redirect, sends a POST once, and believes no answer that is
 * not as the OpenAPI document describes it.
 *
 * @param during runs while a request is under way
 */
export function createServiceClient(
  origin: string,
  credential: Credential | null,
  during: <T>(work: Promise<T>) => Promise<T>,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): AnchorOps {
  const own = createOwnFetch({
    origin,
    connectTimeoutMs: Math.min(timeoutMs, 10_000),
    headersTimeoutMs: timeoutMs,
    totalTimeoutMs: timeoutMs,
    maxBytes: MAX_BYTES,
  })
  const ofCredential = credential === null ? {} : { [credential.header]: credential.value }
  const ops = createAnchorOps({
    url: origin,
    // A person waits. What failed is told at once, and the person decides whether to repeat it.
    retries: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      const isPost = request.method === 'POST'
      const answer = await during(
        own(pathname + search, {
          method: isPost ? 'POST' : 'GET',
          headers: {
            ...(isPost ? { 'content-type': 'application/json' } : {}),
            ...ofCredential,
          },
          ...(isPost ? { body: await request.text() } : {}),
        }),
      )
      const { status, text, contentType } = answer
      return new Response(text, { status, headers: { 'content-type': contentType || 'none' } })
    },
  })
  ops.api.use({
    async onResponse({ request, response, schemaPath }) {
      const { status } = response
      const text = await response.clone().text()
      const body = jsonOrUndefined(text)
      const fault =
        body === undefined
          ? `${status} with ${response.headers.get('content-type')}`
          : undescribed({ method: request.method, path: schemaPath }, status, body)
      if (fault !== null) throw new UnreadableAnswer(fault)
    },
  })
  return ops
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The error to show for one that a call threw.
 *
 * @param ifUnclear what to do when a change may have been made although no good answer came; null for what only reads
 */
export function explainFailure(
  error: unknown,
  origin: string,
  ifUnclear: string | null,
): OpsError | null {
  const unclear = (message: string, maySent: boolean) =>
    new OpsError(3, [message, ...(maySent && ifUnclear !== null ? [ifUnclear] : [])].join('\n'))
  const alien = (fault: string) =>
    unclear(
      `No answer of Anchor Ops: ${fault} from ${origin}; allowed: the URL of a deployment of this release`,
      true,
    )
  if (error instanceof UnreadableAnswer) return alien(error.message)
  if (error instanceof NoAnswerError) {
    const { cause } = error
    if (cause instanceof OwnFetchError) return unclear(cause.message, cause.sent)
    throw cause
  }
  if (!(error instanceof AnchorOpsError)) return null
  const { status, body } = error
  if (status >= 300 && status < 400)
    return alien(`${status} with a redirect, which is not followed`)
  const said = saidBy(body)
  if (said === null) return alien(`${status} without an error in JSON`)
  return status < 500 ? new OpsError(1, said) : unclear(said, true)
}

/** The sentences of an error of the service; null if it is none. */
function saidBy(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  const { error, details } = body as { error?: unknown; details?: unknown }
  if (typeof error !== 'string') return null
  const more = (Array.isArray(details) ? details : []).flatMap(
    (one: { message?: unknown } | null) =>
      typeof one?.message === 'string' && !error.includes(one.message) ? [one.message] : [],
  )
  return [error, ...more.slice(0, 10)].map(onCommandLine).join('\n')
}

/** A person gave on the command line what the deployment found in the path, in the query string or in the body. */
const onCommandLine = (text: string): string =>
  text.replace(/ in the (?:path|body|query string)(?= |;)/, ' on the command line')
