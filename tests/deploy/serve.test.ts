import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { ageOpen } from '../contract/rows.ts'
import { amountsUpdated, withdrawal } from '../contract/transactions.ts'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { type Gate, startGate } from '../helpers/gate.ts'
import { startLoopbackServer } from '../helpers/loopback-server.ts'
import { runOpsCommand } from '../helpers/ops-command.ts'
import { type Served, useServed } from '../helpers/served.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CRON_SECRET = 'correct-horse-battery-staple'
const OPERATOR = { authorization: `Bearer ${CRON_SECRET}` }
const KEY = { 'x-api-key': 'correct-business-battery-staple' }
const PLATFORM_SECRET = 'correct-platform-battery-staple'
const IDS = ['a', 'b', 'c', 'd', 'e']

describeOnReal('npm run serve over PostgreSQL and PostgREST', (kind) => {
  const database = useDatabase(kind)
  const start = useServed()
  let emulator: PlatformEmulator
  let gate: Gate
  beforeAll(async () => {
    emulator = await startPlatformEmulator()
    gate = await startGate(emulator.url)
  })
  afterAll(async () => {
    await gate.close()
    await emulator.close()
  })
  const platformHas = (ids: readonly string[]) =>
    emulator.setState({
      config: { platform_server_auth_type: 'api_key', secret: PLATFORM_SECRET },
      initial_transactions: ids.map((id) => withdrawal(id)),
    })
  beforeEach(() => {
    platformHas(['first', ...IDS])
    gate.open()
  })

  const serve = (environment: Record<string, string> = {}): Promise<Served> =>
    start({
      // No minute passes at a moment that a test does not choose.
      args: ['--without-schedules'],
      environment: {
        CRON_SECRET,
        POSTGREST_URL: database.url,
        SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
        BUSINESS_API_KEY: KEY['x-api-key'],
        ANCHOR_PLATFORM_URL: gate.url,
        ANCHOR_PLATFORM_AUTH: 'api_key',
        ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
        ANCHOR_PLATFORM_VERSION: '2.8.4',
        ...environment,
      },
    })
  const post = ({ url }: Served, ids: readonly string[]) =>
    fetch(`${url}/api/transactions/rpc`, {
      method: 'POST',
      headers: KEY,
      body: JSON.stringify(ids.map((id) => amountsUpdated(id, `update of ${id}`))),
    })
  const states = async () =>
    (await database.query('select state from anchor_ops.attempt order by state')).map(
      ({ state }) => state,
    )
  const applied = (before: number) =>
    emulator
      .requests()
      .slice(before)
      .reduce((sum, request) => sum + request.applied, 0)
  /** Begins a batch, and waits until the gate holds all of it. */
  const beginBatch = async (served: Served, holds: 'request' | 'answer') => {
    // The first update of a process goes out alone.
    expect((await post(served, ['first'])).status).toBe(200)
    gate.shut(holds)
    const answered = post(served, IDS)
    const outcome = answered.catch(() => 'cut' as const)
    await held(IDS.length)
    return { outcome }
  }
  const held = (count: number) =>
    vi.waitFor(() => expect(gate.held()).toBe(count), { timeout: 20_000, interval: 20 })
  /** Lets time pass until a run of the settler may send again what was cut, and runs it until nothing is open. */
  const settle = async ({ url }: Served) => {
    await ageOpen(database.query, 300)
    await vi.waitFor(
      async () => {
        const answer = await fetch(`${url}/api/transactions/settle`, { headers: OPERATOR })
        expect(await answer.json()).toMatchObject({ remaining: 0, manual: 0 })
        expect(new Set(await states())).toEqual(new Set(['APPLIED']))
      },
      { timeout: 30_000, interval: 100 },
    )
  }

  test('answers its health, refuses strangers, and ends with code 0 at SIGTERM', async () => {
    const served = await serve()
    const health = await fetch(`${served.url}/api/health`, { headers: OPERATOR })
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ checks: { database: { status: 'ok' } } })
    for (const path of ['transactions/settle', 'anchors/ops?action=sync', 'payments/observe']) {
      expect((await fetch(`${served.url}/api/${path}`)).status).toBe(401)
    }
    served.kill('SIGTERM')
    expect(await served.ended).toBe(0)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s updates that are under way are carried out and answered, and no call is accepted',
    async (signal) => {
      const before = emulator.requests().length
      const served = await serve()
      const { outcome } = await beginBatch(served, 'request')
      served.kill(signal)
      await served.logged('stopping', { signal })
      await expect(fetch(`${served.url}/api/health`)).rejects.toThrow('fetch failed')
      gate.open()
      const answer = await outcome
      if (answer === 'cut') throw new Error('The batch got no answer.')
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
      expect(await answer.json()).toMatchObject(IDS.map((id) => ({ result: { id } })))
      expect(await served.ended).toBe(0)
      expect(await states()).toEqual(['APPLIED', ...IDS.map(() => 'APPLIED')])
      expect(applied(before)).toBe(1 + IDS.length)
    },
  )

  test.each([
    { title: 'after STOP_SECONDS', stopSeconds: '1', signals: 1 },
    { title: 'by a second signal', stopSeconds: '3600', signals: 2 },
  ])(
    'updates that are cut $title end it with code 3, and settle after the restart',
    async ({ stopSeconds, signals }) => {
      const before = emulator.requests().length
      const served = await serve({ STOP_SECONDS: stopSeconds })
      const { outcome } = await beginBatch(served, 'request')
      served.kill('SIGTERM')
      await served.logged('stopping')
      if (signals === 2) served.kill('SIGTERM')
      expect(await served.ended).toBe(3)
      expect(await outcome).toBe('cut')
      expect(await states()).toEqual(['APPLIED', ...IDS.map(() => 'SENDING')])
      gate.open()
      await settle(await serve())
      expect(applied(before)).toBe(1 + IDS.length)
    },
  )

  test.each(['request', 'answer'] as const)(
    'a SIGKILL while each %s of the platform is on its way loses no update and applies none twice',
    async (holds) => {
      const before = emulator.requests().length
      const served = await serve()
      const { outcome } = await beginBatch(served, holds)
      served.kill('SIGKILL')
      expect(await served.ended).toBeNull()
      expect(await outcome).toBe('cut')
      gate.open()
      await settle(await serve())
      expect(applied(before)).toBe(1 + IDS.length)
    },
  )

  test('a hundred commands at once are each carried out once', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `at-once-${index}`)
    platformHas(ids)
    const before = emulator.requests().length
    const served = await serve()
    const answers = await Promise.all(ids.map((id) => post(served, [id])))
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200))
    await settle(served)
    expect(applied(before)).toBe(ids.length)
    expect(await states()).toHaveLength(ids.length)
  })

  test('a hundred commands of every sort at once exit with their codes, and nothing is done twice', async () => {
    const served = await serve()
    const before = emulator.requests().length
    expect((await post(served, IDS)).status).toBe(200)
    const environment = {
      ANCHOR_OPS_URL: served.url,
      ANCHOR_OPS_KEY: KEY['x-api-key'],
      CRON_SECRET,
    }
    const of = (count: number, line: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => line(index).split(' '))
    const lines = [
      ...of(20, (index) => `keys create key-${index} --scope read`),
      ...of(10, () => 'keys create wanted-by-ten --scope read'),
      ...of(10, () => 'attention'),
      ...of(10, () => 'attempts list --state APPLIED'),
      ...of(10, () => 'payments list'),
      ...of(10, () => 'anchors list'),
      ...of(10, () => 'anchors show nobody.example.org'),
      ...of(10, () => 'run settle'),
      ...of(10, () => 'reconcile'),
    ]
    expect(lines).toHaveLength(100)
    const ran = await Promise.all(lines.map((words) => runOpsCommand(words, environment)))
    const codes = (from: number, to: number) => ran.slice(from, to).map(({ code }) => code)
    expect(codes(0, 20)).toEqual(Array(20).fill(0))
    // Of ten who want one name, one gets it.
    expect(codes(20, 30).toSorted()).toEqual([0, ...Array(9).fill(1)])
    expect(codes(30, 70)).toEqual(Array(40).fill(0))
    expect(codes(70, 80)).toEqual(Array(10).fill(1))
    expect(codes(80, 90)).toEqual(Array(10).fill(0))
    // No books are kept here, which is not all well.
    expect(codes(90, 100)).toEqual(Array(10).fill(5))
    const names = (await database.query('select name from anchor_ops.api_key')).map(
      ({ name }) => name,
    )
    expect(names).toHaveLength(21)
    expect(applied(before)).toBe(IDS.length)
    expect(await states()).toEqual(IDS.map(() => 'APPLIED'))
  })
})

