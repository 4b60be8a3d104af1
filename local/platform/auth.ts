import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { EmulatorConfig } from './emulator-state.ts'
import { isValidToken } from './token.ts'

/** Whether a request has the credentials that the configuration demands. Each release has settings of its own names. */
export function isAuthorized(
  headers: IncomingHttpHeaders,
  config: EmulatorConfig,
  now: Date,
): boolean {
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
      return token !== undefined && isValidToken(token, config, now)
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
