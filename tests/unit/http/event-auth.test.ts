import { createHmac } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { refusalOfEvent } from '../../../lib/http/event-auth.ts'

const SECRET = 'the-secret-of-events-0123456789ab'
const NOW = new Date('2026-11-28T05:00:00Z')
const SECONDS = NOW.getTime() / 1000
const decide = (auth: 'api_key' | 'jwt', headers: Record<string, string>) =>
  refusalOfEvent(new Headers(headers), { auth, secret: SECRET }, NOW)?.why ?? null

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
function token(claims: object, { header = { alg: 'HS256' } as object, secret = SECRET } = {}) {
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
/** A token with a right signature over a text in the place of its claims. */
function signedAs(payload: string) {
  const signed = `${part({ alg: 'HS256' })}.${Buffer.from(payload).toString('base64url')}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
const IN_TIME = { iat: SECONDS, exp: SECONDS + 30 }

describe('the credential of an event', () => {
  test.each([
    ['the secret', { 'x-api-key': SECRET }, null],
    ['another secret', { 'x-api-key': `${SECRET}x` }, 'wrong'],
    ['the secret as a bearer', { authorization: `Bearer ${SECRET}` }, 'missing'],
    ['nothing', {}, 'missing'],
    ['a token', { authorization: `Bearer ${token(IN_TIME)}` }, 'missing'],
  ] as const)('api_key: %s', (_, headers, why) => {
    expect(decide('api_key', headers)).toBe(why)
  })

  const unsigned = `${part({ alg: 'none' })}.${part(IN_TIME)}.`
  test.each<[string, string, string | null]>([
    ['a token of the platform', `Bearer ${token(IN_TIME)}`, null],
    [
      'a token of a clock that is 60 s ahead',
      `Bearer ${token({ iat: SECONDS + 60, exp: SECONDS + 90 })}`,
      null,
    ],
    [
      'a token of a later time',
      `Bearer ${token({ iat: SECONDS + 61, exp: SECONDS + 90 })}`,
      'expired',
    ],
    ['an expired token', `Bearer ${token({ iat: SECONDS - 30, exp: SECONDS })}`, 'expired'],
    ['a token without an end', `Bearer ${token({ iat: SECONDS })}`, 'expired'],
    ['a token without a beginning', `Bearer ${token({ exp: SECONDS + 30 })}`, 'expired'],
    [
      'a token whose end is a text',
      `Bearer ${token({ ...IN_TIME, exp: '9999999999' })}`,
      'expired',
    ],
    ['a token of another secret', `Bearer ${token(IN_TIME, { secret: 'x'.repeat(32) })}`, 'wrong'],
    ['a signed token whose claims are no object', `Bearer ${token('x' as never)}`, 'wrong'],
    ['a signed token whose claims are null', `Bearer ${token(null as never)}`, 'wrong'],
    ['a signed token whose claims are not JSON', `Bearer ${signedAs('x')}`, 'wrong'],
    [
      'a signed token whose header is null',
      `Bearer ${token(IN_TIME, { header: null as never })}`,
      'wrong',
    ],
    [
      'a token whose beginning is a text',
      `Bearer ${token({ ...IN_TIME, iat: String(SECONDS) })}`,
      'expired',
    ],
    ['a token without a signature', `Bearer ${part({ alg: 'HS256' })}.${part(IN_TIME)}`, 'wrong'],
    ['an unsigned token', `Bearer ${unsigned}`, 'wrong'],
    [
      'a signed token that says none',
      `Bearer ${token(IN_TIME, { header: { alg: 'none' } })}`,
      'wrong',
    ],
    [
      'a signed token that says HS512',
      `Bearer ${token(IN_TIME, { header: { alg: 'HS512' } })}`,
      'wrong',
    ],
    [
      'an unknown extension',
      `Bearer ${token(IN_TIME, { header: { alg: 'HS256', crit: ['x'] } })}`,
      'wrong',
    ],
    ['four parts', `Bearer ${token(IN_TIME)}.x`, 'wrong'],
    ['claims that are no object', `Bearer ${token([] as object)}`, 'expired'],
    ['the secret itself', `Bearer ${SECRET}`, 'wrong'],
    ['another scheme', `Basic ${token(IN_TIME)}`, 'not_bearer'],
    ['a text of 2,048 bytes', `Bearer ${'x'.repeat(2_048)}`, 'wrong'],
    ['a text of 2,049 bytes', `Bearer ${'x'.repeat(2_049)}`, 'too_long'],
    ['a token of 3,000 bytes', `Bearer ${'x'.repeat(3_000)}`, 'too_long'],
  ])('jwt: %s', (_, authorization, why) => {
    expect(decide('jwt', { authorization })).toBe(why)
  })

  test('a token that jose made is taken', async () => {
    const made = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(SECONDS)
      .setExpirationTime(SECONDS + 30)
      .sign(new TextEncoder().encode(SECRET))
    expect(decide('jwt', { authorization: `Bearer ${made}` })).toBeNull()
  })
})
