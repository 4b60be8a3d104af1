import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { builtOnce, type RunningFunction, startFunction } from '../helpers/builder.ts'
import { databases, startSupabaseUrl, type TestDatabase } from '../helpers/database.ts'

const SECRET = 'correct-horse-battery-staple'
const KEY = { 'x-api-key': 'correct-business-battery-staple' }
const ACCOUNT = simulatedAccountId('distribution account')
const PLATFORM_SECRET = 'correct-platform-battery-staple-0123456789'

/** What only the artefact shows: the client of the platform is in it, and path parameters reach the route. */
export function describeBuiltUpdates(): void {
  describe.each(databases().slice(-1))(
    'transaction updates as Vercel builds them, on $name',
    ({ open }) => {
      let database: TestDatabase
      let supabase: Awaited<ReturnType<typeof startSupabaseUrl>>
      let emulator: PlatformEmulator
      const running: RunningFunction[] = []

      const start = async (entrypoint: string) => {
        const artefact = await builtOnce(entrypoint)
        const process = await startFunction(artefact, {
          VERCEL: '1',
          VERCEL_ENV: 'production',
          CRON_SECRET: SECRET,
          SUPABASE_URL: supabase.url,
          SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
          BUSINESS_API_KEY: KEY['x-api-key'],
          ANCHOR_PLATFORM_URL: emulator.url,
          ANCHOR_PLATFORM_AUTH: 'jwt',
          ANCHOR_PLATFORM_SECRET: PLATFORM_SECRET,
          PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT,
          PAYMENT_OBSERVER_START: 'now',
          // The guard of the artefact dials nothing on loopback: what is seen is that it is asked.
          STELLAR_HORIZON_URL: 'https://horizon.localhost',
        })
        running.push(process)
        return process.origin
      }
      let rpc: string
      let update: string
      let settle: string
      let observe: string
      let payments: string

      beforeAll(async () => {
        database = await open()
        supabase = await startSupabaseUrl(database)
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
        rpc = `${await start('api/transactions/rpc.ts')}/api/transactions/rpc`
        update = `${await start('api/transactions/[id]/[method].ts')}/api/transactions`
        settle = `${await start('api/transactions/settle.ts')}/api/transactions/settle`
        observe = `${await start('api/payments/observe.ts')}/api/payments/observe`
        payments = `${await start('api/payments/index.ts')}/api/payments`
      })
      afterAll(async () => {
        await Promise.all(running.map((process) => process.stop()))
        await emulator.close()
        await supabase.close()
        await database.close()
      })

      const statusOf = (id: string) =>
        emulator.state().transactions.find((one) => one.id === id)?.status

      test('a JSON-RPC document is applied with a signed token, its id and digits as they came', async () => {
        const body = `[{"jsonrpc":"2.0","id":1.0,"method":"notify_transaction_error","params":{"transaction_id":"one","message":"m"}}]`
        const response = await fetch(rpc, { method: 'POST', headers: KEY, body })
        expect(response.status).toBe(200)
        const text = await response.text()
        expect(text).toContain('"status":"error"')
        expect(text).toMatch(/"id":1\.0\}\]$/)
        expect(statusOf('one')).toBe('error')
      })

      test('the id and the method of a URL reach the route', async () => {
        const call = (query = '') =>
          fetch(
            `${update}/two/notify_transaction_error?id=two&method=notify_transaction_error${query}`,
            {
              method: 'POST',
              headers: KEY,
              body: '{"message":"m"}',
            },
          )
        const response = await call()
        expect(response.status).toBe(200)
        expect(await response.json()).toMatchObject({ transaction: { id: 'two', status: 'error' } })
        expect((await call('&id=one')).status).toBe(400)
      })

      test('the settler answers the scheduler and nobody else', async () => {
        expect((await fetch(settle, { headers: KEY })).status).toBe(401)
        const response = await fetch(settle, { headers: { authorization: `Bearer ${SECRET}` } })
        expect(await response.json()).toMatchObject({ settled: 0, remaining: 0 })
      })

      test('the observer answers the scheduler with an alarm where the ledger is out of reach, and jumps nowhere', async () => {
        expect((await fetch(observe, { headers: KEY })).status).toBe(401)
        const response = await fetch(observe, { headers: { authorization: `Bearer ${SECRET}` } })
        expect(response.status).toBe(200)
        expect(await response.json()).toMatchObject({
          accounts: [{ account: ACCOUNT, alarm: { code: 'ledger_unreachable' }, payments: 0 }],
        })
        const seen = await fetch(payments, { headers: KEY })
        expect(await seen.json()).toEqual({ payments: [], next: null })
      })
    },
  )
}
