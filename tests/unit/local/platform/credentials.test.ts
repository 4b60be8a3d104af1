import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { readFlows, type TransportExample } from '../../../helpers/anchor-platform/flows.ts'
import { clock, NOW } from './fixtures.ts'

const KEY = 'myAnchorToPlatformSecret1234567890'
const ANOTHER_KEY = 'anotherAnchorToPlatformSecret12345'
const LONG_KEY = 'k'.repeat(70)
const SECONDS = Math.floor(NOW.getTime() / 1000)
const USUAL = { iat: SECONDS, exp: SECONDS + 30 }

const encode = (text: string) => Buffer.from(text).toString('base64url')

interface Signing {
  header?: object
  key?: string
  encoding?: 'base64url' | 'base64'
}

/** A token with any header and any payload; jose makes none that is wrong. */
function token(payload: unknown = USUAL, { header = {}, key = KEY, encoding }: Signing = {}) {
  const { alg = 'HS256' } = header as { alg?: string }
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const signed = `${encode(JSON.stringify({ alg, ...header }))}.${encode(body)}`
  if (alg.toLowerCase() === 'none') return `${signed}.`
  const hash = alg.replace('HS', 'sha')
  return `${signed}.${createHmac(hash, key)
    .update(signed)
    .digest(encoding ?? 'base64url')}`
}

/** A token whose signature is written with a character that the alphabet of URLs does not have. */
function inStandardAlphabet(): string {
  for (let exp = SECONDS + 30; ; exp += 1) {
    const made = token({ exp }, { encoding: 'base64' })
    if (/[+/][^.]*$/.test(made)) return made.replace(/=+$/, '')
  }
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
const claims = (more: object) => bearer(token({ ...USUAL, ...more }))
const isoIn = (seconds: number) => new Date((SECONDS + seconds) * 1000).toISOString()

type Headers = Record<string, string | string[]>

/** The recordings name what was sent, and hold no token. */
const CREDENTIALS: Record<string, Headers> = {
  'api_key right': { 'x-api-key': KEY },
  'api_key wrong': { 'x-api-key': ANOTHER_KEY },
  'api_key empty': { 'x-api-key': '' },
  'api_key upper': { 'x-api-key': KEY.toUpperCase() },
  'api_key header upper': { 'X-API-KEY': KEY },
  'api_key as Bearer': bearer(KEY),
  'api_key prefix': { 'x-api-key': KEY.slice(0, 20) },
  'api_key twice': { 'x-api-key': [KEY, ANOTHER_KEY] },
  'api_key twice wrong first': { 'x-api-key': [ANOTHER_KEY, KEY] },
  'short api key custom header': { 'X-Custom': 'short' },
  'short wrong': { 'X-Custom': 'shor' },
  'jwt right': bearer(token()),
  'jwt lower bearer': { authorization: `bearer ${token()}` },
  'jwt BEARER': { authorization: `BEARER ${token()}` },
  'jwt two spaces': { authorization: `Bearer  ${token()}` },
  'jwt no scheme': { authorization: token() },
  'jwt trailing piece': { authorization: `Bearer ${token()} more` },
  'jwt Bearer only': { authorization: 'Bearer' },
  'jwt Bearer space': { authorization: 'Bearer ' },
  'jwt Bearer glued': { authorization: `Bearer${token()}` },
  'jwt wrong key': bearer(token(USUAL, { key: ANOTHER_KEY })),
  'jwt expired 1s': claims({ exp: SECONDS - 1 }),
  'jwt expired 60s': claims({ exp: SECONDS - 60 }),
  'jwt exp = now': claims({ exp: SECONDS }),
  'jwt iat future': claims({ iat: SECONDS + 600 }),
  'jwt nbf future': claims({ nbf: SECONDS + 600 }),
  'jwt nbf +2': claims({ nbf: SECONDS + 2 }),
  'jwt nbf past': claims({ nbf: SECONDS - 600 }),
  'jwt exp string': claims({ exp: String(SECONDS + 30) }),
  'jwt exp iso string': claims({ exp: isoIn(30) }),
  'jwt exp garbage': claims({ exp: 'soon' }),
  'jwt exp null': claims({ exp: null }),
  'jwt exp 0': claims({ exp: 0 }),
  'jwt jti number': claims({ jti: 1 }),
  'jwt jti string': claims({ jti: '1' }),
  'jwt iss number': claims({ iss: 1 }),
  'jwt sub null': claims({ sub: null }),
  'jwt aud array': claims({ aud: ['a', 'b'] }),
  'jwt aud number': claims({ aud: 1 }),
  'jwt typ JWT': bearer(token(USUAL, { header: { typ: 'JWT' } })),
  'jwt kid': bearer(token(USUAL, { header: { kid: 'k' } })),
  'jwt none': bearer(token(USUAL, { header: { alg: 'none' } })),
  'jwt None': bearer(token(USUAL, { header: { alg: 'None' } })),
  'jwt HS384 34B': bearer(token(USUAL, { header: { alg: 'HS384' } })),
  'jwt garbage': bearer('garbage'),
  'jwt a.b.c': bearer('a.b.c'),
  'jwt payload not json': bearer(token('not json')),
  'jwt payload array': bearer(token([])),
  'jwt padded sig': bearer(`${token()}=`),
  'jwt std base64 sig': bearer(inStandardAlphabet()),
  'jwt extra part': bearer(`${token()}.more`),
  'jwt api key header': { 'x-api-key': KEY },
  'jwt70 HS384': {
    'X-My-Jwt': `Bearer ${token(USUAL, { header: { alg: 'HS384' }, key: LONG_KEY })}`,
  },
  'jwt70 HS512': {
    'X-My-Jwt': `Bearer ${token(USUAL, { header: { alg: 'HS512' }, key: LONG_KEY })}`,
  },
  'jwt70 in Authorization': bearer(token(USUAL, { key: LONG_KEY })),
  'jwt31 right': bearer(token(USUAL, { key: '0123456789012345678901234567890' })),
}

/** The tokens that the recordings of 4.3.0 put in the place of `<token>`. */
const TOKENS: Record<string, string> = {
  'iat now, exp +30 s': token(),
  'HS256 of another 34-byte secret, iat now, exp +30 s': token(USUAL, { key: ANOTHER_KEY }),
  'exp -1 s': token({ exp: SECONDS - 1 }),
  'iat only': token({ iat: SECONDS }),
  'exp only': token({ exp: SECONDS + 30 }),
  '{}': token({}),
  'iat +600 s, exp +900 s': token({ iat: SECONDS + 600, exp: SECONDS + 900 }),
  'exp +10^8 s': token({ exp: SECONDS + 10 ** 8 }),
  'HS384 with the same secret': token(USUAL, { header: { alg: 'HS384' } }),
  'HS512 with the same secret': token(USUAL, { header: { alg: 'HS512' } }),
  unsigned: token(USUAL, { header: { alg: 'none' } }),
  'iat and exp as text': token({ iat: String(SECONDS), exp: String(SECONDS + 30) }),
}

function headersOf({ credential, token: named, request_headers }: TransportExample): Headers {
  const headers = Object.entries(request_headers).map(([name, value]) => [
    name,
    value.replace('<token>', TOKENS[named ?? 'iat now, exp +30 s'] ?? ''),
  ])
  const added = credential === undefined ? {} : CREDENTIALS[credential]
  if (added === undefined) throw new Error(`No such credential is made here: ${credential}`)
  return { ...Object.fromEntries(headers), ...added }
}

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator({ now: clock })
})
afterAll(() => emulator.close())

