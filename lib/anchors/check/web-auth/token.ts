import { isJsonNumber } from '../../../lossless-json.ts'
import { type Finding, finding } from '../finding.ts'
import { readObject } from '../info/read-json.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'

/** Longer headers are refused by most servers. A token of the Anchor Platform has 400 characters. */
const MAX_TOKEN_CHARACTERS = 16_384
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
/** A wallet needs some seconds for what it signed in for. */
const LEAST_TIME_S = 60

const ABOUT = { sep: 10, field: ENDPOINT_FIELD.sep10 } as const

/**
 * Reads the answer to a signed challenge (SEP-10, "Token"). The token is null when the answer has none in the form of a JWT.
 * No finding shows a part of it. It never throws.
 */
export function readToken(text: string, now: Date): { token: string | null; findings: Finding[] } {
  const body = readObject(text)
  const refuse = (actual: string) => ({
    token: null,
    findings: [finding('sign_in_token', { ...ABOUT, actual })],
  })
  if ('unreadable' in body) return refuse(body.unreadable)
  const { token } = body.value
  if (typeof token !== 'string') return refuse('no token')
  if (token.length > MAX_TOKEN_CHARACTERS) return refuse(`${token.length} characters`)
  if (!JWT.test(token)) return refuse('another form')
  const seconds = secondsLeft(token, now)
  const isShort = seconds !== null && seconds < LEAST_TIME_S
  const findings = isShort ? [finding('sign_in_token_short', { ...ABOUT, actual: seconds })] : []
  return { token, findings }
}

/** How long a token is valid from now on; null when it does not say. */
function secondsLeft(token: string, now: Date): number | null {
  const [, payload = ''] = token.split('.')
  const claims = readObject(Buffer.from(payload, 'base64url').toString())
  if ('unreadable' in claims || !isJsonNumber(claims.value['exp'])) return null
  const end = Number(claims.value['exp'].rawJSON)
  return Number.isFinite(end) ? Math.floor(end - now.getTime() / 1000) : null
}
