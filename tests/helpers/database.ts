import { randomUUID } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { serve } from 'srvx'
import { afterAll, beforeAll, beforeEach, describe, inject, test } from 'vitest'
import { createDatabase, type Database } from '../../lib/db/client.ts'
import { openEmbeddedDatabase } from '../../local/embedded-database.ts'
import type { RealPostgres } from './global-database.ts'
import { startPostgrest } from './postgrest.ts'

/** One migrated database, reached as the service reaches it and, past every privilege, with SQL. */
export interface TestDatabase {
  kind: 'embedded' | 'real'
  url: string
  fetch: typeof fetch
  serviceKey: string
  anonKey: string
  /** Calls as service_role. */
  db: Database
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  /** For a test that needs connections of its own; null on the embedded database, which has one connection. */
  connection: pg.ClientConfig | null
  /** Call it after a test has made functions. */
  reloadSchema(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseKind {
  name: string
  open: () => Promise<TestDatabase>
}

const EMBEDDED: DatabaseKind = { name: 'embedded (PGlite, our rpc fetch)', open: openEmbedded }

/** The databases of one suite, for `describe.each`. The real pair is missing where it could not be started. */
export function databases(): DatabaseKind[] {
  const real = realDatabase()
  return real ? [EMBEDDED, real] : [EMBEDDED]
}

/** Real PostgreSQL behind real PostgREST; null where they could not be started. */
function realDatabase(): DatabaseKind | null {
  const postgres = inject('realPostgres')
  return postgres && { name: 'real (PostgreSQL, PostgREST)', open: () => openReal(postgres) }
}

/**
 * The database of a file or a `describe` block, for use in its tests and hooks.
 *
 * @param options.reset `each` (by default) empties it before each test, `once` before the first
 * @param options.own opens a database for this block alone: for tests that change the schema
 */
export function useDatabase(
  kind: DatabaseKind = EMBEDDED,
  options: { reset?: 'each' | 'once'; own?: boolean } = {},
): TestDatabase {
  const { reset = 'each', own = false } = options
  let opened: TestDatabase | undefined
  const database = () => {
    if (opened === undefined) throw new Error('The database is open in tests and hooks only.')
    return opened
  }
  beforeAll(async () => {
    opened = own ? await kind.open() : await takeIdle(kind)
  })
  if (reset === 'each' && !own) beforeEach(() => emptyDatabase(database()))
  afterAll(async () => {
    if (opened === undefined) return
    if (own) await opened.close()
    else await giveBack(kind, opened)
    opened = undefined
  })
  return {
    get kind() {
      return database().kind
    },
    get url() {
      return database().url
    },
    get serviceKey() {
      return database().serviceKey
    },
    get anonKey() {
      return database().anonKey
    },
    get connection() {
      return database().connection
    },
    fetch: (input, init) => database().fetch(input, init),
    db: { call: (name, parameters) => database().db.call(name, parameters) },
    query: (sql, parameters) => database().query(sql, parameters),
    reloadSchema: () => database().reloadSchema(),
    close: () => database().close(),
  }
}

/** A real database and one more connection to it. */
export interface Meeting {
  database: TestDatabase
  /** Runs a statement on the other connection. */
  other(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  /** Runs a statement in a transaction, makes the call, and commits when the call waits for a lock, after `last`. */
  meet<T>(
    sql: string,
    parameters: unknown[],
    call: (rows: Record<string, unknown>[]) => Promise<T>,
    last?: string,
  ): Promise<T>
}

/** A suite on real PostgreSQL. Where it could not be started, one test with that name stands for the suite. */
export function describeOnReal(
  name: string,
  suite: (kind: DatabaseKind, postgres: RealPostgres) => void,
): void {
  const real = realDatabase()
  const postgres = inject('realPostgres')
  if (real !== null && postgres !== null) describe(name, () => suite(real, postgres))
  else test(`${name}: not run, because real PostgreSQL did not start here`, () => {})
}

/** A suite of transactions that meet, on real PostgreSQL. */
export function describeMeetings(name: string, suite: (meeting: Meeting) => void): void {
  describeOnReal(name, (kind) => {
    const database = useDatabase(kind)
    let client: pg.Client
    beforeAll(async () => {
      client = new pg.Client(database.connection ?? {})
      await client.connect()
    })
    afterAll(() => client.end())
    const other: Meeting['other'] = async (sql, parameters) =>
      (await client.query(sql, parameters)).rows
    const untilCallWaits = async (isSettled: () => boolean) => {
      const waiting = `select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`
      while ((await database.query(waiting)).length === 0) {
        if (isSettled()) throw new Error('The second call ended without waiting for the first')
      }
    }
    suite({
      database,
      other,
      meet: async (sql, parameters, call, last = 'select') => {
        await other('begin')
        const late = call(await other(sql, parameters))
        let isSettled = false
        const settled = () => {
          isSettled = true
        }
        late.then(settled, settled)
        await untilCallWaits(() => isSettled)
        await other(last)
        await other('commit')
        return late
      },
    })
  })
}

/** Migrated databases that no block of this process uses now. Opening one takes 0.6 s. */
const idle = new Map<string, TestDatabase[]>()

async function takeIdle(kind: DatabaseKind): Promise<TestDatabase> {
  const database = idle.get(kind.name)?.pop() ?? (await kind.open())
  await emptyDatabase(database)
  return database
}

async function giveBack(kind: DatabaseKind, database: TestDatabase): Promise<void> {
  const tables = (await tablesOf(database)).map((table) => `anchor_ops.${table}`)
  // Deleted rows stay in the files of the embedded database until its tables are truncated.
  await database.query(`truncate ${tables.join(', ')}`)
  idle.set(kind.name, [...(idle.get(kind.name) ?? []), database])
}

const tableNames = new WeakMap<TestDatabase, Promise<string[]>>()

/** Every table that starts empty; two have rows from the start. */
function tablesOf(database: TestDatabase): Promise<string[]> {
  const known = tableNames.get(database)
  if (known !== undefined) return known
  const names = database
    .query(
      `select tablename from pg_tables
      where schemaname = 'anchor_ops' and tablename not in ('lease', 'scheduled_run')`,
    )
    .then((rows) => rows.map(({ tablename }) => String(tablename)))
  tableNames.set(database, names)
  return names
}

/** Deletes every row, frees the lease and forgets how runs ended, without triggers: 1.5 ms, where `truncate` of 15 tables takes 16 ms. */
export async function emptyDatabase(database: TestDatabase): Promise<void> {
  const tables = await tablesOf(database)
  await database.query(`do $$ begin
    set local session_replication_role = replica;
    ${tables.map((table) => `delete from anchor_ops.${table};`).join('\n')}
    update anchor_ops.lease set holder = null, fence = 0, expires_at = '-infinity';
    update anchor_ops.scheduled_run set watched_since = now(), ended_at = null, ok_at = null, failure = null,
      failing_since = null, failures_in_a_row = 0;
  end $$`)
}

async function openEmbedded(): Promise<TestDatabase> {
  const dataDir = join(inject('databaseFolder'), `embedded-${randomUUID()}`)
  await cp(inject('embeddedTemplate'), dataDir, { recursive: true })
  const database = await openEmbeddedDatabase({ dataDir })
  return {
    ...database,
    kind: 'embedded',
    connection: null,
    db: createDatabase(database),
    reloadSchema: async () => {
      await database.query(`notify pgrst, 'reload schema'`)
    },
    close: async () => {
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function openReal(postgres: RealPostgres): Promise<TestDatabase> {
  const { port, user, password, serviceKey, anonKey } = postgres
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const connection = { host: '127.0.0.1', port, user, password, database: name }
  const server = new pg.Client({ ...connection, database: 'postgres' })
  await server.connect()
  await server.query(`create database ${name} template ${postgres.template}`)
  await server.end()
  const pool = new pg.Pool({ ...connection, max: 4, allowExitOnIdle: true })
  const postgrest = await startPostgrest(postgres, name)
  const { url, reloadSchema } = postgrest
  return {
    kind: 'real',
    connection,
    url,
    fetch,
    serviceKey,
    anonKey,
    db: createDatabase({ url, serviceKey }),
    query: async (sql, parameters) =>
      (await pool.query<Record<string, unknown>>(sql, parameters)).rows,
    reloadSchema,
    close: async () => {
      await postgrest.close()
      // The database goes with the whole server at the end of the run.
      await pool.end()
    },
  }
}

/** A loopback URL that answers as the database's `fetch` does, for code that runs in another process. */
export async function startSupabaseUrl(
  database: Pick<TestDatabase, 'kind' | 'url' | 'fetch'>,
): Promise<{ url: string; close(): Promise<void> }> {
  if (database.kind === 'real') return { url: database.url, close: async () => {} }
  const server = serve({
    fetch: async (request) =>
      database.fetch(request.url, {
        method: request.method,
        headers: [...request.headers],
        ...(request.method === 'POST' ? { body: await request.text() } : {}),
      }),
    hostname: '127.0.0.1',
    port: 0,
    silent: true,
    gracefulShutdown: false,
  })
  await server.ready()
  return { url: (server.url ?? '').replace(/\/$/, ''), close: () => server.close(true) }
}
