import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, inject, test } from 'vitest'
import {
  openEmbeddedDatabase,
  readBootstrap,
  readMigrations,
} from '../../local/embedded-database.ts'
import { dumpSchema, GOLDEN_FILE } from '../../scripts/dump-schema.ts'
import { databases, describeOnReal, useDatabase } from '../helpers/database.ts'

test('every migration ends by telling PostgREST to read the schema again', async () => {
  const strays = (await readMigrations()).filter(
    ({ sql }) => !sql.trimEnd().endsWith("notify pgrst, 'reload schema';"),
  )
  expect(strays.map(({ name }) => name)).toEqual([])
})

describe.each(databases())('schema: $name', (kind) => {
  const database = useDatabase(kind, { own: true })
  const column = async (sql: string) => (await database.query(sql)).map((row) => row['value'])

  test('is the one in supabase/schema.golden.sql (npm run schema)', async () => {
    const golden = await readFile(GOLDEN_FILE, 'utf8')
    expect(await dumpSchema((sql) => database.query(sql))).toBe(golden)
  })

  test.each(['anon', 'authenticated'])(
    '%s has no right on any table, view or sequence',
    async (role) => {
      const privileges = 'select,insert,update,delete,truncate,references,trigger,maintain'.split(
        ',',
      )
      expect(
        await column(`
        select c.oid::regclass || ' ' || privilege as value
        from pg_class as c, unnest('{${privileges.join(',')}}'::text[]) as privilege
        where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
          and (relkind in ('r', 'v', 'm', 'p', 'f') and has_table_privilege('${role}', c.oid, privilege)
            or relkind = 'S' and has_sequence_privilege('${role}', c.oid, 'usage,select,update'))`),
      ).toEqual([])
      expect(
        await column(
          `select has_schema_privilege('${role}', 'anchor_ops', 'usage,create') as value`,
        ),
      ).toEqual([false])
    },
  )

  test.each(['anon', 'authenticated'])('%s may execute no function', async (role) => {
    expect(
      await column(`
        select oid::regprocedure::text as value from pg_proc
        where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
          and has_function_privilege('${role}', oid, 'execute')`),
    ).toEqual([])
  })

  test('anon is refused over HTTP too, and hears nothing else', async () => {
    const response = await database.fetch(`${database.url}/rest/v1/rpc/read_catalog_health`, {
      method: 'POST',
      headers: {
        apikey: database.anonKey,
        authorization: `Bearer ${database.anonKey}`,
        'content-type': 'application/json',
      },
      body: '{}',
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      code: '42501',
      message: 'permission denied for function read_catalog_health',
    })
  })

  test('service_role may not truncate a table or delete evidence', async () => {
    expect(
      await column(`
        select relname || ' ' || privilege as value
        from pg_class as c, unnest('{truncate,delete,trigger,references}'::text[]) as privilege
        where relnamespace = 'anchor_ops'::regnamespace and relkind in ('r', 'v')
          and has_table_privilege('service_role', c.oid, privilege) order by 1`),
    ).toEqual([
      'catalog_change delete',
      'country_summary delete',
      'due_check delete',
      'due_name delete',
      'dust_limit delete',
      'home_domain_check delete',
      // Ledgers that are read again from another source, which gives other ids to their movements.
      'movement delete',
      'noted_event delete',
      // Events that were told 30 days ago, and what is known of their delivery.
      'outbox delete',
      'parked_event delete',
      // The triggers of payment and of its archive let archived payments go, and no others.
      'payment delete',
      'payment_verdict delete',
      'query_secret_use delete',
      'requested_check delete',
      'run delete',
      'unlisted delete',
      'webhook_endpoint delete',
      'webhook_lane delete',
    ])
  })

  test('a table or function that is made later is closed by default', async () => {
    await database.query('create table public.later (id integer)')
    await database.query(
      `create function public.later() returns integer language sql as 'select 1'`,
    )
    try {
      for (const role of ['anon', 'authenticated', 'service_role']) {
        expect(
          await column(`
            select has_table_privilege('${role}', 'public.later', 'select,insert,update,delete,truncate')
              or has_function_privilege('${role}', 'public.later()', 'execute') as value`),
        ).toEqual([false])
      }
    } finally {
      await database.query('drop table public.later')
      await database.query('drop function public.later()')
    }
  })

  test('row level security is enabled and forced on every table, with a policy for service_role alone', async () => {
    expect(
      await column(`
        select relname as value from pg_class
        where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and relkind in ('r', 'p')
          and not (relrowsecurity and relforcerowsecurity and exists (
            select from pg_policies where schemaname = 'anchor_ops' and tablename = relname))`),
    ).toEqual([])
    expect(await column(`select distinct roles::text as value from pg_policies`)).toEqual([
      '{service_role}',
    ])
  })

  test('every function runs with the rights of its caller, an empty search path and no SQLSTATE 40001', async () => {
    expect(
      await column(`
        select oid::regprocedure::text as value from pg_proc
        where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
          and (prosecdef or not coalesce('search_path=""' = any (proconfig), false)
            or prosrc ~ '40001|serialization_failure|40P01')`),
    ).toEqual([])
  })

  test('every function that HTTP reaches returns jsonb and has its own time limits', async () => {
    expect(
      await column(`
        select oid::regprocedure::text as value from pg_proc
        where pronamespace = 'public'::regnamespace
          and not (prorettype = 'jsonb'::regtype and not proretset
            and array_to_string(proconfig, ' ') ~ 'statement_timeout=' and array_to_string(proconfig, ' ') ~ 'lock_timeout=')`),
    ).toEqual([])
  })

  test('every table, view and function has a comment', async () => {
    expect(
      await column(`
        select c.oid::regclass::text as value from pg_class as c
        where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and relkind in ('r', 'v')
          and obj_description(c.oid, 'pg_class') is null
        union all
        select oid::regprocedure::text from pg_proc
        where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
          and obj_description(oid, 'pg_proc') is null`),
    ).toEqual([])
  })

  const NOT_ALLOWED = [
    ['an upper-case domain', 'home_domain', homeDomain('A.example')],
    ['a domain with a path', 'home_domain', homeDomain('a.example/x')],
    ['a single label', 'home_domain', homeDomain('localhost')],
    ['a trailing dot', 'home_domain', homeDomain('a.example.')],
    ['a line break after the domain', 'home_domain', homeDomain('a.example\n')],
    ['254 characters of domain', 'home_domain', homeDomain(`${'a'.repeat(252)}.b`)],
    ['another network', 'home_domain', homeDomain('a.example', 'futurenet')],
    ['a country in lower case', 'listing', listing({ country: 'mx' })],
    ['a country of three letters', 'listing', listing({ country: 'MEX' })],
    ['a currency of 13 letters', 'listing', listing({ currency: 'A'.repeat(13) })],
    ['a currency with a colon', 'listing', listing({ currency: 'USDC:G' })],
    ['another type', 'listing', listing({ type: 'both' })],
    ['an empty name', 'listing', listing({ name: '' })],
    ['a name of 101 characters', 'listing', listing({ name: 'n'.repeat(101) })],
    ['an id that is not made of the rest', 'listing', listing({ id: 'something-else' })],
    ['a listing without its home domain', 'listing', listing({ domain: 'b.example' })],
    ['a second lease', 'lease', `insert into anchor_ops.lease (name) values ('other')`],
  ] as const

  test.each(NOT_ALLOWED)('%s is refused by %s', async (_what, _table, sql) => {
    await database.query(`${homeDomain('a.example')} on conflict do nothing`)
    await expect(database.query(sql)).rejects.toMatchObject({
      code: expect.stringMatching(/^235(14|03)$/),
    })
  })
})

