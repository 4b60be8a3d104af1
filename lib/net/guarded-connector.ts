import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { buildConnector } from 'undici'
import { refusedAddress } from './address-policy.ts'
import { codeOf, connectFailure, Failure } from './failure.ts'
import type { FetchPolicy, Resolve } from './fetch-policy.ts'

const CONNECT_TIMEOUT_MS = 3_000
const DNS_TIMEOUT_MS = 2_000
const MAX_DNS_ANSWERS = 32
// Up to 192 home domains are checked at once, and half of them serve their protocols from a second host.
const MAX_TLS_SESSIONS = 384

/** Says why an address must not be dialled; null if it may be dialled. */
type Refused = (address: string) => string | null

/**
 * A connector for undici that dials only public addresses, over TLS. It checks the address it dials, because a name that
 * was checked earlier may resolve to another address now, and net.connect skips the lookup for a literal address.
 * @returns a connector whose callback gets a Failure
 */
export async function createGuardedConnector(
  build: typeof buildConnector,
  policy: FetchPolicy,
): Promise<buildConnector.connector> {
  const [tls, dns] = await Promise.all([import('node:tls'), import('node:dns/promises')])
  const refused: Refused = (address) =>
    policy.allowAddress?.(address) === true ? null : refusedAddress(address)
  // c-ares reads no hosts file and no search domains, and has a deadline; getaddrinfo would block one of four threads.
  const resolve =
    policy.resolve ?? resolveBothFamilies(new dns.Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 }))
  const timeoutMs = policy.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const port = String(policy.port ?? 443)
  const describeTimeout = () => `${timeoutMs} ms to connect`

  const join = build({
    // Both are set explicitly: undici 8 would offer HTTP/2, and NODE_TLS_REJECT_UNAUTHORIZED=0 would skip verification.
    allowH2: false,
    rejectUnauthorized: true,
    // All connections share one context, since making one costs more than a handshake.
    secureContext: tls.createSecureContext({
      minVersion: 'TLSv1.2',
      // No post-quantum key share, which Node offers first by default: it doubles the work of a handshake, and the data
      // read here is public.
      ecdhCurve: 'X25519:P-256:P-384:P-521',
      ...(policy.ca === undefined ? {} : { ca: policy.ca }),
    }),
    // The second connection to a host resumes the session of the first. The two `/info` are read at the same time.
    maxCachedSessions: MAX_TLS_SESSIONS,
    timeout: timeoutMs,
    autoSelectFamily: true,
    lookup: checkedLookup(resolve, refused),
  })

  return (options, callback) => {
    const failure = refusedTarget(options)
    if (failure !== null) return callback(failure, null)
    join({ ...options, port }, (error, socket) => {
      if (error !== null) return callback(connectFailure(error, describeTimeout), null)
      const peer = socket.remoteAddress ?? 'unknown peer'
      const reason = refused(peer)
      if (reason === null) return callback(null, socket)
      socket.destroy()
      callback(new Failure('address_blocked', `${peer} (${reason})`), null)
    })
  }
}

function refusedTarget({ protocol, hostname }: buildConnector.Options): Failure | null {
  if (protocol !== 'https:') return new Failure('url_blocked', protocol)
  const isAddress = hostname.includes(':') || /^[\d.]+$/.test(hostname)
  return isAddress ? new Failure('address_blocked', `${hostname} (literal)`) : null
}

/** A lookup for net.connect. One refused address refuses the whole set. */
function checkedLookup(resolve: Resolve, refused: Refused): LookupFunction {
  return (hostname, options, callback) => {
    resolveChecked(hostname, resolve, refused).then(
      (addresses) => {
        const [first] = addresses
        if (options.all || first === undefined) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: Failure) => callback(error, ''),
    )
  }
}

async function resolveChecked(
  hostname: string,
  resolve: Resolve,
  refused: Refused,
): Promise<LookupAddress[]> {
  const addresses = await resolve(hostname).catch((error: unknown) => {
    throw new Failure('dns_failed', `${hostname} (${codeOf(error) || 'no answer'})`, error)
  })
  if (addresses.length === 0 || addresses.length > MAX_DNS_ANSWERS) {
    throw new Failure('dns_failed', `${hostname} (${addresses.length} addresses)`)
  }
  for (const { address } of addresses) {
    const reason = refused(address)
    if (reason !== null) {
      throw new Failure('address_blocked', `${hostname} is ${address} (${reason})`)
    }
  }
  return addresses
}

/** Asks for A and AAAA records at once. One of the two may fail. @throws the error of the A query if both fail */
export function resolveBothFamilies(resolver: {
  resolve4(hostname: string): Promise<string[]>
  resolve6(hostname: string): Promise<string[]>
}): Resolve {
  return async (hostname) => {
    const [v4, v6] = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
    return [
      ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({
        address,
        family: 4 as const,
      })),
      ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({
        address,
        family: 6 as const,
      })),
    ]
  }
}
