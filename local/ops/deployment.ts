import { CommandLineError } from '../../serve/command-line.ts'
import { DEVELOPMENT_BUSINESS_KEY, DEVELOPMENT_SECRET } from '../development-secrets.ts'

/** Where `npm start` listens. */
export const DEFAULT_URL = 'http://localhost:3000'
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const ALLOWED = 'an https URL without a path, or an http URL of localhost, 127.0.0.1 or [::1]'

export type Environment = Readonly<Record<string, string | undefined>>

/** A credential, and the header that carries it. */
export interface Credential {
  header: 'x-api-key' | 'authorization'
  value: string
  secret: string
}

/**
 * Reads which deployment is meant. What is sent there never leaves this machine unencrypted.
 * @throws CommandLineError
 */
export function readOrigin(option: string | undefined, environment: Environment): string {
  if (option !== undefined) return originOf(option, '--url is', 'on the command line')
  const text = environment['ANCHOR_OPS_URL']?.trim() || DEFAULT_URL
  return originOf(text, 'ANCHOR_OPS_URL is', 'in the environment')
}

/** @param what as an error begins, such as `--url is` @throws CommandLineError */
export function originOf(text: string, what: string, where: string): string {
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
  throw new CommandLineError(`${what} ${shown} ${where}; allowed: ${ALLOWED}`)
}

const isLocal = (origin: string): boolean => LOOPBACK.test(new URL(origin).hostname)

/** Reads the key of a person or a program. @throws CommandLineError */
export function readKey(origin: string, environment: Environment): Credential {
  const name = environment['ANCHOR_OPS_KEY']?.trim() ? 'ANCHOR_OPS_KEY' : 'BUSINESS_API_KEY'
  const allowed = `the full key of ${origin}, or a named key with the scope`
  const byDefault = isLocal(origin) ? DEVELOPMENT_BUSINESS_KEY : null
  const secret = readSecret(name, environment, byDefault, allowed)
  return { header: 'x-api-key', value: secret, secret }
}

/** Reads the secret of the operator. @throws CommandLineError */
export function readOperatorSecret(origin: string, environment: Environment): Credential {
  const byDefault = isLocal(origin) ? DEVELOPMENT_SECRET : null
  const allowed = `the secret of the operator of ${origin}`
  const secret = readSecret('CRON_SECRET', environment, byDefault, allowed)
  return { header: 'authorization', value: `Bearer ${secret}`, secret }
}

function readSecret(
  name: string,
  environment: Environment,
  byDefault: string | null,
  allowed: string,
): string {
  const secret = environment[name]?.trim() || byDefault
  if (secret !== null && /^[\x20-\x7e]{1,512}$/.test(secret)) return secret
  const fault = secret === null ? 'is not set' : 'has characters that no key has'
  throw new CommandLineError(`${name} ${fault} in the environment; allowed: ${allowed}`)
}