function homeDomain(domain: string, network = 'mainnet'): string {
  return `insert into anchor_ops.home_domain (network, domain) values ('${network}', '${domain}')`
}

function listing(change: Record<string, string>): string {
  const row = {
    domain: 'a.example',
    country: 'MX',
    currency: 'MXN',
    type: 'on-ramp',
    name: 'A',
    ...change,
  }
  const id = change['id'] ?? `${row.domain}:${row.type}:${row.country}:${row.currency}`
  return `insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source)
    values ('${id}', 'mainnet', '${row.domain}', '${row.country}', '${row.currency}', '${row.type}', '${row.name}', true, 's')`
}

describe('migrating', () => {
  const folder = () => join(inject('databaseFolder'), `folder-${randomUUID()}`)

  test('reopening applies nothing twice and keeps the data', async () => {
    const dataDir = folder()
    await cp(inject('embeddedTemplate'), dataDir, { recursive: true })
    const first = await openEmbeddedDatabase({ dataDir })
    await first.query(
      `insert into anchor_ops.home_domain (network, domain) values ('mainnet', 'kept.example')`,
    )
    await first.close()

    const second = await openEmbeddedDatabase({ dataDir })
    const versions = (await readMigrations()).map(({ version }) => version)
    expect(
      await second.query(
        'select version from supabase_migrations.schema_migrations order by version',
      ),
    ).toEqual(versions.map((version) => ({ version })))
    expect(await second.query('select domain from anchor_ops.home_domain')).toEqual([
      { domain: 'kept.example' },
    ])

    await second.query(
      `insert into supabase_migrations.schema_migrations (version) values ('29990101000000')`,
    )
    await second.close()
    await expect(openEmbeddedDatabase({ dataDir })).rejects.toThrow(
      /has migration 29990101000000, which/,
    )
    await rm(dataDir, { recursive: true })
  })

  test('a folder with other files is refused and left as it was', async () => {
    const dataDir = folder()
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'letter.txt'), 'mine')
    await expect(openEmbeddedDatabase({ dataDir })).rejects.toThrow(/holds something else/)
    expect(await readFile(join(dataDir, 'letter.txt'), 'utf8')).toBe('mine')
  })

  test('a folder of another Postgres version is refused', async () => {
    const dataDir = folder()
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'PG_VERSION'), '18\n')
    await expect(openEmbeddedDatabase({ dataDir })).rejects.toThrow(/holds something else \(18\)/)
  })

  test('a damaged folder is refused by name', async () => {
    const dataDir = folder()
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'PG_VERSION'), '17\n')
    await expect(openEmbeddedDatabase({ dataDir })).rejects.toThrow(dataDir)
  })

  test('a folder that another process has open is refused, and the lock of a dead process is ignored', async () => {
    const dataDir = join(inject('databaseFolder'), `locked-${randomUUID()}`)
    await cp(inject('embeddedTemplate'), dataDir, { recursive: true })
    await writeFile(`${dataDir}.lock`, String(process.ppid))
    await expect(openEmbeddedDatabase({ dataDir })).rejects.toThrow(
      `is open in process ${process.ppid}`,
    )

    const gone = spawnSync(process.execPath, ['--version']).pid
    await writeFile(`${dataDir}.lock`, String(gone))
    await (await openEmbeddedDatabase({ dataDir })).close()
    await expect(readFile(`${dataDir}.lock`)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describeOnReal('a project that exposes nothing by default', (_kind, postgres) => {
  test('comes to the same schema, and the migrations need no superuser', async () => {
    const { port, user, password } = postgres
    const name = `bare_${randomUUID().replaceAll('-', '')}`
    const server = new pg.Client({
      host: '127.0.0.1',
      port,
      user,
      password,
      database: 'postgres',
    })
    await server.connect()
    const owner = `owner_${name.slice(5, 20)}`
    await server.query(`create role ${owner} login createrole bypassrls password '${password}'`)
    await server.query(`create database ${name} owner ${owner}`)
    const bare = new pg.Client({ host: '127.0.0.1', port, user: owner, password, database: name })
    await bare.connect()
    try {
      const bootstrap = await readBootstrap()
      await bare.query((bootstrap.match(/^grant usage on schema public.*$/gm) ?? []).join('\n'))
      for (const { sql } of await readMigrations()) await bare.query(sql)
      const dump = await dumpSchema(async (sql) => (await bare.query(sql)).rows)
      expect(dump).toBe(await readFile(GOLDEN_FILE, 'utf8'))
    } finally {
      await bare.end()
      await server.query(`drop database ${name}`)
      await server.query(`drop role ${owner}`)
      await server.end()
    }
  })
})
