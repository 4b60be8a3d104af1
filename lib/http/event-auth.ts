import { createHmac, timingSafeEqual } from 'node:crypto'
import { matchingName, presentedIn, type Refusal, refusalOfWrong } from './credential.ts'

/** The credential of the platform's event server; see Config in lib/config.ts. */
export interface EventRules {
  auth: 'api_key' | 'jwt'
  secret: string
}

/** A token of the platform takes about 100 bytes. */
const MAX_TOKEN_BYTES = 2_048
/** How far the clock of the platform may be ahead of ours. */
const SKEW_SECONDS = 60

/**
 * Decides whether a delivery is from the platform's event server: `X-Api-Key` with the secret, or `Authorization: Bearer`
 * with an HS256 token, as the setting says. The other header does not count.
 *
 * @returns null if it is
 */
export function refusalOfEvent(headers: Headers, rules: EventRules, now: Date): Refusal | null {
  const credential = rules.auth === 'api_key' ? 'x-api-key' : 'authorization'
  const [presented] = presentedIn(credential, headers.get(credential))
  if (presented === undefined) return { credential: null, why: 'missing' }
  if (rules.auth === 'api_key') {
    const name = matchingName(presented.text, [['ANCHOR_PLATFORM_EVENT_SECRET', rules.secret]])
    return name === null ? refusalOfWrong(presented) : null
  }
  const { text } = presented
  if (text === '') return { credential, why: 'not_bearer' }
  if (Buffer.byteLength(text) > MAX_TOKEN_BYTES) return { credential, why: 'too_long' }
  const claims = claimsOf(text, rules.secret)
  if (claims === null) return { credential, why: 'wrong' }
  return isInTime(claims, now) ? null : { credential, why: 'expired' }
}

/**
 * The claims of a token that is signed with the secret; null for any other text. HS256 is a hash of 32 bytes (RFC 7518 3.2).
 * It stands for `jose`, which would be loaded, in 20 ms, for the one signature that is taken here.
 */
function claimsOf(token: string, secret: string): Record<string, unknown> | null {
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected)
  if (!isSigned || more.length > 0) return null
  const read = objectOf(header)
  // RFC 7515 4.1.11: a token with an extension that is not understood is refused.
  if (read?.['alg'] !== 'HS256' || 'crit' in read) return null
  return objectOf(payload)
}

function objectOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Both times must be there: without an end a token that leaks is good for ever. */
function isInTime({ iat, exp }: Record<string, unknown>, now: Date): boolean {
  const seconds = now.getTime() / 1000
  if (typeof iat !== 'number' || typeof exp !== 'number') return false
  return exp > seconds && iat <= seconds + SKEW_SECONDS
}
