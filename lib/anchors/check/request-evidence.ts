import { createHash } from 'node:crypto'
import {
  type FetchAnswer,
  FetchError,
  type FetchErrorCode,
  type FetchRequest,
  type FetchUntrusted,
} from '../../net/fetch-untrusted.ts'

/** The evidence of one request to an anchor. It is stored with the capability and answered as `seen`. */
export interface RequestEvidence {
  status?: number
  error?: FetchErrorCode
  durationMs: number
  /** The hash of the decoded text. Only an answer with status 200 has it. */
  sha256?: string
  /** The bytes of the decoded text. Only an answer with status 200 has them. */
  bytes?: number
  /** ISO 8601, UTC. */
  at: string
}

/** The web page that a check claims to be where a SEP wants CORS. Many servers answer CORS headers only to an Origin. */
export const CHECK_ORIGIN = 'https://wallet.example.org'
/** The beginning of a refusal tells the anchor's own words from a firewall's page. */
const CORS_REFUSAL_BYTES = 4_096

export interface CheckIo {
  fetch: FetchUntrusted
  now: () => Date
  signal?: AbortSignal
}

/** The kind of each failure. `toml_` and `info_` before it make the code of the finding. */
export const FAILURE_KIND = {
  url_blocked: 'blocked',
  host_blocked: 'blocked',
  address_blocked: 'blocked',
  redirect_blocked: 'blocked',
  redirect_limit: 'blocked',
  too_large: 'too_large',
  encoding_unsupported: 'encoding',
  not_utf8: 'encoding',
  timeout: 'timeout',
  aborted: 'timeout',
  dns_failed: 'unreachable',
  connect_failed: 'unreachable',
  tls_failed: 'unreachable',
  connection_lost: 'unreachable',
} as const satisfies Record<FetchErrorCode, string>

/** An answer with any status, or the reason why no answer came. */
export type RequestResult =
  | (Omit<FetchAnswer, 'bytes' | 'durationMs'> & { evidence: RequestEvidence })
  | { error: FetchErrorCode; evidence: RequestEvidence }

/**
 * Fetches one URL and describes the request as evidence. A failure of the other side is a value.
 *
 * @throws every error of `fetch` except FetchError, because it is a fault of our own
 */
export async function fetchWithEvidence(
  url: string,
  request: Omit<FetchRequest, 'signal'>,
  io: CheckIo,
): Promise<RequestResult> {
  const startedAt = performance.now()
  const at = io.now().toISOString()
  try {
    const answer = await io.fetch(url, { ...request, ...(io.signal ? { signal: io.signal } : {}) })
    const { bytes, durationMs, ...shown } = answer
    const { status, text } = shown
    const evidence: RequestEvidence = {
      status,
      durationMs: Math.round(durationMs),
      ...(status === 200 ? { bytes, sha256: createHash('sha256').update(text).digest('hex') } : {}),
      at,
    }
    return { ...shown, evidence }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    const durationMs = Math.round(performance.now() - startedAt)
    return { error: error.code, evidence: { error: error.code, durationMs, at } }
  }
}

/**
 * Fetches one URL as the page of a wallet does. A Spring server with a list of origins refuses a foreign one with 403 and
 * serves wallets without one all the same, so it is asked again.
 */
export async function fetchWithOrigin(
  url: string,
  request: Omit<FetchRequest, 'signal' | 'origin'>,
  io: CheckIo,
): Promise<RequestResult> {
  const asked = { refusalBytes: CORS_REFUSAL_BYTES, ...request }
  const answer = await fetchWithEvidence(url, { ...asked, origin: CHECK_ORIGIN }, io)
  const isForeign =
    'status' in answer && answer.status === 403 && answer.text.startsWith('Invalid CORS request')
  return isForeign ? fetchWithEvidence(url, asked, io) : answer
}

/** What an answer says of other pages that want to read it; null when any page may. */
export function corsFault({ headers }: Pick<FetchAnswer, 'headers'>): string | null {
  const allowed = headers.accessControlAllowOrigin
  return allowed === '*' || allowed === CHECK_ORIGIN ? null : (allowed ?? 'none')
}
