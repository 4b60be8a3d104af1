import { createHash, randomBytes } from 'node:crypto'

/** The secret of a named key: 32 random bytes in base64url behind a prefix by which scanners of secrets find it. */
export const SECRET = /^aok_[A-Za-z0-9_-]{43}$/

/** Makes the secret of a new key. It is shown once and never stored. */
export function makeSecret(): string {
  return `aok_${randomBytes(32).toString('base64url')}`
}

/** Whether a text has the form of a secret. Every other text is refused without a look at the keys. */
export function isSecret(text: string): boolean {
  return SECRET.test(text)
}

/**
 * The hash under which a secret is stored, in hexadecimal. A secret has 256 random bits, so a slow hash would add nothing,
 * and comparing hashes shows nothing of the secret.
 */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
