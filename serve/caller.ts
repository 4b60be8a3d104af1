import ipaddr from 'ipaddr.js'

/** Whether an address is one of the operator's own proxies. */
export type IsTrustedProxy = (address: string) => boolean

/**
 * Reads a list of addresses and networks, such as `127.0.0.1, 10.0.0.0/8`.
 *
 * @returns null if a part of it is neither
 */
export function parseProxies(text: string): IsTrustedProxy | null {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const networks = parts.map(networkOf)
  if (networks.includes(null)) return null
  const known = networks as [ipaddr.IPv4 | ipaddr.IPv6, number][]
  return (address) => {
    const parsed = ipaddr.process(address)
    return known.some(([base, bits]) => parsed.kind() === base.kind() && parsed.match(base, bits))
  }
}

function networkOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const [address = '', bits, ...rest] = text.split('/')
  if (!isAddress(address) || rest.length > 0) return null
  const parsed = ipaddr.process(address)
  const most = parsed.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [parsed, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [parsed, Number(bits)] : null
}

/**
 * The address of who sent a request: that of the socket, or if it is a trusted proxy, the one before it in X-Forwarded-For.
 * Each proxy adds the address that it was called from at the end, so everything before the last one that is not trusted is
 * what the caller wrote.
 *
 * @returns null if it is not known
 */
export function callerOf(
  socketAddress: string | undefined,
  forwardedFor: string | null,
  isTrusted: IsTrustedProxy,
): string | null {
  let address = plainAddress(socketAddress ?? '')
  for (const entry of (forwardedFor ?? '').split(',').reverse()) {
    if (address === null || !isTrusted(address) || entry.trim() === '') return address
    address = plainAddress(entry)
  }
  return address
}

/** An address without port, brackets and zone, and an IPv4 address in IPv6 as IPv4; null for any other text. */
function plainAddress(text: string): string | null {
  const [, inBrackets, withPort] =
    /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text.trim()) ?? []
  const [address = ''] = (inBrackets ?? withPort ?? text.trim()).split('%')
  return isAddress(address) ? ipaddr.process(address).toString() : null
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}
