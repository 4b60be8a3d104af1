import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { readConfig } from '../../lib/config.ts'
import { createDeps, useDeps } from '../../lib/deps.ts'
import { createLog } from '../../lib/log.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { createFileRouter } from '../../serve/file-router.ts'
import { readSchedules, startScheduler } from '../../serve/schedules.ts'
import { createUnderWay } from '../../serve/under-way.ts'
import { useDatabase } from '../helpers/database.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CRON_SECRET = 'correct-horse-battery-staple'

let stop = () => {}
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const setClock = (now: string) =>
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: new Date(now) })
const passMinute = () => vi.advanceTimersByTimeAsync(60_000)

describe('the schedules of npm run serve over the real routes', () => {
  const database = useDatabase()
  let emulator: PlatformEmulator
  beforeAll(async () => {
    emulator = await startPlatformEmulator()
  })
  afterAll(() => emulator.close())

  test('make in an hour exactly the calls that vercel.json promises, each admitted by its secret', async () => {
    const lines: string[] = []
    const config = readConfig({
      CRON_SECRET,
      // No resolver knows a name below .sim, and the guard dials nothing on loopback: nothing leaves the machine.
      STELLAR_ANCHOR_DIRECTORY_URL: 'https://directory.sim/anchors.json',
      STELLAR_HORIZON_URL: 'https://horizon.localhost',
      BUSINESS_API_KEY: 'correct-business-battery-staple',
      ANCHOR_PLATFORM_URL: emulator.url,
      PAYMENT_OBSERVER_ACCOUNTS: simulatedAccountId('distribution account'),
      PAYMENT_OBSERVER_START: 'now',
    })
    const { url, serviceKey } = database
    const deps = createDeps(
      { ...config, supabase: { url, serviceKey } },
      {
        databaseFetch: database.fetch,
        sleep: async () => {},
        makeLog: (redact) => createLog((line) => lines.push(line), redact),
      },
    )
    useDeps(() => deps)
    const handle = await createFileRouter({ root: ROOT })
    const underWay = createUnderWay()
    const schedules = await readSchedules(ROOT)

    setClock('2026-12-01T05:30:30Z')
    stop = startScheduler({ schedules, handle, cronSecret: CRON_SECRET, log: deps.log, underWay })
    for (let minute = 0; minute < 60; minute += 1) {
      await passMinute()
      await underWay.over()
    }

    const calls = lines
      .map((line) => JSON.parse(line))
      .filter(({ event }) => ['request', 'request_refused'].includes(event))
    for (const call of calls) {
      expect(call).toMatchObject({ method: 'GET', access: 'full', keyName: 'CRON_SECRET' })
    }
    const promised = Array.from({ length: 60 }, (_, index) => {
      const at = new Date(Date.UTC(2026, 11, 1, 5, 31 + index)).toISOString().slice(11, 16)
      return [
        ...(at === '06:00' ? ['/api/anchors/ops'] : []),
        ...(at.endsWith('0') ? ['/api/anchors/check'] : []),
        ...(at === '06:25' ? ['/api/anchors/discover'] : []),
        '/api/transactions/settle',
        '/api/payments/observe',
        '/api/events/deliver',
      ].map((path) => `${at} ${path}`)
    }).flat()
    const made = calls.map(({ time, path }) => `${time.slice(11, 16)} ${path}`)
    expect(made.toSorted()).toEqual(promised.toSorted())
    expect(made).toHaveLength(3 * 60 + 6 + 1 + 1)
    // The source of the sync and of the walk cannot be reached.
    const failed = calls.filter(({ status }) => status !== 200).map(({ path }) => path)
    expect(failed.toSorted()).toEqual(['/api/anchors/discover', '/api/anchors/ops'])
  })
})

describe('a schedule', () => {
  const start = (handle: (request: Request) => Promise<Response>) => {
    const log: unknown[] = []
    const underWay = createUnderWay()
    setClock('2026-12-01T00:00:30Z')
    stop = startScheduler({
      schedules: [
        { path: '/a', schedule: '* * * * *' },
        { path: '/b', schedule: '* * * * *' },
      ],
      handle,
      cronSecret: CRON_SECRET,
      log: (level, event, { path } = {}) => log.push([level, event, path]),
      underWay,
    })
    return { log, underWay }
  }

  test('whose run is still under way is not started a second time, and the others go on', async () => {
    const asked: string[] = []
    const first = Promise.withResolvers<Response>()
    const { log } = start(({ url }) => {
      const { pathname } = new URL(url)
      asked.push(pathname)
      return pathname === '/a' && asked.length <= 2
        ? first.promise
        : Promise.resolve(new Response())
    })
    await passMinute()
    await passMinute()
    expect(asked).toEqual(['/a', '/b', '/b'])
    expect(log).toEqual([['warn', 'schedule_skipped', '/a']])
    first.resolve(new Response())
    await passMinute()
    expect(asked.slice(3).toSorted()).toEqual(['/a', '/b'])
  })

  test('is under way until its answer has ended', async () => {
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const { underWay, log } = start(async () => new Response(body.readable))
    await passMinute()
    let isOver = false
    const over = underWay.over().then(() => {
      isOver = true
    })
    await passMinute()
    expect([isOver, log.length > 0]).toEqual([false, true])
    await body.writable.close()
    stop()
    await over
  })

  test('that fails is logged, and runs again', async () => {
    let calls = 0
    const { log } = start(() => {
      calls += 1
      return Promise.reject(new Error('the route cannot be loaded'))
    })
    await passMinute()
    await passMinute()
    expect(calls).toBe(4)
    expect(log).toContainEqual(['error', 'schedule_failed', '/a'])
  })

  test('runs no more once it is stopped', async () => {
    let calls = 0
    start(async () => {
      calls += 1
      return new Response()
    })
    stop()
    await passMinute()
    expect(calls).toBe(0)
  })
})
