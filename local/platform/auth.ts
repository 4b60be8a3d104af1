import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { jwtVerify } from 'jose'
import type { EmulatorConfig } from './emulator-state.ts'

/** The fewest bytes of a secret for each algorithm. A shorter secret verifies no token. */
const ALGORITHMS = [
  { name: 'HS256', minBytes: 32 },
  { name: 'HS384', minBytes: 48 },
  { name: 'HS512', minBytes: 64 },
]

/** Whether a request has the credentials that the configuration demands. */
export async function isAuthorized(
  headers: IncomingHttpHeaders,
  config: EmulatorConfig,
  now: Date,
): Promise<boolean> {
  switch (config.platform_server_auth_type) {
    case 'none':
      return true
    case 'api_key': {
      const key = headerOf(headers, config.platform_server_auth_api_key_http_header)
      return config.secret !== '' && isSame(key, config.secret)
    }
    case 'jwt': {
      const value = headerOf(headers, config.platform_server_auth_jwt_http_header)
      const token = value.includes('Bearer') ? value.split(' ')[1] : undefined
      return token !== undefined && (await isValidToken(token, config.secret, now))
    }
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name.toLowerCase()]
  return typeof value === 'string' ? value : ''
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function isValidToken(token: string, secret: string, now: Date): Promise<boolean> {
  const key = Buffer.from(secret)
  const algorithms = ALGORITHMS.filter(({ minBytes }) => key.length >= minBytes)
  if (algorithms.length === 0) return false
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: algorithms.map(({ name }) => name),
      currentDate: now,
    })
    return [payload.jti, payload.iss, payload.sub].every(
      (claim) => claim === undefined || typeof claim === 'string',
    )
  } catch {
    return false
  }
}
