import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { openEmbeddedDatabase } from '../../local/embedded-database.ts'
import { ageOpen } from './rows.ts'
import { BEARER, BUSINESS_KEY, CRON_SECRET, KEY, PLATFORM_SECRET } from './service.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const SERVICE = file('tests/helpers/local-service-child.ts')
const EMULATOR = file('local/platform/main.ts')

const children = new Set<ChildProcess>()
const folder = await mkdtemp(join(tmpdir(), 'anchor-ops-kill-'))
afterAll(async () => {
  for (const child of children) await kill(child)
  await rm(folder, { recursive: true, force: true })
})

function run(path: string, environment: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const child = fork(path, [], {
    env: { PATH, HOME, ...environment },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  children.add(child)
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

async function startEmulator(): Promise<string> {
  const port = await freePort()
  const child = run(EMULATOR, { EMULATOR_PORT: String(port) })
  if (child.stdout) await once(child.stdout, 'data')
  return `http://127.0.0.1:${port}`
}

interface RunningService {
  child: ChildProcess
  url: string
  dataDir: string
}

async function startService(platformUrl: string): Promise<RunningService> {
  const child = run(SERVICE, {
    DATA_ROOT: folder,
    CRON_SECRET,
    BUSINESS_API_KEY: BUSINESS_KEY,
    ANCHOR_PLATFORM_URL: platformUrl,
    ANCHOR_PLATFORM_AUTH: 'api_key',
    ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
  })
  const [started] = await once(child, 'message')
  return { child, ...(started as { url: string; dataDir: string }) }
}

interface Update {
  id: string
  first: string
  second: string
}
const UPDATES: Update[] = ['a', 'b', 'c', 'd', 'e'].map((id) => ({
  id,
  first: `first of ${id}`,
  second: `second of ${id}`,
}))
/** The faults that the first update of a to d meets; `e` meets none. */
const FAULTS = [
  { kind: 'delay', delayMs: 60_000, match: { path: '/', transactionId: 'a' } },
  { kind: 'delay', delayMs: 60_000, match: { path: '/', transactionId: 'b' } },
  { kind: 'late_apply', delayMs: 3_000, match: { path: '/', transactionId: 'c' } },
  { kind: 'no_answer', applied: false, match: { path: '/', transactionId: 'd' } },
]

test('a SIGKILL in the middle of a batch of 10 loses no update and applies none twice', {
  timeout: 60_000,
}, async () => {
  const platform = await startEmulator()
  const put = async (path: string, body: unknown) => {
    const answer = await fetch(`${platform}/_emulator/${path}`, {
      method: 'PUT',
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(200)
  }
  interface Sent {
    method: string
    applied: number
    items: { transactionId: string; method?: string }[]
  }
  // The questions about the release are no updates.
  const isUpdate = ({ method, items }: Sent) =>
    method === 'POST' && !items.some((item) => item.method === 'get_transaction')
  const posts = async () => {
    const answer = await fetch(`${platform}/_emulator/requests`)
    return ((await answer.json()) as Sent[]).filter(isUpdate)
  }
  const applied = async (id?: string) =>
    (await posts())
      .filter(({ items }) => id === undefined || items[0]?.transactionId === id)
      .reduce((sum, one) => sum + one.applied, 0)
  await put('state', {
    config: { platform_server_auth_type: 'api_key', secret: PLATFORM_SECRET },
    initial_transactions: UPDATES.map(({ id }) => withdrawal(id)),
  })
  await put('faults', FAULTS)

  const batch = JSON.stringify(
    UPDATES.flatMap(({ id, first, second }) => [
      amountsUpdated(id, first, '4'),
      amountsUpdated(id, second, '3'),
    ]),
  )
  const post = ({ url }: RunningService) =>
    fetch(`${url}/api/transactions/rpc`, {
      method: 'POST',
      headers: { ...KEY, 'idempotency-key': 'batch-1' },
      body: batch,
    })
  let service = await startService(platform)
  const cut = post(service).catch(() => 'cut')
  // The first updates of a to d hang. Both updates of e are applied.
  await vi.waitFor(
    async () => {
      expect(await posts()).toHaveLength(6)
      expect([await applied('a'), await applied('b'), await applied('e')]).toEqual([1, 1, 2])
    },
    { timeout: 20_000, interval: 50 },
  )
  await kill(service.child)
  expect(await cut).toBe('cut')
  await vi.waitFor(async () => expect(await applied('c')).toBe(1), {
    timeout: 10_000,
    interval: 50,
  })

  // No process has the database open, so it holds what the dead process left.
  const database = await openEmbeddedDatabase({ dataDir: service.dataDir })
  const states = async () =>
    database.query('select transaction_id as id, state from anchor_ops.attempt order by seq')
  const stored = await states()
  expect(stored.map(({ id }) => id)).toEqual(UPDATES.flatMap(({ id }) => [id, id]))
  for (const { id, state } of stored)
    expect(['SENDING', 'READY', 'APPLIED'], `${id}`).toContain(state)
  for (const id of ['a', 'b', 'c', 'd']) {
    expect(stored.filter((one) => one['id'] === id).map(({ state }) => state)).toEqual([
      'SENDING',
      'READY',
    ])
  }
  await ageOpen(database.query, 300)
  await database.close()

  await put('faults', [])
  service = await startService(platform)
  let settled = 0
  for (let run = 0; run < 5 && settled < 10; run += 1) {
    const answer = await fetch(`${service.url}/api/transactions/settle`, { headers: BEARER })
    expect(answer.status).toBe(200)
    const body = (await answer.json()) as Record<string, number>
    expect(body).toMatchObject({ manual: 0, notApplied: 0, rejected: 0 })
    settled += body['settled'] ?? 0
  }

  const sentBefore = (await posts()).length
  expect(await applied()).toBe(10)
  for (const { id, second } of UPDATES) {
    expect(await applied(id), `applied of ${id}`).toBe(2)
    const answer = await fetch(`${service.url}/api/transactions/${id}?refresh=true`, {
      headers: KEY,
    })
    const { transaction, attempts } = (await answer.json()) as {
      transaction: { message: string }
      attempts: { state: string }[]
    }
    expect(attempts.map(({ state }) => state)).toEqual(['APPLIED', 'APPLIED'])
    expect(transaction.message).toBe(second)
  }

  // The same key gets all ten results, and nothing is sent again.
  const again = await post(service)
  expect(again.status).toBe(200)
  const text = await again.text()
  const answers = JSON.parse(text) as { result?: { id: string } }[]
  expect(answers.map(({ result }) => result?.id)).toEqual(UPDATES.flatMap(({ id }) => [id, id]))
  expect(await (await post(service)).text()).toBe(text)
  expect(await posts()).toHaveLength(sentBefore)
})
