import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { type Answer, jsonAnswer } from '../../local/world/answer.ts'
import {
  type Site,
  type SiteRequest,
  startWorldServer,
  type WorldServer,
} from '../../local/world/world-server.ts'
import { ageOpen } from '../contract/rows.ts'
import { anchor, row } from '../contract/sites.ts'
import { ANCHOR, amountsUpdated, USDC, USER, withdrawal } from '../contract/transactions.ts'
import { type Hook, WEBHOOK_SECRET } from '../contract/webhook-receiver.ts'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { type Gate, startGate } from '../helpers/gate.ts'
import { type Served, useServed } from '../helpers/served.ts'

const CRON_SECRET = 'correct-horse-battery-staple'
const KEY = { 'x-api-key': 'correct-business-battery-staple' }
const PLATFORM_SECRET = 'correct-platform-battery-staple'
const CHILD = fileURLToPath(new URL('../helpers/serve-child.ts', import.meta.url))
const COMMAND = ['node', '--import', './scripts/require-setup.mjs', CHILD]

const DIRECTORY = 'directory.example.org'
const HORIZON = 'horizon.example.org'
const HOOKS = 'hooks.example.org'
const LISTED = 'anchor.example.org'
/** The paths that vercel.json calls at 06:00 and at 12:00. */
const RUNS = [
  '/api/anchors/check',
  '/api/anchors/ops',
  '/api/events/deliver',
  '/api/payments/observe',
  '/api/transactions/settle',
]
/** Subjects whose event waits for the webhook when the process starts. */
const TOLD = ['first', 'second']

