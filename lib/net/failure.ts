import { textOf } from '../text-of.ts'
/** Each way to fail: what failed, what is allowed, and what is allowed when the server is the operator's own. */
export const FAILURES = {
  url_blocked: ['URL refused', 'https URLs of public hosts without port or user name are fetched'],
  host_blocked: ['Host refused', 'public DNS names of others are fetched'],
  address_blocked: ['Address refused', 'only public IP addresses are dialled'],
  redirect_blocked: [
    'Redirect refused',
    'one Location with an https URL of a public host is followed',
  ],
  redirect_limit: ['Too many redirects', 'no more than that are followed'],
  dns_failed: [
    'Name not resolved',
    '1 to 32 A or AAAA records are needed',
    'the host needs an A or AAAA record',
  ],
  connect_failed: [
    'Connection not made',
    'the host must accept TCP connections on port 443',
    'the host must accept TCP connections',
  ],
  tls_failed: [
    'TLS handshake failed',
    'a valid certificate for the host and TLS 1.2 are needed',
    'a valid certificate for the host is needed',
  ],
  timeout: ['No complete answer in time', 'no more time than that is given'],
  connection_lost: ['Connection lost or answer malformed', 'a complete HTTP/1.1 answer is needed'],
  too_large: ['Answer too large', 'no more than that is read'],
  encoding_unsupported: [
    'Body not decodable',
    'valid gzip, br or no coding is read',
    'no coding is asked for',
  ],
  not_utf8: ['Body is not text', 'valid UTF-8 is needed'],
  aborted: ['Request aborted', 'it may be sent again'],
} as const satisfies Record<string, readonly [what: string, allowed: string, ofOwn?: string]>

export type FailureCode = keyof typeof FAILURES

/** A failure inside one fetch. The fetch turns it into an error of its own that names the URL. */
export class Failure extends Error {
  readonly code: FailureCode

  constructor(code: FailureCode, value: string, cause?: unknown) {
    super(value, { cause })
    this.name = 'Failure'
    this.code = code
  }
}

/**
 * Turns the error of a connector into a Failure.
 * @param describeTimeout makes the value shown for a timeout from the error's code
 */
export function connectFailure(error: Error, describeTimeout: (code: string) => string): Failure {
  if (error instanceof Failure) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new Failure('timeout', describeTimeout(code), error)
  }
  if (/^(?:ENOTFOUND|EAI_[A-Z]+)$/.test(code)) return new Failure('dns_failed', code, error)
  // Codes of the operating system have no underscore; those of OpenSSL and of the certificate check do.
  const isSystem = /^E[A-Z0-9]+$/.test(code) && code !== 'EPROTO'
  return new Failure(isSystem ? 'connect_failed' : 'tls_failed', code || error.message, error)
}

/** The code of an error of Node or undici; empty for an error without a code. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? textOf(error.code) : ''
}
