import { createHmac, timingSafeEqual } from 'node:crypto'
import type { EmulatorRelease } from './emulator-state.ts'
import { isJsonObject, type Json, JsonNumber, type JsonObject, parseJson } from './json-body.ts'

/** The hash of each algorithm and the fewest bytes of its secret. A shorter secret verifies no token. */
const ALGORITHMS: Readonly<Record<string, { hash: string; minBytes: number }>> = {
  HS256: { hash: 'sha256', minBytes: 32 },
  HS384: { hash: 'sha384', minBytes: 48 },
  HS512: { hash: 'sha512', minBytes: 64 },
}

/**
 * Whether the platform takes a token. It is read here and not by jose, because the platform takes times as texts and null
 * claims, which jose refuses.
 */
export function isValidToken(
  token: string,
  { secret, release }: { secret: string; release: EmulatorRelease },
  now: Date,
): boolean {
  const parts = token.split('.')
  const [header, payload, signature] = parts
  if (parts.length !== 3 || !header || !payload || !signature) return false
  const name = textIn(readPart(header), 'alg') ?? ''
  const algorithm = release === '4.3.0' && name !== 'HS256' ? undefined : ALGORITHMS[name]
  const key = Buffer.from(secret)
  if (algorithm === undefined || key.length < algorithm.minBytes) return false
  const made = createHmac(algorithm.hash, key).update(`${header}.${payload}`).digest()
  if (!isSignature(signature, made)) return false
  const claims = readPart(payload)
  return claims !== null && areGood(claims, now)
}

function readPart(part: string): JsonObject | null {
  try {
    const read = parseJson(Buffer.from(part, 'base64url').toString())
    return isJsonObject(read) ? read : null
  } catch {
    return null
  }
}

function textIn(object: JsonObject | null, name: string): string | undefined {
  const value = object?.[name]
  return typeof value === 'string' ? value : undefined
}

/** The alphabet is that of URLs, and padding is allowed. */
function isSignature(text: string, made: Buffer): boolean {
  if (!/^[\w-]+={0,2}$/.test(text)) return false
  const given = Buffer.from(text, 'base64url')
  return given.length === made.length && timingSafeEqual(given, made)
}

/** The claims that are there must be readable. An `exp` equal to now is over. */
function areGood(claims: JsonObject, now: Date): boolean {
  const { jti, iss, sub, aud } = claims
  const areTexts = [jti, iss, sub].every((claim) => isUnset(claim) || typeof claim === 'string')
  const isAudience = isUnset(aud) || typeof aud === 'string' || Array.isArray(aud)
  const [exp, nbf, iat] = [claims['exp'], claims['nbf'], claims['iat']].map(instantOf)
  if (exp === null || nbf === null || iat === null) return false
  const at = Math.floor(now.getTime() / 1000) * 1000
  return (
    areTexts && isAudience && (exp === undefined || exp > at) && (nbf === undefined || nbf <= at)
  )
}

const isUnset = (claim: Json | undefined): boolean => claim === undefined || claim === null

/** The milliseconds of a time in seconds or in ISO 8601; undefined where none is set, null where it cannot be read. */
function instantOf(claim: Json | undefined): number | undefined | null {
  if (claim === undefined || claim === null) return undefined
  const text = claim instanceof JsonNumber ? claim.source : claim
  if (typeof text !== 'string') return null
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}
