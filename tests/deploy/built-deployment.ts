import { beforeAll, describe, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { useFunctions } from '../helpers/builder.ts'
import { databases, startSupabaseUrl, useDatabase } from '../helpers/database.ts'

const SECRET = 'correct-horse-battery-staple'
const OPERATOR = { authorization: `Bearer ${SECRET}` }
const KEY = { 'x-api-key': 'correct-business-battery-staple' }
const ACCOUNT = simulatedAccountId('distribution account')
const PLATFORM_SECRET = 'correct-platform-battery-staple-0123456789'

/** No resolver knows a name below .sim: the guard of the function says dns_failed, and nothing leaves the machine. */
const DOMAIN = 'anchor.built-function.sim'

/** The functions as Vercel builds them, over the database that production has and an emulated platform. */
export function describeBuiltDeployment(): void {
  describe.each(databases().slice(-1))('a deployment of built functions on $name', (kind) => {
    const database = useDatabase(kind, { reset: 'once' })
    const start = useFunctions()
    let emulator: PlatformEmulator
    const url: Record<string, string> = {}

    beforeAll(async () => {
      const supabase = await startSupabaseUrl(database)
      emulator = await startPlatformEmulator({
        state: {
          config: { platform_server_auth_type: 'jwt', secret: PLATFORM_SECRET },
          initial_transactions: ['one', 'two'].map((id) => ({
            sep: '24',
            id,
            kind: 'withdrawal',
            status: 'incomplete',
            started_at: '2026-01-01T00:00:00Z',
            request_asset_code: 'USDC',
          })),
        },
      })
      const environment = {
        VERCEL: '1',
        VERCEL_ENV: 'production',
        CRON_SECRET: SECRET,
        SUPABASE_URL: supabase.url,
        SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
        STELLAR_ANCHOR_DIRECTORY_URL: 'https://directory.built-function.sim/anchors.json',
        BUSINESS_API_KEY: KEY['x-api-key'],
        ANCHOR_PLATFORM_URL: emulator.url,
        ANCHOR_PLATFORM_AUTH: 'jwt',
        ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
        PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT,
        PAYMENT_OBSERVER_START: 'now',
        // The guard of the function dials nothing on loopback.
        STELLAR_HORIZON_URL: 'https://horizon.localhost',
      }
      const files = {
        ops: 'anchors/ops',
        catalog: 'anchors/catalog',
        rpc: 'transactions/rpc',
        update: 'transactions/[id]/[method]',
        settle: 'transactions/settle',
        observe: 'payments/observe',
        payments: 'payments/index',
      }
      for (const [name, file] of Object.entries(files)) {
        const origin = await start(`api/${file}.ts`, environment)
        url[name] = `${origin}/api/${file.replace(/\/(index|\[.*)$/, '')}`
      }
      return async () => {
        await emulator.close()
        await supabase.close()
      }
    })

    const ask = async (name: string, init: RequestInit = {}, rest = '') => {
      const response = await fetch(url[name] + rest, init)
      const text = await response.text()
      return { status: response.status, text, body: JSON.parse(text) }
    }
    const statusOf = (id: string) =>
      emulator.state().transactions.find((one) => one.id === id)?.status

    test('an import is written, another function reads it, and a repeat changes nothing', async () => {
      const anchors = [
        { name: 'Built', domain: DOMAIN, country: 'MX', currency: 'MXN', type: 'on-ramp' },
      ]
      const post = (dryRun: boolean) =>
        ask('ops', {
          method: 'POST',
          headers: OPERATOR,
          body: JSON.stringify({ action: 'import_directory', anchors, dryRun }),
        })
      expect(await post(false)).toMatchObject({ status: 200, body: { written: 1 } })
      expect(await post(true)).toMatchObject({
        body: { written: 0, changes: { new: 0, changed: 0, unchanged: 1 } },
      })
      expect((await ask('catalog')).body).toMatchObject({
        anchors: [{ id: `${DOMAIN}:on-ramp:MX:MXN`, operational: false, lastCheckedAt: null }],
        next: null,
      })
    })

    test('a scheduled sync without its directory answers 502 and still checks known anchors', async () => {
      const headers = { ...OPERATOR, 'user-agent': 'vercel-cron/1.0' }
      expect(await ask('ops', { headers }, '?action=sync')).toMatchObject({
        status: 502,
        body: {
          status: 'error',
          action: 'sync',
          error: 'Anchor directory unavailable (dns_failed)',
          refresh: { requested: 300, processed: 1, ok: 0, errors: 1 },
          results: [{ domain: DOMAIN, error: 'stellar.toml unavailable (dns_failed)' }],
        },
      })
    })

    test('a second delivery of the schedule gets the stored answer and checks nothing', async () => {
      const { body } = await ask('ops', { headers: { 'x-vercel-cron': '1' } }, '?action=sync')
      expect(body).toMatchObject({ skipped: 'recent', refresh: { processed: 1 } })
      expect(await database.query('select from anchor_ops.home_domain_check')).toHaveLength(1)
      expect(
        await database.query(
          `select outcome, health ->> 'notFoundCount' as not_found_count from anchor_ops.home_domain`,
        ),
      ).toEqual([{ outcome: 'unsure', not_found_count: '0' }])
    })

    test('a run streams its events through the launcher of Vercel, and goes on for a caller who leaves', async () => {
      const headers = { ...OPERATOR, accept: 'text/event-stream' }
      const response = await fetch(`${url['ops']}?action=refresh_capabilities`, { headers })
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      const text = await response.text()
      const events = [...text.matchAll(/^event: (.*)\ndata: (.*)\n$/gm)]
      expect(events.map(([, event, data = '']) => [event, JSON.parse(data)])).toMatchObject([
        ['checked', { domain: DOMAIN, status: 'error', processed: 1, ok: 0, errors: 1 }],
        ['answer', { action: 'refresh_capabilities', refreshed: 1 }],
      ])
      const leaving = new AbortController()
      await fetch(`${url['ops']}?action=refresh_capabilities`, { headers, signal: leaving.signal })
      leaving.abort()
      await expect
        .poll(() => database.query('select from anchor_ops.run where finished_at is null'), {
          timeout: 30_000,
        })
        .toEqual([])
      const checks = await database.query('select from anchor_ops.home_domain_check')
      expect(checks.length).toBeGreaterThanOrEqual(2)
      expect((await ask('catalog')).status).toBe(200)
    })

    test('a JSON-RPC document is applied with a signed token, and its id keeps its digits', async () => {
      const body = `[{"jsonrpc":"2.0","id":1.0,"method":"notify_transaction_error","params":{"transaction_id":"one","message":"m"}}]`
      const { status, text } = await ask('rpc', { method: 'POST', headers: KEY, body })
      expect(status).toBe(200)
      expect(text).toContain('"status":"error"')
      expect(text).toMatch(/"id":1\.0\}\]$/)
      expect(statusOf('one')).toBe('error')
    })

    test('the id and the method of a URL reach the route', async () => {
      const call = (query = '') =>
        ask(
          'update',
          { method: 'POST', headers: KEY, body: '{"message":"m"}' },
          `/two/notify_transaction_error?id=two&method=notify_transaction_error${query}`,
        )
      expect(await call()).toMatchObject({
        status: 200,
        body: { transaction: { id: 'two', status: 'error' } },
      })
      expect((await call('&id=one')).status).toBe(400)
    })

    test('the settler answers the scheduler and refuses the business key', async () => {
      expect((await ask('settle', { headers: KEY })).status).toBe(401)
      const { body } = await ask('settle', { headers: OPERATOR })
      expect(body).toMatchObject({ settled: 0, remaining: 0 })
    })

    test('the observer answers with an alarm while the ledger is out of reach, and sees no payment', async () => {
      expect((await ask('observe', { headers: KEY })).status).toBe(401)
      expect(await ask('observe', { headers: OPERATOR })).toMatchObject({
        status: 200,
        body: {
          accounts: [{ account: ACCOUNT, alarm: { code: 'ledger_unreachable' }, payments: 0 }],
        },
      })
      expect((await ask('payments', { headers: KEY })).body).toEqual({ payments: [], next: null })
    })
  })
}