describe('npm run serve ends at once', () => {
  const DATABASE = { POSTGREST_URL: 'http://127.0.0.1:1', SUPABASE_SERVICE_ROLE_KEY: 'some-key' }
  const run = (environment: Record<string, string>, args: readonly string[] = []) => {
    const { status, stdout, stderr } = spawnSync('node', ['serve/main.ts', ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  test.each([
    [{}, 'no database is configured; allowed: SUPABASE_URL'],
    [{}, 'CRON_SECRET is not set; allowed: 16 random characters'],
    [DATABASE, 'npm run serve cannot start: CRON_SECRET is not set'],
    [{ ...DATABASE, CRON_SECRET, STELLAR_NETWORK: 'moon' }, 'STELLAR_NETWORK is "moon"; allowed:'],
    [{ ...DATABASE, CRON_SECRET: 'short' }, 'CRON_SECRET is a value that is not shown; allowed:'],
    [{ ...DATABASE, CRON_SECRET, PORT: 'http' }, 'PORT is "http" in the environment; allowed:'],
    [{ ...DATABASE, CRON_SECRET, STOP_SECONDS: '-1' }, 'STOP_SECONDS is "-1" in the environment'],
  ])('with code 2 for %j and says: %s', (environment, message) => {
    expect(run(environment)).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })

  test('with code 2 for an option that it does not have', () => {
    expect(run({}, ['--fast'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /--fast.* on the command line; allowed: --without-schedules, --help/,
      ),
    })
  })

  test('with code 1 if its port is taken', async () => {
    const taken = await startLoopbackServer(() => {})
    const { port } = new URL(taken.origin)
    try {
      expect(run({ ...DATABASE, CRON_SECRET, PORT: port })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`Cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`),
      })
    } finally {
      await taken.close()
    }
  })
})
