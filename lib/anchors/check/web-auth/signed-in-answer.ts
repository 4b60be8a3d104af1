import type { FetchErrorCode } from '../../../net/fetch-untrusted.ts'
import type { SignedIn } from '../capability.ts'
import { readObject } from '../info/read-json.ts'
import type { RequestResult } from '../request-evidence.ts'

/** The protocols that a sign-in reads. */
export type SignedInSep = 'sep6' | 'sep12' | 'sep24' | 'sep31'

/** What the answer to somebody signed in shows of a protocol. */
export interface SignedInSight {
  outcome: SignedIn['outcome']
  /** The answer is as the SEP says. Without it the server is alive and speaks by a rule of its own. */
  isConformant?: true
}

/**
 * Reads the answer to one's own empty list, to a transaction that nobody has (SEP-31) or to one's own customer (SEP-12).
 * The failures are those that the Anchor Platform 4.3.0 shows without its database or its business: 500 after 10.0 s, 502,
 * and 404 with the error `Not Found` to the letter.
 *
 * @returns null for what shows nothing of the service: a request that may not be made, ran out of time with the whole check,
 *   or has an answer that is too large
 */
export function readSignedIn(sep: SignedInSep, answer: RequestResult): SignedInSight | null {
  if ('error' in answer) return isFailure(answer.error) ? { outcome: 'failing' } : null
  const { status, text } = answer
  const body = readObject(text)
  if (status === 200) return readList(sep, body)
  if (status >= 500) return { outcome: 'failing' }
  if (status === 401 || status === 403) return { outcome: 'refused' }
  const error = 'value' in body ? body.value['error'] : undefined
  if (status !== 404) return { outcome: typeof error === 'string' ? 'ok' : 'off' }
  if (typeof error !== 'string' || error.startsWith('No static resource')) return { outcome: 'off' }
  return { outcome: sep === 'sep12' && error === 'Not Found' ? 'failing' : 'ok' }
}

/** Whether an error is that of the server. A redirect and a blocked address are none, and neither is our own lack of time. */
export function isFailure(error: FetchErrorCode): boolean {
  return FAILURES.has(error)
}

const FAILURES: ReadonlySet<FetchErrorCode> = new Set([
  'timeout',
  'dns_failed',
  'connect_failed',
  'tls_failed',
  'connection_lost',
])

function readList(sep: SignedInSep, body: ReturnType<typeof readObject>): SignedInSight {
  if (!('value' in body)) return { outcome: 'off' }
  const { value } = body
  if (sep === 'sep12') {
    const isCustomer = typeof value['status'] === 'string' || typeof value['fields'] === 'object'
    return { outcome: 'ok', ...(isCustomer ? { isConformant: true } : {}) }
  }
  const isList = Array.isArray(value['transactions'])
  return { outcome: 'ok', ...(isList ? { isConformant: true } : {}) }
}
