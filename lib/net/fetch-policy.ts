/** Looks up the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: 4 | 6 }[]>

/** What differs between the public internet and a simulated one. Only code sets it; no environment variable does. */
export interface FetchPolicy {
  resolve?: Resolve
  /** Addresses allowed besides the public ones. */
  allowAddress?: (address: string) => boolean
  /** The TCP port dialled instead of 443. URLs stay without a port. */
  port?: number
  /** The only trusted certificate authorities, as PEM. */
  ca?: string
  /** Our own hosts. Neither they nor their subdomains are fetched. */
  denyHosts?: readonly string[]
  connectTimeoutMs?: number
  requestTimeoutMs?: number
  /** The most connections to one host at once. */
  connectionsPerHost?: number
}
