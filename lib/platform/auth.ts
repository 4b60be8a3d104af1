import { AppError } from '../errors.ts'

/** How the platform server wants to be convinced; see PlatformConfig in lib/config.ts. */
export interface PlatformCredential {
  auth: 'none' | 'api_key' | 'jwt'
  secret: string | null
  authHeader: string
}

/** How long a token is good for, in seconds; the platform's own client takes the same. */
const TOKEN_SECONDS = 30
/** An HMAC key is at least as long as its output (RFC 7518 3.2); the platform verifies nothing with a shorter one. */
const MIN_SECRET_BYTES = 32

/**
 * Makes the function that answers the headers of one request: none, the API key, or a fresh HS256 token with `iat` and
 * `exp` 30 s later (the platform accepts a token without `exp`, so it is always there).
 * @throws AppError `configuration_invalid` without a secret, or with one too short to sign with; its value is not shown.
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
