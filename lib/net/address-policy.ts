import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// Azure WireServer, an internal service at a public address.
const WIRE_SERVER = '168.63.129.16'
const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3')

/**
 * Says why an address must not be dialled; null for a public address (IANA special-purpose address registries). IPv6 must
 * lie in 2000::/3. An IPv4-mapped address is refused and never unwrapped; a zone id is refused too.
 */
export function refusedAddress(address: string): string | null {
  if (isIP(address) === 0 || address.includes('%')) return 'not an address'
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range !== 'unicast') return range
  if (parsed.kind() === 'ipv4') return parsed.toString() === WIRE_SERVER ? 'special' : null
  return parsed.match(GLOBAL_UNICAST_V6) ? null : 'outside 2000::/3'
}
