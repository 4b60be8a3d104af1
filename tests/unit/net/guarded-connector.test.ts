import { buildConnector } from 'undici'
import { describe, expect, test } from 'vitest'
import { createGuardedConnector, resolveBothFamilies } from '../../../lib/net/guarded-connector.ts'

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
