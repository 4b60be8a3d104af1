import { words } from './words.ts'

/** IANA's special-purpose blocks for IPv4 and IPv6, multicast, addresses outside 2000::/3, and services inside clouds. */
export const SPECIAL_BLOCKS = words(`
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
  198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32
  168.63.129.16/32 169.254.169.254/32 169.254.170.2/32 169.254.42.42/32 100.100.100.200/32
  192.0.0.192/32 ::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48
  100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:2::/48 2001:3::/32 2001:4:112::/48
  2001:1::1/128 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48
  3fff::/20 4000::/3 5f00::/16 6000::/3 8000::/3 a000::/3 c000::/3 e000::/3 f000::/5 fc00::/7
  fd00:ec2::254/128 fd20:ce::254/128 fe80::/10 fec0::/10 ff00::/8 ::/3
`)

/** Addresses of public hosts. None of them may be refused. */
export const PUBLIC_ADDRESSES = words(`
  1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
  168.63.129.15 169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 198.17.255.255
  223.255.255.255 2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001:80b::200e
  2c0f:f248::1
`)

/** The first and the last address of a block, and `count` others chosen by `random` (0 to 1). */
export function addressesIn(block: string, count: number, random: () => number): string[] {
  const [base = '', prefix = ''] = block.split('/')
  const width = base.includes(':') ? 128 : 32
  const size = 1n << BigInt(width - Number(prefix))
  const first = toNumber(base)
  const pick = () => {
    let offset = 0n
    for (let bits = 0; bits < width; bits += 32) {
      offset = (offset << 32n) | BigInt(Math.floor(random() * 2 ** 32))
    }
    return first + (offset % size)
  }
  const numbers = [first, first + size - 1n, ...Array.from({ length: count }, pick)]
  return numbers.map((number) => (width === 32 ? toV4(number) : toV6(number)))
}

function toNumber(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  }
  const [head = '', tail = ''] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const zeros = address.includes('::') ? Array(8 - left.length - right.length).fill('0') : []
  const groups = [...left, ...zeros, ...right]
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

function toV4(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.')
}

function toV6(number: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => (number >> BigInt(112 - 16 * i)) & 0xffffn)
  return groups.map((group) => group.toString(16)).join(':')
}