/** Sends a request with any headers. `fetch` would join a header that is given twice. */
function send(
  example: TransportExample,
): Promise<{ status?: number; type?: string; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: example.http_method, headers: headersOf(example) }
    const sent = request(emulator.url + example.path, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status, headers } = response
        const text = Buffer.concat(chunks).toString()
        resolve({ ...(status && { status }), type: headers['content-type'] ?? '', text })
      })
    })
    sent.on('error', reject)
    sent.end(example.request_body)
  })
}

describe.each([
  ['2.8.4', 'flows-2.8.4-http.json', 56],
  ['4.3.0', 'flows-4.3.0.json', 18],
] as const)('the emulator lets in whom the %s server let in', (release, file, count) => {
  const examples = readFlows(file).transport.filter(
    ({ name, credential, shortened }) => !shortened && (credential || name.startsWith('jwt-')),
  )

  test('and every recorded credential is tried', () => {
    expect(examples).toHaveLength(count)
  })

  test.each(examples.map((one) => [one.name, one] as const))('%s', async (name, example) => {
    const { secret, ...config } = example.config as { secret: string }
    const key = name.includes('jwt70') ? LONG_KEY : secret
    emulator.setState({ config: { ...config, secret: key, release } } as StateForm)
    const { status, type, text } = await send(example)
    expect([status, type]).toEqual([
      example.http_status,
      example.response_headers?.['content-type'],
    ])
    if (example.path === '/') expect(JSON.parse(text)).toEqual(example.response_body)
    if (status === 403) expect(text).toBe('{\n  "error": "forbidden"\n}')
  })
})
