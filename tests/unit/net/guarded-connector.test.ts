import dns from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { describe, expect, test, vi } from 'vitest'
import type { FetchPolicy } from '../../../lib/net/fetch-policy.ts'
import { createGuardedConnector, resolveBothFamilies } from '../../../lib/net/guarded-connector.ts'

type Address = Awaited<ReturnType<NonNullable<FetchPolicy['resolve']>>>[number]

/** The error of the connector alone for a target. */
async function connect(
  target: { protocol: string; hostname: string },
  build: typeof buildConnector = buildConnector,
) {
  const connector = await createGuardedConnector(build, { resolve: async () => [] })
  return new Promise<unknown>((resolve) => {
    connector({ ...target, host: target.hostname, port: '' }, (...result) => resolve(result[0]))
  })
}

describe('the connector alone', () => {
  test.each(['127.0.0.1', '8.8.8.8', '::1', '[::1]', '2606:4700:4700::1111', '0', '127.1'])(
    'refuses the literal %s, which skips the lookup',
    async (hostname) => {
      const error = await connect({ protocol: 'https:', hostname })
      expect(error).toMatchObject({ code: 'address_blocked' })
    },
  )

  test.each(['http:', 'ws:', ''])('refuses the protocol %j', async (protocol) => {
    const error = await connect({ protocol, hostname: 'anchor.sim' })
    expect(error).toMatchObject({ code: 'url_blocked' })
  })

  test.each([
    ['ECONNREFUSED', 'connect_failed'],
    ['ENETUNREACH', 'connect_failed'],
    ['ECONNRESET', 'connect_failed'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['EPROTO', 'tls_failed'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls_failed'],
    ['CERT_HAS_EXPIRED', 'tls_failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_failed'],
  ])('reports %s as %s', async (code, expected) => {
    const failing: typeof buildConnector = () => (_options, callback) =>
      callback(Object.assign(new Error(code), { code }), null)
    const error = await connect({ protocol: 'https:', hostname: 'anchor.sim' }, failing)
    expect(error).toMatchObject({ code: expected })
  })
})

describe('a connection', () => {
  /** What the connector says of a peer that the socket shows under this address. */
  async function dial(remoteAddress: string | undefined) {
    const destroyed: boolean[] = []
    const socket = { remoteAddress, destroy: () => destroyed.push(true) }
    const build = (() => (_options: unknown, callback: (...result: unknown[]) => void) =>
      callback(null, socket)) as unknown as typeof buildConnector
    const connector = await createGuardedConnector(build, { resolve: async () => [] })
    const result = await new Promise<unknown[]>((resolve) => {
      const target = { protocol: 'https:', hostname: 'anchor.sim', host: 'anchor.sim', port: '' }
      connector(target, (...given) => resolve(given))
    })
    return { error: result[0], socket: result[1], isDestroyed: destroyed.length > 0 }
  }

  test('to a public peer is given on', async () => {
    const { error, socket, isDestroyed } = await dial('8.8.8.8')
    expect([error, isDestroyed]).toEqual([null, false])
    expect(socket).toMatchObject({ remoteAddress: '8.8.8.8' })
  })

  test.each([
    ['10.0.0.7', '10.0.0.7 (private)'],
    [undefined, 'unknown peer (not an address)'],
  ])('to the peer %s is destroyed', async (peer, message) => {
    const { error, socket, isDestroyed } = await dial(peer)
    expect(error).toMatchObject({ code: 'address_blocked', message })
    expect([socket, isDestroyed]).toEqual([null, true])
  })
})

describe('the lookup of a name', () => {
  interface Built {
    lookup: LookupFunction
  }

  /** The options with which the connections of undici are built. */
  async function built(policy: FetchPolicy): Promise<Built> {
    const seen: object[] = []
    const build: typeof buildConnector = (options = {}) => {
      seen.push(options)
      return buildConnector(options)
    }
    await createGuardedConnector(build, policy)
    return seen[0] as Built
  }
  const look = (lookup: LookupFunction, all: boolean) =>
    new Promise<unknown[]>((resolve) =>
      lookup('anchor.sim', { all }, (...result: unknown[]) => resolve(result)),
    )

  test('asks c-ares for both families, where the policy has no resolver of its own', async () => {
    const v4 = vi.spyOn(dns.Resolver.prototype, 'resolve4').mockResolvedValue(['8.8.8.8'] as never)
    const v6 = vi.spyOn(dns.Resolver.prototype, 'resolve6').mockRejectedValue(new Error('none'))
    const { lookup } = await built({})
    expect(await look(lookup, true)).toEqual([null, [{ address: '8.8.8.8', family: 4 }]])
    expect(await look(lookup, false)).toEqual([null, '8.8.8.8', 4])
    v4.mockResolvedValue(['8.8.8.8', '10.0.0.1'] as never)
    expect(await look(lookup, true)).toEqual([
      expect.objectContaining({
        code: 'address_blocked',
        message: 'anchor.sim is 10.0.0.1 (private)',
      }),
      '',
    ])
    expect(v6).toHaveBeenCalledWith('anchor.sim')
  })

  test.each<[string, () => Promise<Address[]>, string]>([
    ['fails without a code', () => Promise.reject(new Error('x')), 'anchor.sim (no answer)'],
    [
      'fails with a code',
      () => Promise.reject(Object.assign(new Error('x'), { code: 'ENODATA' })),
      'anchor.sim (ENODATA)',
    ],
    ['finds nothing', async () => [], 'anchor.sim (0 addresses)'],
    [
      'finds 33 addresses',
      async () => Array.from({ length: 33 }, () => ({ address: '8.8.8.8', family: 4 as const })),
      'anchor.sim (33 addresses)',
    ],
  ])('that %s is told so', async (_case, resolve, message) => {
    const { lookup } = await built({ resolve })
    expect(await look(lookup, true)).toEqual([
      expect.objectContaining({ code: 'dns_failed', message }),
      '',
    ])
  })

  test('takes 32 addresses', async () => {
    const all = Array.from({ length: 32 }, () => ({ address: '8.8.8.8', family: 4 as const }))
    const { lookup } = await built({ resolve: async () => all })
    expect(await look(lookup, true)).toEqual([null, all])
  })

  test('leads to a TLS connection that is verified, and to no HTTP/2', async () => {
    expect(await built({})).toMatchObject({
      allowH2: false,
      rejectUnauthorized: true,
      timeout: 3_000,
      autoSelectFamily: true,
      maxCachedSessions: 384,
    })
    expect(await built({ connectTimeoutMs: 7 })).toMatchObject({ timeout: 7 })
  })
})

describe('the addresses of a name', () => {
  const none = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENODATA' }))
  const v4 = async () => ['1.1.1.1', '8.8.8.8']
  const v6 = async () => ['2606:4700:4700::1111']

  test.each([
    ['both families, IPv4 first', v4, v6, ['1.1.1.1 4', '8.8.8.8 4', '2606:4700:4700::1111 6']],
    ['IPv4 alone', v4, none, ['1.1.1.1 4', '8.8.8.8 4']],
    ['IPv6 alone', none, v6, ['2606:4700:4700::1111 6']],
  ])('are those of %s', async (_name, resolve4, resolve6, expected) => {
    const addresses = await resolveBothFamilies({ resolve4, resolve6 })('anchor.sim')
    expect(addresses.map(({ address, family }) => `${address} ${family}`)).toEqual(expected)
  })

  test('no address of either family is the error of the IPv4 query', async () => {
    const resolve = resolveBothFamilies({ resolve4: none, resolve6: none })
    await expect(resolve('anchor.sim')).rejects.toMatchObject({ code: 'ENODATA' })
  })
})
