import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerAddress } from '../../../lib/http/caller-address.ts'
import { callerOf, parseProxies } from '../../../serve/caller.ts'
import { readServeOptions } from '../../../serve/options.ts'
import { startServer } from '../../../serve/server.ts'
import { createUnderWay } from '../../../serve/under-way.ts'

const trusting = (text: string) => parseProxies(text) ?? (() => expect.unreachable(text))
const PROXIES = '10.0.0.0/8, 2001:db8::/32'

describe('the address of a caller', () => {
  test.each<[string, string | undefined, string | null, string, string | null]>([
    ['of a socket', '192.0.2.1', null, '', '192.0.2.1'],
    ['of a socket, whatever the caller forges', '192.0.2.1', '198.51.100.7', '', '192.0.2.1'],
    ['of a socket that is no trusted proxy', '192.0.2.1', '198.51.100.7', PROXIES, '192.0.2.1'],
    ['before a trusted proxy', '10.0.0.1', '198.51.100.7', PROXIES, '198.51.100.7'],
    ['behind what the caller forges', '10.0.0.1', '1.1.1.1, 198.51.100.7', PROXIES, '198.51.100.7'],
    [
      'before two trusted proxies',
      '10.0.0.1',
      '1.1.1.1,198.51.100.7, 10.9.9.9',
      PROXIES,
      '198.51.100.7',
    ],
    ['who forges a trusted proxy', '10.0.0.1', '10.1.1.1, 198.51.100.7', PROXIES, '198.51.100.7'],
    ['within the trusted network', '10.0.0.1', '10.1.1.1', PROXIES, '10.1.1.1'],
    ['of a trusted proxy that names nobody', '10.0.0.1', null, PROXIES, '10.0.0.1'],
    ['of a trusted proxy that names an empty text', '10.0.0.1', ' ', PROXIES, '10.0.0.1'],
    ['that a trusted proxy does not tell', '10.0.0.1', 'unknown', PROXIES, null],
    ['behind a name', '10.0.0.1', '198.51.100.7, evil.example', PROXIES, null],
    ['with a port', '10.0.0.1', '198.51.100.7:4711', PROXIES, '198.51.100.7'],
    ['of IPv6 with a port', '10.0.0.1', '[2001:DB9::1]:4711', PROXIES, '2001:db9::1'],
    ['of IPv4 in IPv6', '::ffff:192.0.2.1', null, '', '192.0.2.1'],
    ['before a proxy of IPv4 in IPv6', '::ffff:10.0.0.1', '192.0.2.1', PROXIES, '192.0.2.1'],
    ['before a proxy of IPv6', '2001:db8::1', '2001:db9::1', PROXIES, '2001:db9::1'],
    ['with a zone', 'fe80::1%eth0', null, '', 'fe80::1'],
    ['of a socket that is closed', undefined, '192.0.2.1', PROXIES, null],
  ])('%s', (_, socket, forwarded, proxies, address) => {
    expect(callerOf(socket, forwarded, trusting(proxies))).toBe(address)
  })

  test('is never one that a caller behind a trusted proxy writes', () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (forged, ip) => {
        fc.pre(!ip.startsWith('10.'))
        expect(callerOf('10.0.0.1', `${forged}, ${ip}`, trusting('10.0.0.0/8'))).toBe(ip)
      }),
    )
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'proxy.example',
    '1',
    '2001:db8::/129',
    '10.0.0.1:80',
    '*',
  ])('%s is no proxy, and the start says so', (text) => {
    expect(parseProxies(text)).toBeNull()
    expect(() => readServeOptions([], { TRUSTED_PROXIES: text })).toThrow(
      `TRUSTED_PROXIES is "${text}" in the environment; allowed: a comma list of addresses and networks`,
    )
  })
})

test.each([
  ['nobody is trusted', '', '127.0.0.1'],
  ['the proxy is trusted', '127.0.0.1', '198.51.100.7'],
])('where %s, a request over a socket comes from there', async (_, proxies, address) => {
  const server = await startServer({
    handle: async (request) => Response.json({ address: callerAddress(request) }),
    ...{ hostname: '127.0.0.1', port: 0 },
    isTrustedProxy: trusting(proxies),
    underWay: createUnderWay(),
  })
  try {
    const headers = { 'x-forwarded-for': '1.1.1.1, 198.51.100.7', 'x-real-ip': '2.2.2.2' }
    expect(await (await fetch(server.url, { headers })).json()).toEqual({ address })
  } finally {
    await server.close()
  }
})
