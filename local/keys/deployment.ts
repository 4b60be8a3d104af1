import { CommandLineError } from '../command-line.ts'
import { DEVELOPMENT_BUSINESS_KEY } from '../development-secrets.ts'

/** Where `npm start` listens. */
export const DEFAULT_URL = 'http://localhost:3000'
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const ALLOWED = 'an https URL without a path, or an http URL of localhost, 127.0.0.1 or [::1]'

/** A deployment, and the full key that it is called with. */
export interface Deployment {
  origin: string
  key: string
}

/**
 * Reads which deployment is meant and its key. The key never leaves this machine unencrypted.
 * @throws CommandLineError
 */
export function readDeployment(
  option: string | undefined,
  environment: Record<string, string | undefined>,
): Deployment {
  const ofEnvironment = environment['ANCHOR_OPS_URL']?.trim() || DEFAULT_URL
  const origin = readOrigin(
    option ?? ofEnvironment,
    option === undefined ? 'ANCHOR_OPS_URL' : '--url',
  )
  const isLocal = LOOPBACK.test(new URL(origin).hostname)
  const set = environment['BUSINESS_API_KEY']?.trim() || null
  const key = set ?? (isLocal ? DEVELOPMENT_BUSINESS_KEY : null)
  if (key !== null && /^[\x20-\x7e]{1,512}$/.test(key)) return { origin, key }
  const fault = key === null ? 'is not set' : 'has characters that no key has'
  throw new CommandLineError(
    `BUSINESS_API_KEY ${fault} in the environment; allowed: the full key of ${origin}`,
  )
}

function readOrigin(text: string, name: string): string {
  const url = URL.parse(text)
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  const isBare =
    url !== null &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '') &&
    url.pathname === '/'
  if (isSafe && isBare) return url.origin
  // A URL with a password is not shown.
  const shown = text.includes('@') ? 'a URL with a user name' : JSON.stringify(text)
  throw new CommandLineError(
    `${name} is ${shown} ${name === '--url' ? 'on the command line' : 'in the environment'}; allowed: ${ALLOWED}`,
  )
}
