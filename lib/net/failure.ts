/** What failed, and what would have been allowed. */
export const REASON = {
  url_blocked: ['URL refused', 'https URLs of public hosts without port or user name are fetched'],
  host_blocked: ['Host refused', 'public DNS names of others are fetched'],
  address_blocked: ['Address refused', 'only public IP addresses are dialled'],
  redirect_blocked: [
    'Redirect refused',
    'one Location with an https URL of a public host is followed',
  ],
  redirect_limit: ['Too many redirects', 'no more than that are followed'],
  dns_failed: ['Name not resolved', '1 to 32 A or AAAA records are needed'],
  connect_failed: ['Connection not made', 'the host must accept TCP connections on port 443'],
  tls_failed: ['TLS handshake failed', 'a valid certificate for the host and TLS 1.2 are needed'],
  timeout: ['No complete answer in time', 'no more time than that is given'],
  connection_lost: ['Connection lost or answer malformed', 'a complete HTTP/1.1 answer is needed'],
  too_large: ['Answer too large', 'no more than that is read'],
  encoding_unsupported: ['Body not decodable', 'valid gzip, br or no coding is read'],
  not_utf8: ['Body is not text', 'valid UTF-8 is needed'],
  aborted: ['Request aborted', 'it may be sent again'],
} as const

export type FailureCode = keyof typeof REASON

/** A failure inside one fetch; the fetch turns it into a FetchError by adding the URL. */
export class Failure extends Error {
  readonly code: FailureCode

  constructor(code: FailureCode, value: string, cause?: unknown) {
    super(value, { cause })
    this.name = 'Failure'
    this.code = code
  }
}
