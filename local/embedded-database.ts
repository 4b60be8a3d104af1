import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { createPostgrestRpc } from './postgrest-rpc.ts'

export interface EmbeddedDatabase {
  /** Give it to `createDatabase` as `fetch`; it reaches no network. */
  fetch: typeof fetch
  url: string
  serviceKey: string
  anonKey: string
  /** Runs one statement as the owner of the database, past every privilege. */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export interface Migration {
  /** The digits before the first underscore of the file name, as the Supabase CLI stores them. */
  version: string
  name: string
  sql: string
}

const MIGRATIONS_FOLDER = new URL('../supabase/migrations/', import.meta.url)
const BOOTSTRAP_FILE = new URL('./supabase-bootstrap.sql', import.meta.url)
/** PGlite 0.4 is Postgres 17, as hosted Supabase is. It cannot open the files of another major version. */
const POSTGRES_MAJOR_VERSION = '17'

/**
 * Opens Postgres 17 inside this process and applies the migrations that are missing.
 *
 * @param options.dataDir the folder of the data, made when it does not exist; without it the data ends with the process
 * @throws Error that names a folder with other files, a damaged one, one that another process has open, and one of a
 *   newer version
 */
export async function openEmbeddedDatabase(
  options: { dataDir?: string } = {},
): Promise<EmbeddedDatabase> {
  const { dataDir } = options
  if (dataDir !== undefined) await assertUsableFolder(dataDir)
  const unlock = dataDir === undefined ? async () => {} : await lockFolder(dataDir)
  const database = await openMigrated(dataDir).catch(async (error: unknown) => {
    await unlock()
    throw error
  })

  const serviceKey = `sb_secret_embedded_${randomUUID()}`
  const anonKey = `sb_publishable_embedded_${randomUUID()}`
  return {
    fetch: await createPostgrestRpc(
      database,
      new Map([
        [serviceKey, 'service_role'],
        [anonKey, 'anon'],
      ] as const),
    ),
    url: 'http://embedded-database.invalid',
    serviceKey,
    anonKey,
    query: async (sql, parameters) =>
      (await database.query<Record<string, unknown>>(sql, parameters)).rows,
    close: async () => {
      await database.close()
      await unlock()
    },
  }
}

/** Reads `supabase/migrations`, the oldest file first. */
export async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(MIGRATIONS_FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      const [, version, name] = /^(\d+)_(.+)\.sql$/.exec(file) ?? []
      if (version === undefined || name === undefined) {
        throw new Error(
          `Cannot read migration "${file}" in supabase/migrations: allowed is <digits>_<name>.sql`,
        )
      }
      return { version, name, sql: await readFile(new URL(file, MIGRATIONS_FOLDER), 'utf8') }
    }),
  )
}

/** Reads what a Supabase project holds before its first migration. */
export function readBootstrap(): Promise<string> {
  return readFile(BOOTSTRAP_FILE, 'utf8')
}

async function assertUsableFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const entries = await readdir(dataDir)
  if (entries.length === 0) return
  const version = entries.includes('PG_VERSION')
    ? (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim()
    : 'no PG_VERSION file'
  if (version !== POSTGRES_MAJOR_VERSION) {
    throw new Error(
      `Cannot open the embedded database: "${dataDir}" holds something else (${version}); allowed is an empty folder or one made by Postgres ${POSTGRES_MAJOR_VERSION}`,
    )
  }
}

/** PGlite lets two processes write to one folder, which destroys it. A lock of a dead process is taken over. */
async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  // The lock is beside the folder, because Postgres makes its files only in an empty one.
  const lockFile = `${resolve(dataDir)}.lock`
  const holder = Number(await readFile(lockFile, 'utf8').catch(() => ''))
  if (holder !== process.pid && isAlive(holder)) {
    throw new Error(
      `Cannot open the embedded database: "${dataDir}" is open in process ${holder}; allowed is one process at a time (${lockFile} names it)`,
    )
  }
  // With `wx`, of two processes that remove the lock of a dead one, the first makes its own and the second fails here.
  await rm(lockFile, { force: true })
  await writeFile(lockFile, String(process.pid), { flag: 'wx' })
  return () => rm(lockFile, { force: true })
}

function isAlive(processId: number): boolean {
  if (processId <= 0 || !Number.isInteger(processId)) return false
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function startPglite(dataDir: string | undefined): Promise<PGlite> {
  try {
    return await PGlite.create({
      extensions: { pg_trgm },
      ...(dataDir !== undefined && { dataDir }),
    })
  } catch (error) {
    throw new Error(
      `Cannot open the embedded database: "${dataDir ?? 'memory'}" is damaged; allowed is a folder made by Postgres ${POSTGRES_MAJOR_VERSION}. Delete it to start with an empty database`,
      { cause: error },
    )
  }
}

async function openMigrated(dataDir: string | undefined): Promise<PGlite> {
  const database = await startPglite(dataDir)
  try {
    await migrate(database, dataDir ?? 'memory')
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

async function migrate(database: PGlite, place: string): Promise<void> {
  await database.transaction(async (transaction) => {
    const { rows } = await transaction.query(`select from pg_roles where rolname = 'service_role'`)
    if (rows.length === 0) await transaction.exec(await readBootstrap())
    await transaction.exec(CREATE_MIGRATIONS_TABLE)
  })
  const { rows } = await database.query<{ version: string }>(
    'select version from supabase_migrations.schema_migrations order by version',
  )
  const applied = new Set(rows.map((row) => row.version))
  const migrations = await readMigrations()
  const unknown = [...applied].filter(
    (version) => !migrations.some((known) => known.version === version),
  )
  if (unknown.length > 0) {
    throw new Error(
      `Cannot open the embedded database: "${place}" has migration ${unknown.join(', ')}, which supabase/migrations does not; allowed is a folder made by this version or an older one. Delete it to start with an empty database`,
    )
  }
  for (const migration of migrations.filter(({ version }) => !applied.has(version))) {
    await database.transaction(async (transaction) => {
      await transaction.exec(migration.sql)
      await transaction.query(
        'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
        [migration.version, migration.name, [migration.sql]],
      )
    })
  }
}

/** The table of the Supabase CLI. */
const CREATE_MIGRATIONS_TABLE = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations
    (version text primary key, statements text[], name text);
`
