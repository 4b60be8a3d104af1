import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { useServed } from '../helpers/served.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CRON_SECRET = 'correct-horse-battery-staple'
const OPERATOR = { authorization: `Bearer ${CRON_SECRET}` }

describeOnReal('npm run serve over PostgreSQL and PostgREST', (kind) => {
  const database = useDatabase(kind)
  const start = useServed()
  const environment = () => ({
    CRON_SECRET,
    POSTGREST_URL: database.url,
    SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
  })

  test('answers its health, refuses strangers, and ends with code 0 on SIGTERM', async () => {
    const served = await start({ environment: environment() })
    const health = await fetch(`${served.url}/api/health`, { headers: OPERATOR })
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ checks: { database: { status: 'ok' } } })
    expect((await fetch(`${served.url}/api/transactions/settle`)).status).toBe(401)
    served.kill('SIGTERM')
    expect(await served.ended).toBe(0)
    expect(served.log.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['stopping', 'stopped']),
    )
  })
})

test.each([['nothing', {}, 'no database is configured']])(
  '%s set ends it with code 2 and says what is missing',
  (_, environment, message) => {
    const { status, stderr } = spawnSync('node', ['serve/main.ts'], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
  },
)
