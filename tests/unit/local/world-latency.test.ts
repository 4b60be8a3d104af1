import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { latencyChains, startLatencyWorld } from '../../../local/world/latency-world.ts'
import { worldClient } from './world-client.ts'

const PROGRAM = fileURLToPath(new URL('../../../local/world/latency-world.ts', import.meta.url))
const TIMEOUT_MS = 1_000

test('every domain answers as its chain announces', async () => {
  const options = { count: 120, latencyMs: 0, tail: true, seed: 7 }
  const world = await startLatencyWorld(options)
  const client = worldClient(world.policy)
  const answered = latencyChains(options, TIMEOUT_MS).filter(({ tomlMs }) => tomlMs < TIMEOUT_MS)
  const statuses = await Promise.all(
    answered.map(async ({ domain }) => {
      const { statusCode, body } = await client.get(`https://${domain}/.well-known/stellar.toml`)
      await body.dump()
      return statusCode
    }),
  )
  expect(statuses).toEqual(answered.map(({ infoMs }) => (infoMs.length === 0 ? 404 : 200)))
  expect(statuses).toContain(404)
  expect(statuses).toContain(200)
  await client.close()
  await world.close()
})

test('half of the anchors have /info on another host, and all endpoints answer', async () => {
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
  }
  expect([...hosts].filter((host) => host.startsWith('transfer-'))).toHaveLength(2)
  expect(hosts.size).toBe(4)
  await client.close()
  await world.close()
})

test('without a tail every answer of a chain takes the latency', () => {
  const chains = latencyChains({ count: 3, latencyMs: 50, tail: false, seed: 1 }, TIMEOUT_MS)
  expect(chains.map(({ tomlMs, infoMs }) => [tomlMs, ...infoMs])).toEqual(
    Array(3).fill([50, 50, 50]),
  )
})

test('about 5 % of the answers are slow, 2 % never come and 3 % are missing', () => {
  const options = { count: 20_000, latencyMs: 50, tail: true, seed: 1 }
  const chains = latencyChains(options, 3_000)
  const share = (matches: (chain: (typeof chains)[number]) => boolean) =>
    chains.filter(matches).length / chains.length
  expect(share(({ tomlMs }) => tomlMs === 2_000)).toBeCloseTo(0.05, 2)
  expect(share(({ tomlMs }) => tomlMs === 3_000)).toBeCloseTo(0.02, 2)
  expect(share(({ tomlMs, infoMs }) => tomlMs === 50 && infoMs.length === 0)).toBeCloseTo(0.03, 2)
  expect(latencyChains(options, 3_000)).toEqual(chains)
  expect(latencyChains({ ...options, seed: 2 }, 3_000)).not.toEqual(chains)
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
