import { createServer, type Server } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FetchPolicy } from '../../../lib/net/fetch-policy.ts'
import { createFetchUntrusted, type FetchRequest } from '../../../lib/net/fetch-untrusted.ts'
import { mapLimit } from '../../../lib/net/map-limit.ts'
import { HomeDomainError, parseHomeDomain } from '../../../lib/stellar/home-domain.ts'
import { HOSTILE_NAMES, HOSTILE_URLS } from '../../helpers/hostile-names.ts'
import { type HttpsWorld, startHttpsWorld } from '../../helpers/https-world.ts'
import { addressesIn, PUBLIC_ADDRESSES, SPECIAL_BLOCKS } from '../../helpers/special-addresses.ts'

type Address = Awaited<ReturnType<NonNullable<FetchPolicy['resolve']>>>[number]

const inside = { connections: 0, port: 0, servers: [] as Server[] }

beforeAll(async () => {
  inside.port = await listen('127.0.0.1', 0)
  // On a machine without IPv6 there is nothing on ::1 to protect.
  await listen('::1', inside.port).catch(() => {})
})

afterAll(() =>
  Promise.all(inside.servers.map((server) => new Promise((done) => server.close(done)))),
)

beforeEach(() => {
  inside.connections = 0
})

/** Starts a service inside the network that counts and closes every TCP connection. */
function listen(host: string, port: number): Promise<number> {
  const server = createServer((socket) => {
    inside.connections++
    socket.destroy()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      inside.servers.push(server)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

const ip = (address: string): Address => ({ address, family: address.includes(':') ? 6 : 4 })

/** The error and the DNS lookups of one fetch with a policy that dials the port of the inside service. */
async function attempt(url: string, policy: FetchPolicy, request: Partial<FetchRequest> = {}) {
  let lookups = 0
  const resolve = policy.resolve ?? (async () => [ip('127.0.0.1')])
  const { fetch, close } = createFetchUntrusted({
    port: inside.port,
    ...policy,
    resolve: (hostname) => {
      lookups++
      return resolve(hostname)
    },
  })
  const error = await fetch(url, { maxBytes: 1000, timeoutMs: 2000, ...request }).then(
    () => null,
    (reason) => reason,
  )
  await close()
  return { code: error?.code as string, lookups, error }
}

// Each test checks one layer. The layers behind it are open, so that a hole shows as a connection.
const open: FetchPolicy = { allowAddress: () => true }

test('an open policy reaches the counting service', async () => {
  await attempt('https://good.sim/', open)
  expect(inside.connections).toBe(1)
  await attempt('https://good.sim/', { ...open, resolve: async () => [ip('::1')] })
  expect(inside.connections).toBe(inside.servers.length)
})

describe('a hostile home domain is refused before any DNS query', () => {
  test.each(HOSTILE_NAMES)('%j', async (name) => {
    expect(() => parseHomeDomain(name)).toThrow(HomeDomainError)
    const isUrlOfGood = /^good\.com(?::443|[/?#].*|\/)$/.test(name)
    if (isUrlOfGood) return
    const { code, lookups } = await attempt(`https://${name}/.well-known/stellar.toml`, open)
    expect(code).toMatch(/^(?:url|host)_blocked$/)
    expect([lookups, inside.connections]).toEqual([0, 0])
  })
})

describe('a hostile URL is refused before any DNS query', () => {
  test.each(HOSTILE_URLS)('%j', async (url) => {
    const { code, lookups } = await attempt(url, open)
    expect(code).toMatch(/^(?:url|host)_blocked$/)
    expect([lookups, inside.connections]).toEqual([0, 0])
  })
})

describe('our own hosts are refused', () => {
  test.each([
    'https://api.ours.sim/api/anchors/ops',
    'https://API.OURS.SIM/',
    'https://api.ours.sim./',
    'https://preview.api.ours.sim/',
    'https://project.supabase.sim/rest/v1/',
  ])('%s', async (url) => {
    const denyHosts = ['api.ours.sim', 'supabase.sim']
    const { code, lookups } = await attempt(url, { ...open, denyHosts })
    expect([code, lookups, inside.connections]).toEqual(['host_blocked', 0, 0])
  })

  test('a host that only ends in the same letters is fetched', async () => {
    await attempt('https://notours.sim/', { ...open, denyHosts: ['ours.sim'] })
    expect(inside.connections).toBe(1)
  })
})

const edges = SPECIAL_BLOCKS.flatMap((block) => addressesIn(block, 0, () => 0))

describe('a name with a special address is not dialled', () => {
  test.each(edges)('%s', async (address) => {
    const { code } = await attempt('https://good.sim/', { resolve: async () => [ip(address)] })
    expect([code, inside.connections]).toEqual(['address_blocked', 0])
  })
})

describe('one refused address refuses the whole set', () => {
  test.each([
    ['1.1.1.1', '127.0.0.1'],
    ['127.0.0.1', '1.1.1.1'],
    ['2606:4700:4700::1111', '::1'],
    ['1.1.1.1', '::1'],
    ['1.1.1.1', '8.8.8.8', '10.0.0.1'],
    ['1.1.1.1', '2606:4700:4700::1111', '::ffff:127.0.0.1'],
    ['1.1.1.1', '168.63.129.16'],
    ['1.1.1.1', '64:ff9b::7f00:1'],
    ['1.1.1.1', 'localhost'],
    ['1.1.1.1', '127.1'],
    ['1.1.1.1', ''],
    ['1.1.1.1', '1.1.1.1 '],
    ['1.1.1.1', '::1%lo'],
  ])('%j and %j', async (...addresses) => {
    const resolve = async () => addresses.map(ip)
    const { code } = await attempt('https://good.sim/', { resolve })
    expect([code, inside.connections]).toEqual(['address_blocked', 0])
  })

  test('10 000 random sets with a special address are refused', async () => {
    const special = fc.constantFrom(...SPECIAL_BLOCKS).chain((block) => {
      return fc.double({ min: 0, max: 0.999, noNaN: true }).map((part) => {
        return addressesIn(block, 1, () => part)[2] ?? ''
      })
    })
    const set = fc
      .tuple(
        fc.array(fc.constantFrom<string[]>(...PUBLIC_ADDRESSES), { maxLength: 5 }),
        special,
        fc.nat(5),
      )
      .map(([others, bad, index]) => others.toSpliced(index, 0, bad))
    const sets = new Map(fc.sample(set, 10_000).map((addresses, i) => [`h${i}.sim`, addresses]))
    const { fetch, close } = createFetchUntrusted({
      port: inside.port,
      resolve: async (hostname) => (sets.get(hostname) ?? []).map(ip),
    })
    const wrong = await mapLimit([...sets], 50, ([hostname, addresses]) =>
      fetch(`https://${hostname}/`, { maxBytes: 1 }).then(
        () => [addresses, 'fetched'],
        (error) => (error.code === 'address_blocked' ? null : [addresses, error]),
      ),
    )
    await close()
    expect(wrong.filter((entry) => entry !== null)).toEqual([])
    expect(inside.connections).toBe(0)
  })
})

/** The requests of a check besides a plain GET. */
const REQUESTS: Record<string, Partial<FetchRequest>> = {
  'an OPTIONS': { method: 'OPTIONS', refusalBytes: 4_096 },
  'a GET with an Origin': { origin: 'https://wallet.example.org', refusalBytes: 4_096 },
  'a POST': { json: '{"transaction":"AAAA"}', refusalBytes: 4_096 },
  'a GET with a token': { bearer: 'a.b.c', refusalBytes: 4_096 },
  'an OPTIONS with a token': { bearer: 'a.b.c', method: 'OPTIONS' },
}

describe.each(Object.entries(REQUESTS))('%s', (_name, request) => {
  test.each(HOSTILE_URLS)('to %j is refused before any DNS query', async (url) => {
    const { code, lookups } = await attempt(url, open, request)
    expect(code).toMatch(/^(?:url|host)_blocked$/)
    expect([lookups, inside.connections]).toEqual([0, 0])
  })

  test.each(['127.0.0.1', '169.254.169.254', '10.0.0.7', '::1', '::ffff:127.0.0.1', 'fd00::1'])(
    'to a name with the address %s is not dialled',
    async (address) => {
      const resolve = async () => [ip(address)]
      const { code } = await attempt('https://good.sim/', { resolve }, request)
      expect([code, inside.connections]).toEqual(['address_blocked', 0])
    },
  )

  test('to our own host is refused', async () => {
    const denyHosts = ['ours.sim']
    const { code, lookups } = await attempt(
      ...(['https://api.ours.sim/', { ...open, denyHosts }, request] as const),
    )
    expect([code, lookups, inside.connections]).toEqual(['host_blocked', 0, 0])
  })

  test.each([
    'https://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1/',
    'https://ours.sim/',
    'http://good.sim/',
    'https://inside.sim/',
  ])('is not redirected to %s', async (location) => {
    const world = await startHttpsWorld({
      'good.sim': (_request, response) => response.writeHead(307, { location }).end(),
    })
    try {
      const resolve = async (hostname: string) => [
        ip(hostname === 'good.sim' ? '127.0.0.1' : '10.0.0.7'),
      ]
      const policy = { ...world.policy, resolve, denyHosts: ['ours.sim'] }
      const { code } = await attempt('https://good.sim/', policy, request)
      expect(code).toMatch(/^(?:redirect_blocked|redirect_limit|address_blocked)$/)
      expect([world.requests, inside.connections]).toEqual([['good.sim/'], 0])
    } finally {
      await world.close()
    }
  })
})

test.each(['a POST', 'a GET with a token', 'an OPTIONS with a token'])(
  '%s follows no redirect, not even to the same host, so that nobody else gets what it holds',
  async (name) => {
    for (const location of ['https://other.sim/', '/elsewhere']) {
      const world = await startHttpsWorld({
        'good.sim': (_request, response) => response.writeHead(308, { location }).end(),
        'other.sim': (_request, response) => response.end('arrived'),
      })
      const { code, error } = await attempt('https://good.sim/', world.policy, REQUESTS[name])
      await world.close()
      expect([code, world.requests]).toEqual(['redirect_limit', ['good.sim/']])
      expect(JSON.stringify([error.message, error])).not.toMatch(/a\.b\.c|AAAA/)
    }
  },
)

describe('a broken DNS answer ends in dns_failed', () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(code), { code })
  }
  test.each<[string, NonNullable<FetchPolicy['resolve']>]>([
    ['no address', async () => []],
    ['33 addresses', async () => Array.from({ length: 33 }, () => ip('127.0.0.1'))],
    ['ENOTFOUND', failing('ENOTFOUND')],
    ['ESERVFAIL', failing('ESERVFAIL')],
    ['ETIMEOUT', failing('ETIMEOUT')],
    ['an error without a code', () => Promise.reject(new Error('odd'))],
    ['a rejection without an error', () => Promise.reject(undefined)],
  ])('%s', async (_name, resolve) => {
    const { code } = await attempt('https://good.sim/', { ...open, resolve })
    expect([code, inside.connections]).toEqual(['dns_failed', 0])
  })

  test('a resolver that never answers ends in a timeout', async () => {
    const policy = { ...open, resolve: () => new Promise<never>(() => {}), connectTimeoutMs: 60 }
    const { code } = await attempt('https://good.sim/', policy)
    expect([code, inside.connections]).toEqual(['timeout', 0])
  })
})

describe('no environment variable opens the guard', () => {
  test.each([
    ['NODE_ENV', 'test'],
    ['ALLOW_PRIVATE', '1'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['HTTPS_PROXY', 'http://127.0.0.1:1'],
    ['NODE_USE_ENV_PROXY', '1'],
    ['RES_OPTIONS', 'ndots:0'],
    ['HOSTALIASES', '/etc/hosts'],
  ])('%s=%s', async (name, value) => {
    const before = process.env[name]
    process.env[name] = value
    try {
      const { code } = await attempt('https://good.sim/', {})
      expect([code, inside.connections]).toEqual(['address_blocked', 0])
    } finally {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    }
  })
})

describe('redirects', () => {
  let world: HttpsWorld
  let location: string | string[] | undefined

  beforeAll(async () => {
    world = await startHttpsWorld({
      'good.sim': (request, response) => {
        const next = request.url === '/start' ? location : undefined
        if (next !== undefined) response.setHeader('location', next)
        response.writeHead(302).end()
      },
      'other.sim': (_request, response) => response.end('arrived'),
    })
  })
  afterAll(() => world.close())

  const follow = () => {
    world.connections = 0
    // Every address leads to the world's own port, so that an allowed hop shows as a second connection.
    return attempt('https://good.sim/start', {
      ...world.policy,
      allowAddress: () => true,
      resolve: async () => [ip('127.0.0.1')],
      denyHosts: ['ours.sim'],
    })
  }

  // The URLs that Node lets a server send. HTTP itself drops a leading space.
  const sendable = HOSTILE_URLS.filter((url) => !/^ |[\r\n\0]|[^\u0000-\u00ff]/.test(url))

  test.each([
    ...sendable,
    '//127.0.0.1/',
    '//localhost/',
    '//[::1]/',
    '//user@good.sim/',
    '//good.sim:8443/',
    '///127.0.0.1/',
    '\\\\127.0.0.1\\',
    '/\\127.0.0.1/',
    '\\/127.0.0.1/',
    'https://ours.sim/api/anchors/ops',
    '//api.ours.sim/',
    'HTTP://good.sim/',
    '//%6cocalhost/',
    '//g%6fod.sim/',
    '/a b',
    '/\u00e9',
    '/\tx',
    `/${'a'.repeat(4000)}`,
  ])('%j is not followed', async (target) => {
    location = target
    const { code } = await follow()
    expect([code, world.connections]).toEqual(['redirect_blocked', 1])
  })

  test('without a Location is refused', async () => {
    location = undefined
    expect([(await follow()).code, world.connections]).toEqual(['redirect_blocked', 1])
  })

  test('with an empty Location is refused', async () => {
    location = ''
    expect([(await follow()).code, world.connections]).toEqual(['redirect_blocked', 1])
  })

  test('with two Locations is refused', async () => {
    location = ['https://good.sim/', 'https://other.sim/']
    expect([(await follow()).code, world.connections]).toEqual(['redirect_blocked', 1])
  })

  test('to a name with a special address is refused', async () => {
    location = 'https://inside.sim/'
    const { code } = await attempt('https://good.sim/start', {
      ...world.policy,
      resolve: async (hostname) => [ip(hostname === 'good.sim' ? '127.0.0.1' : '::1')],
    })
    expect([code, inside.connections]).toEqual(['address_blocked', 0])
  })
})

describe('rebinding', () => {
  test('a name that first had an allowed address is checked again', async () => {
    const world = await startHttpsWorld({
      'good.sim': (_request, response) => response.writeHead(200, { connection: 'close' }).end('x'),
    })
    const answers = [ip('127.0.0.1'), ip('::1'), ip('127.0.0.2'), ip('10.0.0.1')]
    const { fetch, close } = createFetchUntrusted({
      ...world.policy,
      resolve: async () => [answers.shift() ?? ip('127.0.0.1')],
    })
    const get = () => fetch('https://good.sim/', { maxBytes: 10 })
    expect((await get()).text).toBe('x')
    await expect(get()).rejects.toMatchObject({ code: 'address_blocked' })
    await expect(get()).rejects.toMatchObject({ code: 'address_blocked' })
    await expect(get()).rejects.toMatchObject({ code: 'address_blocked' })
    expect(world.connections).toBe(1)
    await close()
    await world.close()
  })

  test('nothing is sent to a peer whose address is refused after connecting', async () => {
    const world = await startHttpsWorld({ 'good.sim': (_request, response) => response.end('x') })
    let asked = 0
    const { code } = await attempt('https://good.sim/', {
      ...world.policy,
      allowAddress: () => ++asked === 1,
    })
    expect([code, asked, world.requests]).toEqual(['address_blocked', 2, []])
    await world.close()
  })
})
