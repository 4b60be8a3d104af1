import { AppError } from '../errors.ts'

/** The credential for the platform server; see PlatformConfig in lib/config.ts. */
export interface PlatformCredential {
  auth: 'none' | 'api_key' | 'jwt'
  secret: string | null
  authHeader: string
}

/** How long a token is valid, in seconds. The platform's own client uses the same time. */
const TOKEN_SECONDS = 30
/** RFC 7518 3.2: an HMAC key is at least as long as its output. The platform verifies nothing with a shorter key. */
const MIN_SECRET_BYTES = 32

/**
 * Creates a function that returns the auth headers of one request: none, the API key, or a new HS256 token. The token
 * always has an `exp` 30 s after its `iat`, because the platform accepts a token without `exp` for ever.
 *
 * @throws AppError `configuration_invalid` for a secret that is missing or too short; the message does not show it
 */
export function createPlatformAuth(
  { auth, secret, authHeader }: PlatformCredential,
  now: () => Date,
): () => Promise<Record<string, string>> {
  if (auth === 'none') return async () => ({})
  if (secret === null || secret === '') throw refused('is not set', 'a secret')
  if (auth === 'api_key') return async () => ({ [authHeader]: secret })

  const key = new TextEncoder().encode(secret)
  if (key.length < MIN_SECRET_BYTES) {
    throw refused(`has ${key.length} bytes`, `at least ${MIN_SECRET_BYTES} bytes`)
  }
  return async () => {
    const { SignJWT } = await import('jose')
    const issuedAt = Math.floor(now().getTime() / 1000)
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + TOKEN_SECONDS)
      .sign(key)
    return { [authHeader]: `Bearer ${token}` }
  }
}

function refused(what: string, allowed: string): AppError {
  return new AppError(
    'configuration_invalid',
    `The Anchor Platform cannot be called: ANCHOR_PLATFORM_SECRET ${what}; allowed: ${allowed}.`,
  )
}
