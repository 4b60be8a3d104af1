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

/** Whether a request has the credentials that the configuration demands. Each release has settings of its own names. */
export async function isAuthorized(
  headers: IncomingHttpHeaders,
  config: EmulatorConfig,
  now: Date,
): Promise<boolean> {
  const isNew = config.release === '4.3.0'
  const type = isNew ? config.platform_api_auth_type : config.platform_server_auth_type
  switch (type) {
    case 'none':
      return true
    case 'api_key': {
      const name = isNew
        ? config.platform_api_auth_api_key_http_header
        : config.platform_server_auth_api_key_http_header
      const key = headerOf(headers, name)
      return config.secret !== '' && isSame(key, config.secret)
    }
    case 'jwt': {
      const name = isNew
        ? config.platform_api_auth_jwt_http_header
        : config.platform_server_auth_jwt_http_header
      const value = headerOf(headers, name)
      const token = value.includes('Bearer') ? value.split(' ')[1] : undefined
      return token !== undefined && (await isValidToken(token, config, now))
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

async function isValidToken(
  token: string,
  { secret, release }: EmulatorConfig,
  now: Date,
): Promise<boolean> {
  const key = Buffer.from(secret)
  const known = release === '4.3.0' ? ALGORITHMS.slice(0, 1) : ALGORITHMS
  const algorithms = known.filter(({ minBytes }) => key.length >= minBytes)
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
