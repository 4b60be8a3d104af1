import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtOnce, type RunningFunction, startFunction } from '../helpers/builder.ts'
import { databases, startSupabaseUrl, type TestDatabase } from '../helpers/database.ts'

const SECRET = 'correct-horse-battery-staple'
const OPERATOR = { authorization: `Bearer ${SECRET}` }

/** Undelegated, so that no resolver anywhere knows it: the built guard says dns_failed, and nothing leaves the machine. */
const DOMAIN = 'anchor.built-function.sim'

/** The catalogue as it is deployed, over the database that production has: nothing of the source is imported here. */
export function describeBuiltCatalog(): void {
  describe.each(databases().slice(-1))('functions as Vercel builds them, on $name', ({ open }) => {
    let database: TestDatabase
    let supabase: Awaited<ReturnType<typeof startSupabaseUrl>>
    const running: RunningFunction[] = []

    const start = async (entrypoint: string) => {
      const artefact = await builtOnce(entrypoint)
      const environment = {
        VERCEL: '1',
        VERCEL_ENV: 'production',
        CRON_SECRET: SECRET,
        SUPABASE_URL: supabase.url,
        SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
        STELLAR_ANCHOR_DIRECTORY_URL: 'https://directory.built-function.sim/anchors.json',
      }
      const process = await startFunction(artefact, environment)
      running.push(process)
      return process.origin
    }
    let ops: string
    let catalog: string

    beforeAll(async () => {
      database = await open()
      supabase = await startSupabaseUrl(database)
      ops = `${await start('api/anchors/ops.ts')}/api/anchors/ops`
      catalog = `${await start('api/anchors/catalog.ts')}/api/anchors/catalog`
    })
    afterAll(async () => {
      await Promise.all(running.map((process) => process.stop()))
      await supabase.close()
      await database.close()
    })

    const post = async (body: object) => {
      const response = await fetch(ops, {
        method: 'POST',
        headers: OPERATOR,
        body: JSON.stringify(body),
      })
      return { status: response.status, body: await response.json() }
    }
    const anchors = [
      { name: 'Built', domain: DOMAIN, country: 'MX', currency: 'MXN', type: 'on-ramp' },
    ]

    test('an import is written, read back by another function, and a repeat changes nothing', async () => {
      const imported = { action: 'import_directory', anchors, dryRun: false }
      expect(await post(imported)).toMatchObject({ status: 200, body: { written: 1 } })
      expect(await post({ ...imported, dryRun: true })).toMatchObject({
        body: { written: 0, changes: { new: 0, changed: 0, unchanged: 1 } },
      })
      const page = await (await fetch(catalog)).json()
      expect(page).toMatchObject({
        anchors: [{ id: `${DOMAIN}:on-ramp:MX:MXN`, operational: false, lastCheckedAt: null }],
        next: null,
      })
    })

    test('a scheduled sync whose directory is away is a 502 that still has the checks of known anchors', async () => {
      const response = await fetch(`${ops}?action=sync`, {
        headers: { ...OPERATOR, 'user-agent': 'vercel-cron/1.0' },
      })
      expect(response.status).toBe(502)
      expect(await response.json()).toMatchObject({
        status: 'error',
        action: 'sync',
        error: 'Anchor directory unavailable (dns_failed)',
        refresh: { requested: 300, processed: 1, ok: 0, errors: 1 },
        results: [{ domain: DOMAIN, error: 'stellar.toml unavailable (dns_failed)' }],
      })
    })

    test('a second delivery of the same schedule gets the stored answer and does nothing', async () => {
      const response = await fetch(`${ops}?action=sync`, { headers: { 'x-vercel-cron': '1' } })
      expect(await response.json()).toMatchObject({ skipped: 'recent', refresh: { processed: 1 } })
      const checks = await database.query('select from anchor_ops.home_domain_check')
      expect(checks).toHaveLength(1)
    })

    test('a check is on record in the database', async () => {
      const [row] = await database.query(
        'select outcome, not_found_count, findings from anchor_ops.home_domain',
      )
      expect(row).toMatchObject({ outcome: 'unsure', not_found_count: 0 })
    })
  })
}