describeOnReal('npm run serve while its scheduled runs are under way', (kind) => {
  const database = useDatabase(kind)
  const start = useServed()
  const sites = new Map<string, Site>()
  const ledger = createSimulatedLedger({ genesis: new Date(Date.now() - 60_000) })
  let world: WorldServer
  let emulator: PlatformEmulator
  let gate: Gate
  /** What the webhook took. Its signature is hours ahead, as the clock of the process is. */
  let taken: Hook[] = []
  let opening = Promise.withResolvers<void>()
  let isShut = false
  let before = 0
  let askedBefore: Record<string, number> = {}

  beforeAll(async () => {
    world = await startWorldServer(sites)
    emulator = await startPlatformEmulator({ ledger })
    gate = await startGate(emulator.url)
  })
  afterAll(async () => {
    opening.resolve()
    await gate.close()
    await emulator.close()
    await world.close()
  })
  beforeEach(() => {
    ledger.reset()
    ledger.advance(2)
    ledger.setAccount({ id: ANCHOR, trustlines: [{ asset: USDC }] })
    const horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
    taken = []
    const held = (site: Site): Site => ({
      answer: (url, request) => {
        const answer: Answer = site.answer(url, request)
        return isShut ? { ...answer, until: opening.promise } : answer
      },
    })
    sites.set(DIRECTORY, held({ answer: () => jsonAnswer({ anchors: [row(LISTED)] }) }))
    sites.set(HORIZON, held({ answer: (url) => horizon.answer(url) }))
    const hooks = (_url: URL, request?: SiteRequest): Answer => {
      taken.push(JSON.parse(request?.body ?? '{}') as Hook)
      return { kind: 'body', status: 204, headers: {}, body: '' }
    }
    sites.set(HOOKS, held({ answer: hooks }))
    sites.set(LISTED, anchor(LISTED))
    emulator.setState({
      config: { platform_server_auth_type: 'api_key', secret: PLATFORM_SECRET },
      initial_transactions: [
        withdrawal('updated'),
        withdrawal('paid', {
          status: 'pending_user_transfer_start',
          transfer_received_at: undefined,
          memo: '7',
          memo_type: 'id',
        }),
      ],
    })
    before = emulator.requests().length
    askedBefore = world.requests()
    open()
  })

  function shut() {
    opening = Promise.withResolvers()
    isShut = true
    gate.shut('request')
  }
  function open() {
    isShut = false
    opening.resolve()
    gate.open()
  }
  const serve = (
    clockAt: string,
    { args = [], ...environment }: { args?: string[]; STOP_SECONDS?: string } = {},
  ): Promise<Served> =>
    start({
      command: COMMAND,
      args,
      environment: {
        CLOCK_AT: clockAt,
        WORLD_PORT: String(world.policy.port),
        WORLD_CA: world.policy.ca ?? '',
        CRON_SECRET,
        POSTGREST_URL: database.url,
        SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
        BUSINESS_API_KEY: KEY['x-api-key'],
        ANCHOR_PLATFORM_URL: gate.url,
        ANCHOR_PLATFORM_AUTH: 'api_key',
        ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
        ANCHOR_PLATFORM_VERSION: '2.8.4',
        STELLAR_ANCHOR_DIRECTORY_URL: `https://${DIRECTORY}/`,
        STELLAR_HORIZON_URL: `https://${HORIZON}`,
        PAYMENT_OBSERVER_ACCOUNTS: ANCHOR,
        PAYMENT_OBSERVER_START: '1',
        WEBHOOK_URLS: `https://${HOOKS}/`,
        WEBHOOK_SECRET,
        ...environment,
      },
    })

  /** Leaves an update that was cut, a payment that nobody has read, and events that nobody was told of. */
  async function leaveWork(): Promise<void> {
    const served = await serve('05:00', { args: ['--without-schedules'] })
    // A webhook gets the events from its first run on.
    const operator = { authorization: `Bearer ${CRON_SECRET}` }
    await fetch(`${served.url}/api/events/deliver`, { headers: operator })
    gate.shut('request')
    const body = JSON.stringify([amountsUpdated('updated', 'once')])
    const post = { method: 'POST', headers: KEY, body }
    const cut = fetch(`${served.url}/api/transactions/rpc`, post).catch(() => 'cut')
    await vi.waitFor(() => expect(gate.held()).toBe(1), { timeout: 30_000, interval: 20 })
    served.kill('SIGKILL')
    expect([await served.ended, await cut]).toEqual([null, 'cut'])
    gate.open()
    await ageOpen(database.query, 300)
    ledger.close([
      {
        source: USER,
        memo: { type: 'id', value: '7' },
        operations: [{ type: 'payment', to: ANCHOR, asset: USDC, amount: '100' }],
      },
    ])
    for (const subject of TOLD) {
      await database.query('select anchor_ops.tell($1, $2, $3)', ['run.degraded', subject, {}])
    }
  }

  /** Starts the service two seconds before 06:00, and waits until each of its runs is held in the middle of its work. */
  async function everyRunIsHeld(environment: { STOP_SECONDS?: string } = {}): Promise<Served> {
    shut()
    const served = await serve('06:00', environment)
    const asked = (host: string) => (world.requests()[host] ?? 0) - (askedBefore[host] ?? 0)
    await vi.waitFor(
      () =>
        expect({
          sync: asked(DIRECTORY) > 0,
          observe: asked(HORIZON) > 0,
          deliver: asked(HOOKS) > 0,
          settle: gate.held() > 0,
        }).toEqual({ sync: true, observe: true, deliver: true, settle: true }),
      { timeout: 40_000, interval: 50 },
    )
    return served
  }

  /** Everything was done, nothing twice. */
  async function allIsDone(): Promise<void> {
    const attempts = await database.query(
      'select transaction_id, method, state from anchor_ops.attempt order by transaction_id, seq',
    )
    expect(attempts).toEqual([
      { transaction_id: 'paid', method: 'notify_onchain_funds_received', state: 'APPLIED' },
      { transaction_id: 'updated', method: 'notify_amounts_updated', state: 'APPLIED' },
    ])
    const applied = emulator.requests().slice(before)
    expect(applied.reduce((sum, one) => sum + one.applied, 0)).toBe(2)
    const payments = await database.query('select verdict from anchor_ops.payment')
    expect(payments).toEqual([{ verdict: 'credited' }])
    const told = taken.filter(({ type }) => type === 'run.degraded')
    expect([...new Set(told.map(({ subject }) => subject))].toSorted()).toEqual(TOLD)
    const catalog = await database.query(
      'select distinct domain from anchor_ops.home_domain where last_checked_at is not null',
    )
    expect(catalog).toEqual([{ domain: LISTED }])
  }
  const scheduled = ({ log }: Served) =>
    log.filter(({ event, method }) => event === 'request' && method === 'GET')

  test('at SIGTERM each run ends as it would have, none begins, and the exit code is 0', async () => {
    await leaveWork()
    const served = await everyRunIsHeld()
    served.kill('SIGTERM')
    await served.logged('stopping', { signal: 'SIGTERM' })
    await expect(fetch(`${served.url}/api/health`)).rejects.toThrow('fetch failed')
    open()
    expect(await served.ended).toBe(0)
    const runs = scheduled(served)
    expect(runs.map(({ path }) => path).toSorted()).toEqual(RUNS)
    expect(runs.map(({ status }) => status)).toEqual(RUNS.map(() => 200))
    expect(served.log.at(-1)).toMatchObject({ event: 'stopped' })
    await allIsDone()
  })

  test.each([
    { how: 'that STOP_SECONDS end', signal: 'SIGTERM', stopSeconds: '1', code: 3 },
    { how: 'that SIGKILL ends', signal: 'SIGKILL', stopSeconds: '30', code: null },
  ] as const)(
    'runs $how are taken up by the next start: nothing is lost or done twice',
    async ({ signal, stopSeconds, code }) => {
      await leaveWork()
      const served = await everyRunIsHeld({ STOP_SECONDS: stopSeconds })
      served.kill(signal)
      expect(await served.ended).toBe(code)
      open()
      // What the dead process holds is free after 60 to 180 s.
      await ageOpen(database.query, 300)
      await database.query(`update anchor_ops.lease set expires_at = '-infinity'`)
      await database.query(
        `update anchor_ops.webhook_lane set claimed_until = '-infinity', due_at = '-infinity'`,
      )
      await database.query(`update anchor_ops.observer set lease_until = '-infinity'`)
      const next = await serve('12:00')
      await vi.waitFor(() => expect(scheduled(next).length).toBeGreaterThanOrEqual(RUNS.length), {
        timeout: 40_000,
        interval: 50,
      })
      next.kill('SIGTERM')
      expect(await next.ended).toBe(0)
      await allIsDone()
    },
  )
})
