import { isJsonObject } from '../../../lossless-json.ts'
import type { FindingCode } from '../finding.ts'
import type { Reply } from '../info/ask.ts'
import { readObject } from '../info/read-json.ts'

/** The protocols that a sign-in reads. */
export type SignedInSep = 'sep6' | 'sep12' | 'sep24' | 'sep31'

/** What somebody signed in sees of a protocol. `failing`: the service erred. `off`: the protocol is not there for him. */
export type SignInOutcome = 'ok' | 'refused' | 'failing' | 'off'

/** What the answer to somebody signed in shows of a protocol. */
export interface SignedInSight {
  /** Null when it shows nothing of the service. */
  outcome: SignInOutcome | null
  /** The answer is as the SEP says. Without it the server is alive and speaks by a rule of its own. */
  isConformant?: true
  /** The code of the finding; null when there is nothing to say. */
  code: FindingCode | null
}

/**
 * Reads the answer to one's own empty list, to a transaction that nobody has (SEP-31) or to one's own customer (SEP-12).
 * The failures are those that the Anchor Platform 4.3.0 shows without its database or its business: 500 after 10.0 s, 502,
 * and 404 with the error `Not Found` to the letter.
 */
export function readSignedIn(sep: SignedInSep, reply: Reply<'customer'>): SignedInSight {
  const { class: answered, answer, evidence } = reply
  // Our own time was over. It says nothing about the server.
  if (evidence?.error === 'aborted') return SIGHTS.nothing
  if (answer !== undefined && answer.status === 404) return readMissing(sep, answer)
  switch (answered.kind) {
    case 'ok':
      return readContent(sep, answer?.text ?? '')
    case 'alive':
      return isList(sep) ? SIGHTS.nothing : SIGHTS.ok
    case 'protected':
      return SIGHTS.refused
    case 'walled':
    case 'throttled':
      return SIGHTS.nothing
  }
  switch (answered.ending) {
    case 'not_found':
    case 'html':
      return SIGHTS.off
    case 'timeout':
    case 'unreachable':
    // A list without an end, or bytes that are no text, help a wallet as little as silence.
    case 'too_large':
    case 'encoding':
      return SIGHTS.failing
    default:
      return (answer?.status ?? 0) >= 500 ? SIGHTS.failing : SIGHTS.nothing
  }
}

const SIGHTS = {
  ok: { outcome: 'ok', code: null },
  conformant: { outcome: 'ok', isConformant: true, code: null },
  another: { outcome: 'ok', code: 'signed_in_shape' },
  unreadable: { outcome: null, code: 'signed_in_shape' },
  refused: { outcome: 'refused', code: 'signed_in_refused' },
  failing: { outcome: 'failing', code: 'signed_in_failing' },
  off: { outcome: 'off', code: 'signed_in_off' },
  nothing: { outcome: null, code: 'signed_in_status' },
} as const satisfies Record<string, SignedInSight>

/** A list is there, or the protocol is off. A transaction or a customer may be missing. */
function isList(sep: SignedInSep): boolean {
  return sep === 'sep24' || sep === 'sep6'
}

function readMissing(
  sep: SignedInSep,
  { text, headers }: NonNullable<Reply<'customer'>['answer']>,
): SignedInSight {
  if (headers.cfMitigated !== null) return SIGHTS.nothing
  const body = readObject(text)
  if (isList(sep) || !('value' in body)) return SIGHTS.off
  const { error } = body.value
  if (typeof error !== 'string') return SIGHTS.nothing
  if (error.startsWith('No static resource')) return SIGHTS.off
  // The platform passes on a 404 of the business. Without words it is that of a web framework.
  if (error === 'Not Found') return sep === 'sep12' ? SIGHTS.failing : SIGHTS.nothing
  return SIGHTS.ok
}

function readContent(sep: SignedInSep, text: string): SignedInSight {
  const body = readObject(text)
  if (!('value' in body)) return SIGHTS.unreadable
  if (isAsTheSepSays(sep, body.value)) return SIGHTS.conformant
  // Some servers say that they err with status 200. The business may say so of a customer by a rule of its own.
  const errs = Object.hasOwn(body.value, 'error')
  if (errs) return sep === 'sep12' ? SIGHTS.ok : SIGHTS.failing
  return SIGHTS.another
}

function isAsTheSepSays(sep: SignedInSep, body: Record<string, unknown>): boolean {
  if (sep === 'sep12') return typeof body['status'] === 'string' || isJsonObject(body['fields'])
  if (sep === 'sep31') return isJsonObject(body['transaction'])
  return Array.isArray(body['transactions'])
}
