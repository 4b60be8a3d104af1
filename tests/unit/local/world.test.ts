import { gunzipSync } from 'node:zlib'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseHomeDomain } from '../../../lib/stellar/home-domain.ts'
import { stellarToml } from '../../../local/world/anchor-toml.ts'
import { ANCHORS, type SimulatedAnchor } from '../../../local/world/anchors.ts'
import { bodyAnswer } from '../../../local/world/answer.ts'
import { startWorld } from '../../../local/world/simulated-world.ts'
import { startWorldServer, type World } from '../../../local/world/world-server.ts'
import { type WorldClient, worldClient } from './world-client.ts'

let world: World
let client: WorldClient

beforeAll(async () => {
  world = await startWorld()
  client = worldClient(world.policy)
})

afterAll(async () => {
  await client.close()
  await world.close()
})

const tomlUrl = (domain: string) => `https://${domain}/.well-known/stellar.toml`

function anchorOf(domain: string): SimulatedAnchor {
  const anchor = ANCHORS.find((one) => one.domain === domain)
  if (anchor === undefined) throw new Error(`No simulated anchor ${domain}`)
  return anchor
}

describe('names of the simulated world', () => {
  test('every host is a valid home domain under .sim, and no two anchors share one', () => {
    for (const host of world.hosts) expect(parseHomeDomain(host)).toBe(host)
    expect(world.hosts.filter((host) => !host.endsWith('.sim'))).toEqual([])
    expect(new Set(ANCHORS.map(({ domain }) => domain)).size).toBe(ANCHORS.length)
  })

  test('its hosts resolve to this machine, and no other name resolves', async () => {
    const resolve = world.policy.resolve ?? (() => Promise.reject(new Error('no resolver')))
    expect(await resolve('pontepay.sim')).toEqual([{ address: '127.0.0.1', family: 4 }])
    await expect(resolve('stellar.org')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(world.policy.allowAddress?.('127.0.0.1')).toBe(true)
    expect(world.policy.allowAddress?.('127.0.0.2')).toBe(false)
  })

  test('an endpoint on a private address resolves to an address that is not allowed', async () => {
    const addresses = await world.policy.resolve?.('internal.insidejob.sim')
    expect(addresses).toEqual([{ address: '10.0.0.7', family: 4 }])
    expect(world.policy.allowAddress?.('10.0.0.7')).toBe(false)
  })
})

describe('stellar.toml files', () => {
  const withEndpoints = ANCHORS.filter(({ seps }) => seps.length > 0)
  const salvaged = new Set(['stray-character', 'curly-quotes', 'duplicate-key'])

  test.each(withEndpoints.filter(({ spelling }) => !salvaged.has(spelling ?? '')))(
    'the file of $domain is valid TOML',
    (anchor) => {
      expect(parse(stellarToml(anchor).replace(/^\ufeff/, ''))).toHaveProperty('DOCUMENTATION')
    },
  )

  test.each(withEndpoints.filter(({ spelling }) => salvaged.has(spelling ?? '')))(
    'the file of $domain ($spelling) is rejected by a strict parser below its top level',
    (anchor) => {
      const text = stellarToml(anchor)
      expect(() => parse(text)).toThrow()
      const top = text.slice(0, text.indexOf('[DOCUMENTATION]'))
      expect(parse(top)).toMatchObject({ SIGNING_KEY: expect.any(String) })
    },
  )

  test('every key in them has a valid checksum', async () => {
    const { StrKey } = await import('@stellar/stellar-sdk')
    for (const anchor of withEndpoints) {
      const text = stellarToml(anchor)
      for (const [id] of text.matchAll(/\bG[A-Z2-7]{55}\b/g)) {
        expect(StrKey.isValidEd25519PublicKey(id)).toBe(true)
      }
      for (const [id] of text.matchAll(/\bC[A-Z2-7]{55}\b/g)) {
        expect(StrKey.isValidContract(id)).toBe(true)
      }
    }
    expect(stellarToml(anchorOf('eurolane.sim'))).toMatch(/^WEB_AUTH_CONTRACT_ID = "C/m)
  })

  test.each([
    ['condorpagos.sim', /^SIGNING_KEY = "G[A-Z2-7]{55}" # /m],
    ['cediconnect.sim', /^VERSION = "2\.7\.0"\r\n/],
    ['balticramp.sim', /^SIGNING_KEY = 'G/m],
    ['hryvniagate.sim', /^\ufeffVERSION/],
    ['pampacash.sim', /^TRANSFER_SERVER_SEP0024 = "https:\/\/pampacash\.sim\/sep24\/"$/m],
    ['plainhttp.sim', /^TRANSFER_SERVER_SEP0024 = "http:/m],
    ['trialanchor.sim', /^NETWORK_PASSPHRASE = "Test SDF Network/m],
    ['anchor.soldirecto.sim', /^TRANSFER_SERVER = "https:\/\/transfer\.soldirecto\.sim\/sep6"$/m],
    ['belowtable.sim', /^\[DOCUMENTATION\]\n[^[]*^WEB_AUTH_ENDPOINT/m],
  ])('%s is served in its spelling', async (domain, spelling) => {
    const bytes = await client.bytes(tomlUrl(domain))
    expect(bytes.toString('utf8')).toMatch(spelling)
    expect(bytes.toString('utf8')).toBe(stellarToml(anchorOf(domain)))
  })

  test('an anchor without a signing key or without SEP-10 declares no SIGNING_KEY', () => {
    for (const domain of ['keylesskiosk.sim', 'oldsix.sim', 'dollarcoin.sim']) {
      expect(stellarToml(anchorOf(domain))).not.toContain('SIGNING_KEY')
    }
  })
})

describe('/info', () => {
  test('amounts are numbers, strings, or absent', async () => {
    const info = (url: string) => client.json<{ deposit: Record<string, object> }>(url)
    const strings = await info('https://stellar.pesolink.sim/sep24/info')
    expect(strings.deposit['USDC']).toMatchObject({ min_amount: '10.0000001', max_amount: 50_000 })
    const numbers = await info('https://pontepay.sim/sep6/info')
    expect(numbers.deposit['BRL']).toMatchObject({ fee_fixed: 1.5, authentication_required: true })
    const none = await info('https://cambioandino.sim/sep24/info')
    expect(none.deposit['USDC']).not.toHaveProperty('fee_fixed')
  })

  test.each([
    ['https://pampacash.sim/sep24//info', 200],
    ['https://transfer.soldirecto.sim/sep6/info', 200],
    ['https://pontepay.sim/sep31/info', 200],
    ['https://pontepay.sim/sep38/info', 200],
    ['https://pontepay.sim/auth', 400],
    ['https://pontepay.sim/kyc/customer', 403],
    ['https://oldsix.sim/sep24/info', 404],
    ['https://halfdown.sim/sep24/info', 503],
    ['https://www.randrail.sim/sep24/info', 200],
  ])('%s answers %i', async (url, status) => {
    const answer = await client.get(url)
    await answer.body.dump()
    expect(answer.statusCode).toBe(status)
  })

  test('an anchor of one direction disables the other', async () => {
    expect(await client.json('https://quetzalex.sim/sep24/info')).toMatchObject({
      deposit: { USDC: { enabled: false } },
      withdraw: { USDC: { enabled: true } },
    })
  })
})

describe('anchors out of order', () => {
  test.each([
    ['goneremesas.sim', 404, {}],
    ['closedshop.sim', 410, {}],
    ['brokenbackend.sim', 500, {}],
    ['busybureau.sim', 429, { 'retry-after': '30' }],
    ['randrail.sim', 301, { location: tomlUrl('www.randrail.sim') }],
    ['metadatahunter.sim', 301, { location: 'http://169.254.169.254/latest/meta-data/' }],
    ['loopbacklure.sim', 302, { location: 'https://127.0.0.1/' }],
    ['parkedpage.sim', 200, { 'content-type': 'text/html; charset=utf-8' }],
  ])('%s answers %i', async (domain, status, headers) => {
    const answer = await client.get(tomlUrl(domain))
    await answer.body.dump()
    expect(answer.statusCode).toBe(status)
    expect(answer.headers).toMatchObject(headers)
  })

  test('the empty file is empty, and the big file has 101 KB', async () => {
    expect(await client.bytes(tomlUrl('emptyfile.sim'))).toHaveLength(0)
    expect(await client.bytes(tomlUrl('bigfile.sim'))).toHaveLength(101 * 1024)
  })

  test('the gzip bomb is small on the wire and large when unpacked', async () => {
    const answer = await client.get(tomlUrl('zipbomb.sim'))
    expect(answer.headers['content-encoding']).toBe('gzip')
    const packed = Buffer.from(await answer.body.arrayBuffer())
    expect(packed.length).toBeLessThan(100 * 1024)
    expect(gunzipSync(packed).length).toBeGreaterThan(10 * 1024 * 1024)
  })

  test('the endless body does not end while it is read', async () => {
    const { body } = await client.get(tomlUrl('endlessstream.sim'))
    let bytes = 0
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > 1024 * 1024) break
    }
    expect(bytes).toBeGreaterThan(1024 * 1024)
  })

  test('the dripping body starts and does not end', async () => {
    const { body } = await client.get(tomlUrl('dripfeed.sim'))
    for await (const chunk of body) {
      expect(chunk.toString()).toBe('#')
      break
    }
  })

  test('the borrowed certificate is valid for another name', async () => {
    await expect(client.get(tomlUrl('borrowedcertificate.sim'))).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test('a delayed answer has the normal content', async () => {
    expect(await client.text(tomlUrl('slowsettlement.sim'))).toBe(
      stellarToml(anchorOf('slowsettlement.sim')),
    )
  })

  test('at most three anchors use up the whole timeout of a client', () => {
    const kinds = new Set(['hang', 'drip'])
    const hanging = ANCHORS.filter(
      ({ tomlAnswer, infoAnswer }) =>
        kinds.has(tomlAnswer?.kind ?? '') || kinds.has(infoAnswer?.kind ?? ''),
    )
    expect(hanging.map(({ domain }) => domain)).toHaveLength(3)
  })
})

test('a host name of any length gets a certificate that is accepted', async () => {
  const names = Array.from({ length: 63 }, (_, index) => `${'n'.repeat(index + 1)}.sim`)
  const site = { answer: () => bodyAnswer('text/plain', 'here') }
  const server = await startWorldServer(new Map(names.map((name) => [name, site])))
  const ownClient = worldClient(server.policy)
  const bodies = await Promise.all(names.map((name) => ownClient.text(`https://${name}/`)))
  expect(bodies).toEqual(names.map(() => 'here'))
  await ownClient.close()
  await server.close()
})

describe('end of a world', () => {
  test('close ends hanging and dripping requests and idle connections', async () => {
    const own = await startWorld()
    const ownClient = worldClient(own.policy)
    const idle = await ownClient.text(tomlUrl('pontepay.sim'))
    expect(idle).toContain('SIGNING_KEY')
    const hanging = expect(ownClient.get(tomlUrl('hanginggarden.sim'))).rejects.toThrow()
    const dripping = await ownClient.get(tomlUrl('dripfeed.sim'))
    await vi.waitFor(() => expect(own.requests()['hanginggarden.sim']).toBe(1))
    await own.close()
    await hanging
    await expect(dripping.body.text()).rejects.toThrow()
    await ownClient.close()
    expect(own.requests()).toEqual({
      'pontepay.sim': 1,
      'hanginggarden.sim': 1,
      'dripfeed.sim': 1,
    })
  })
})

describe('the directory', () => {
  interface Row {
    name: string
    home_domain: string
    locations: string | string[]
    currencies: string | string[]
  }

  test('its page holds every row in its flight data and links no export', async () => {
    const page = await client.text(world.directoryHome)
    const pieces = [...page.matchAll(/self\.__next_f\.push\(\[1,(".*?")\]\)<\/script>/g)]
    expect(pieces.length).toBeGreaterThan(1)
    const stream = pieces.map(([, piece]) => JSON.parse(piece ?? '""')).join('')
    const tree = JSON.parse(/^0:(.*)$/m.exec(stream)?.[1] ?? '')
    const rows: Row[] = tree.f[0][1][3].anchors
    const { anchors } = await client.json<{ anchors: Row[] }>(
      `${world.directoryHome}export/anchors.json`,
    )
    expect(rows).toEqual(anchors)
    expect(rows.map(({ home_domain }) => home_domain)).toEqual([
      ...ANCHORS.map(({ domain }) => domain),
      'portside.sim:8443',
      '203.0.113.7',
      'zero\u200bwidth.sim',
      'lostcity.sim',
    ])
    expect(page).not.toContain('/export/')
  })

  test('its CSV has a row for each anchor', async () => {
    const csv = await client.text(`${world.directoryHome}export/anchors.csv`)
    expect(csv.split('\r\n')).toHaveLength(ANCHORS.length + 2)
    expect(csv).toContain('Baltic Ramp,balticramp.sim,"LT, LV, EE","EUR, USD",both\r\n')
  })
})

describe('Horizon', () => {
  interface Page {
    _links: { next: { href: string } }
    _embedded: {
      records: {
        _links: { toml?: { href: string } }
        asset_issuer: string
        paging_token: string
        num_accounts?: number
      }[]
    }
  }

  async function walk(start: string): Promise<Page['_embedded']['records']> {
    const all: Page['_embedded']['records'] = []
    for (let url = start; ; ) {
      const page = await client.json<Page>(url)
      if (page._embedded.records.length === 0) return all
      all.push(...page._embedded.records)
      url = page._links.next.href
    }
  }

  test('pages of assets lead to the end in both orders, without a gap or a repeat', async () => {
    const up = await walk(`${world.horizonUrl}/assets?limit=50`)
    const down = await walk(`${world.horizonUrl}/assets?limit=200&order=desc`)
    const tokens = up.map(({ paging_token }) => paging_token)
    expect(tokens.length).toBeGreaterThan(250)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(down.map(({ paging_token }) => paging_token)).toEqual(tokens.toReversed())
    expect(up.every((record) => record.num_accounts === undefined)).toBe(true)
  })

  test('an asset links its file, an empty address or nothing, and its account names the domain', async () => {
    const records = await walk(`${world.horizonUrl}/assets?limit=200`)
    const links = records.map(({ _links }) => _links.toml?.href)
    expect(links.filter((href) => href === '').length).toBeGreaterThan(200)
    expect(links).toContain(tomlUrl('pontepay.sim'))
    const unlinked = records.filter(({ _links }) => _links.toml === undefined)
    expect(unlinked.length).toBeGreaterThan(0)
    for (const { asset_issuer } of unlinked) {
      const account = await client.json<{ home_domain: string }>(
        `${world.horizonUrl}/accounts/${asset_issuer}`,
      )
      expect(world.hosts).toContain(account.home_domain)
    }
  })

  test.each(['limit=0', 'limit=201', 'limit=x', 'order=up'])(
    '?%s is a bad request',
    async (query) => {
      const answer = await client.get(`${world.horizonUrl}/assets?${query}`)
      await answer.body.dump()
      expect(answer.statusCode).toBe(400)
    },
  )

  test('an unknown account answers 404', async () => {
    const answer = await client.get(`${world.horizonUrl}/accounts/G${'A'.repeat(55)}`)
    expect(answer.statusCode).toBe(404)
    expect(await answer.body.json()).toMatchObject({ status: 404, title: 'Resource Missing' })
  })

  test('it answers the given number of first requests with 429 and the wait', async () => {
    const own = await startWorld({ anchors: [anchorOf('pontepay.sim')], horizonRateLimited: 1 })
    const ownClient = worldClient(own.policy)
    const first = await ownClient.get(`${own.horizonUrl}/assets`)
    await first.body.dump()
    expect(first.statusCode).toBe(429)
    expect(first.headers['retry-after']).toBe('1')
    const second = await ownClient.get(`${own.horizonUrl}/assets`)
    await second.body.dump()
    expect(second.statusCode).toBe(200)
    await ownClient.close()
    await own.close()
  })
})
