import { hash, timingSafeEqual } from 'node:crypto'

/** Where a call shows a credential. */
export type CredentialPlace =
  | 'authorization'
  | 'x-api-key'
  | 'x-cron-secret'
  | 'secret'
  | 'x-vercel-cron'

/** Why a call is not admitted. It is for the log and never holds the value of a credential. */
export interface Refusal {
  /** null: no credential was shown. */
  credential: CredentialPlace | null
  why:
    | 'missing'
    | 'wrong'
    | 'repeated'
    | 'too_long'
    | 'not_bearer'
    | 'expired'
    | 'revoked'
    | 'another_key'
    | 'not_local'
    | 'only_for_the_scheduled_sync'
    | 'missing_scope'
    | 'recent'
    | 'already_running'
}

/** A credential as a call shows it. */
export interface Presented {
  credential: CredentialPlace
  text: string
}

/** A configured secret and the name of its setting. */
export type NamedSecret = readonly [name: string, secret: string | null]

/** Longest credential that is hashed, in bytes of UTF-8. */
const MAX_SECRET_BYTES = 512

const digest = (text: string) => hash('sha256', text, 'buffer')

export const isUnset = (secret: string | null) => (secret ?? '').trim() === ''

/**
 * The name of the secret that a credential equals; null if there is none. It compares with every secret each time, so that
 * the time taken does not show which secret matched.
 */
export function matchingName(presented: string, secrets: readonly NamedSecret[]): string | null {
  if (Buffer.byteLength(presented) > MAX_SECRET_BYTES) return null
  const given = digest(presented)
  const matches = secrets.filter(([, secret]) => {
    const same = timingSafeEqual(given, digest(secret ?? ''))
    return same && !isUnset(secret)
  })
  return matches[0]?.[0] ?? null
}

/** The credential of a header; nothing where the header is missing. */
export function presentedIn(
  credential: CredentialPlace,
  header: string | null,
): readonly Presented[] {
  if (header === null) return []
  return [{ credential, text: credential === 'authorization' ? bearerToken(header) : header }]
}

/** The token of `Bearer <token>`. Empty for another scheme, which makes the credential wrong. */
function bearerToken(authorization: string): string {
  return /^Bearer +([^ ].*)$/i.exec(authorization)?.[1] ?? ''
}

/** Says why a credential that equals no secret is wrong. A repeated header arrives joined by commas. */
export function refusalOfWrong({ credential, text }: Presented): Refusal {
  if (Buffer.byteLength(text) > MAX_SECRET_BYTES) return { credential, why: 'too_long' }
  if (credential === 'authorization' && text === '') return { credential, why: 'not_bearer' }
  return { credential, why: text.includes(', ') ? 'repeated' : 'wrong' }
}
