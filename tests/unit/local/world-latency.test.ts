import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { signIn } from '../../../lib/anchors/check/web-auth/sign-in.ts'
import { createSignInKey } from '../../../lib/anchors/check/web-auth/sign-in-key.ts'
import { createFetchUntrusted } from '../../../lib/net/fetch-untrusted.ts'
import { latencyChains } from '../../../local/world/latency-ladder.ts'
import { startLatencyWorld } from '../../../local/world/latency-world.ts'
import { worldClient } from './world-client.ts'

const PROGRAM = fileURLToPath(new URL('../../../local/world/latency-world.ts', import.meta.url))
const TIMEOUTS = { requestMs: 1_000, extraMs: 700, signedInMs: 3_000 }

test('every domain answers as its chain announces', async () => {
  const options = { count: 120, latencyMs: 0, tail: true, seed: 7 }
  const world = await startLatencyWorld(options)
  const client = worldClient(world.policy)
  const answered = latencyChains(options, TIMEOUTS, true).filter(
    ({ requests: [toml] }) => toml !== undefined && toml.ms < TIMEOUTS.requestMs,
  )
  const statuses = await Promise.all(
    answered.map(async ({ domain }) => {
      const { statusCode, body } = await client.get(`https://${domain}/.well-known/stellar.toml`)
      await body.dump()
      return statusCode
    }),
  )
  expect(statuses).toEqual(answered.map(({ isRead }) => (isRead ? 200 : 404)))
  expect(statuses).toContain(404)
  expect(statuses).toContain(200)
  await client.close()
  await world.close()
})

test('half of the anchors serve /info from another host, and all endpoints answer', async () => {
  const world = await startLatencyWorld({ count: 4, latencyMs: 0, tail: false, seed: 1 })
  const client = worldClient(world.policy)
  const { anchors } = await client.json<{ anchors: { home_domain: string }[] }>(world.directoryUrl)
  const hosts = new Set<string>()
  for (const { home_domain } of anchors) {
    const toml = parse(await client.text(`https://${home_domain}/.well-known/stellar.toml`))
    for (const key of ['TRANSFER_SERVER_SEP0024', 'TRANSFER_SERVER']) {
      expect(await client.json(`${toml[key]}/info`)).toMatchObject({
        deposit: { USDB: { enabled: true } },
      })
      hosts.add(new URL(String(toml[key])).hostname)
    }
    expect(await client.json(`${toml['DIRECT_PAYMENT_SERVER']}/info`)).toHaveProperty(
      'receive.USDB',
    )
  }
  expect([...hosts].filter((host) => host.startsWith('transfer-'))).toHaveLength(2)
  expect(hosts.size).toBe(4)
  await client.close()
  await world.close()
})

test('an anchor lets a wallet sign in and names a price, and Horizon shows its issuer', async () => {
  const world = await startLatencyWorld({ count: 1, latencyMs: 0, tail: false, seed: 1 })
  const client = worldClient(world.policy)
  const origin = 'https://anchor-0.bench.sim'
  const toml = parse(await client.text(`${origin}/.well-known/stellar.toml`))
  const { fetch, close } = createFetchUntrusted(world.policy)
  const signedIn = await signIn(
    {
      network: 'mainnet',
      homeDomain: 'anchor-0.bench.sim',
      signingKey: String(toml['SIGNING_KEY']),
      endpoints: {
        sep10: `${origin}/auth`,
        sep24: `${origin}/sep24`,
        sep31: `${origin}/sep31`,
        sep12: `${origin}/kyc`,
      },
      assets: { sep24: { USDB: { deposit: { enabled: true } } }, sep6: undefined },
      readsQuotes: false,
      readsCustomer: true,
    },
    createSignInKey(null),
    { fetch, now: () => new Date() },
  )
  expect(signedIn?.findings).toEqual([])
  expect(signedIn?.seps).toEqual({
    sep24: { outcome: 'ok', isConformant: true },
    sep31: { outcome: 'ok' },
    sep12: { outcome: 'ok', isConformant: true },
  })
  const { assets } = await client.json<{ assets: { asset: string }[] }>(`${origin}/sep38/info`)
  const [quoted] = assets
  expect(
    await client.json(`${origin}/sep38/prices?sell_asset=${quoted?.asset}&sell_amount=100`),
  ).toHaveProperty('buy_assets.0.price')
  const issuer = quoted?.asset.split(':')[2]
  expect(await client.json(`${world.horizonUrl}/accounts/${issuer}`)).toMatchObject({
    account_id: issuer,
    home_domain: 'anchor-0.bench.sim',
  })
  await close()
  await client.close()
  await world.close()
})

test('without a tail every answer takes the latency, and a first run of the day asks for more', () => {
  const options = { count: 1, latencyMs: 50, tail: false, seed: 1 }
  const [first] = latencyChains(options, TIMEOUTS, true)
  const [second] = latencyChains(options, TIMEOUTS, false)
  expect(new Set(first?.requests.map(({ ms }) => ms))).toEqual(new Set([50]))
  const usual = ['toml', 'sep24', 'sep6', 'sep31', 'sep38', 'sep10']
  expect(second?.requests.map(({ name }) => name)).toEqual(usual)
  expect(first?.requests.map(({ name, after }) => [name, ...after]).slice(usual.length)).toEqual([
    ['sep12', 'toml'],
    ['sep12 options', 'sep12'],
    ['prices', 'sep38'],
    ['sign-in challenge', 'sep10'],
    ['sign-in', 'sign-in challenge'],
    ['sep24 list', 'sign-in', 'sep24'],
    ['sep6 list', 'sign-in', 'sep6'],
    ['sep31 list', 'sign-in'],
    ['sep12 list', 'sign-in'],
  ])
})

test('about 5 % of the answers are slow, 2 % never come and 3 % are missing', () => {
  const options = { count: 20_000, latencyMs: 50, tail: true, seed: 1 }
  const timeouts = { ...TIMEOUTS, requestMs: 3_000 }
  const chains = latencyChains(options, timeouts, true)
  const share = (matches: (ms: number | undefined, isRead: boolean) => boolean) =>
    chains.filter(({ requests, isRead }) => matches(requests[0]?.ms, isRead)).length / chains.length
  expect(share((ms) => ms === 2_000)).toBeCloseTo(0.05, 2)
  expect(share((ms) => ms === 3_000)).toBeCloseTo(0.02, 2)
  expect(share((ms, isRead) => ms === 50 && !isRead)).toBeCloseTo(0.03, 2)
  expect(latencyChains(options, timeouts, true)).toEqual(chains)
  expect(latencyChains({ ...options, seed: 2 }, timeouts, true)).not.toEqual(chains)
})

test('as a process it prints its address in one line, serves, and ends on SIGTERM', async () => {
  const options = JSON.stringify({ count: 2, latencyMs: 1, tail: false, seed: 1 })
  const child = spawn(process.execPath, [PROGRAM, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const ready: { port: number; ca: string; directoryUrl: string; hosts: string[] } =
    JSON.parse(line)
  expect(ready.hosts).toEqual([
    'anchor-0.bench.sim',
    'anchor-1.bench.sim',
    'transfer-1.bench.sim',
    'directory.bench.sim',
    'horizon.bench.sim',
  ])
  const client = worldClient({
    port: ready.port,
    ca: ready.ca,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  expect(await client.json(ready.directoryUrl)).toHaveProperty('anchors')
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  await client.close()
})
