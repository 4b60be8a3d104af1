import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { clock, NOW, post } from './fixtures.ts'

const SECRET = 'a secret of more than thirty-two bytes'
const SECONDS = Math.floor(NOW.getTime() / 1000)

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator({ now: clock })
})
afterAll(() => emulator.close())

function demand(type: 'none' | 'api_key' | 'jwt', secret = SECRET): void {
  emulator.setState({ config: { 'platform_server.auth.type': type, secret } as object })
}

function sign(payload: Record<string, unknown>, secret = SECRET, alg = 'HS256'): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(Buffer.from(secret))
}

const statusWith = async (headers: Record<string, string>): Promise<number> =>
  (await post(emulator.url, [], headers)).status

test('every request is let in when no credentials are demanded', async () => {
  demand('none')
  expect(await statusWith({})).toBe(200)
})

test.each([
  [{ 'x-api-key': SECRET }, 200],
  [{ 'x-api-key': `${SECRET}!` }, 403],
  [{ authorization: SECRET }, 403],
  [{}, 403],
])('where an API key is demanded, the headers %j are answered with %i', async (headers, status) => {
  demand('api_key')
  expect(await statusWith(headers as Record<string, string>)).toBe(status)
})

test.each<[string, Record<string, unknown>, number]>([
  ['without claims', {}, 200],
  ['that is valid for 30 seconds', { iat: SECONDS, exp: SECONDS + 30 }, 200],
  ['that has expired', { exp: SECONDS - 1 }, 403],
  ['that is not valid yet', { nbf: SECONDS + 60 }, 403],
  ['issued in the future', { iat: SECONDS + 60 }, 200],
  ['with a subject that is a number', { sub: 1 }, 403],
])('a token %s is answered as the platform answers it', async (_name, payload, status) => {
  demand('jwt')
  expect(await statusWith({ authorization: `Bearer ${await sign(payload)}` })).toBe(status)
})

test('a token of another secret or scheme, an unsigned token and a missing token are refused', async () => {
  demand('jwt')
  const other = await sign({}, SECRET.toUpperCase())
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`
  for (const authorization of [
    `Bearer ${other}`,
    `bearer ${await sign({})}`,
    `Bearer ${unsigned}`,
    'Bearer',
    '',
  ]) {
    expect(await statusWith({ authorization })).toBe(403)
  }
})

test('every token is refused when the secret is shorter than 32 bytes', async () => {
  const short = 'thirty-one bytes are not enough'
  expect(short).toHaveLength(31)
  demand('jwt', short)
  expect(await statusWith({ authorization: `Bearer ${await sign({}, short)}` })).toBe(403)
})

test('HS384 and HS512 are accepted only with a secret that is long enough', async () => {
  demand('jwt')
  expect(await statusWith({ authorization: `Bearer ${await sign({}, SECRET, 'HS384')}` })).toBe(403)
  const long = SECRET.repeat(2)
  demand('jwt', long)
  expect(await statusWith({ authorization: `Bearer ${await sign({}, long, 'HS512')}` })).toBe(200)
})

test('every path is refused without credentials, except for OPTIONS', async () => {
  demand('api_key')
  for (const path of ['/', '/transactions?sep=24', '/transactions/x', '/health']) {
    const response = await fetch(`${emulator.url}${path}`)
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBeNull()
    expect(await response.json()).toEqual({ error: 'forbidden' })
  }
  expect((await fetch(emulator.url, { method: 'OPTIONS' })).status).toBe(200)
})
