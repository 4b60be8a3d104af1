import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// ipaddr.js 2.5.0 calls these blocks unicast, but the IANA special-purpose registries or a cloud use them otherwise.
const SPECIAL_V4 = blocks([
  '192.0.0.0/24', // IETF protocol assignments
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relay
  '192.175.48.0/24', // AS112
  '168.63.129.16/32', // Azure WireServer, an internal service at a public address
])
const SPECIAL_V6 = blocks([
  '2001::/23', // Teredo, ORCHID, benchmarking
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
])
const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3')

function blocks(cidrs: string[]) {
  return cidrs.map((cidr) => ipaddr.parseCIDR(cidr))
}

/**
 * Says why an address must not be dialled; null for a public address (IANA special-purpose address registries). IPv6 must
 * lie in 2000::/3. An IPv4-mapped address is refused and never unwrapped; a zone id is refused too.
 */
export function refusedAddress(address: string): string | null {
  if (isIP(address) === 0 || address.includes('%')) return 'not an address'
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range !== 'unicast') return range
  if (parsed.kind() === 'ipv4') {
    return SPECIAL_V4.some((block) => parsed.match(block)) ? 'special' : null
  }
  if (!parsed.match(GLOBAL_UNICAST_V6)) return 'outside 2000::/3'
  return SPECIAL_V6.some((block) => parsed.match(block)) ? 'special' : null
}
