import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to one call of a database function. */
export interface DatabaseFault {
  /** The database function, such as `begin_updates`. */
  call: string
  /** The first call of that function that the fault meets, from 1, counted from `setFaults`. Default: 1. */
  nth?: number
  /** How many calls in a row the fault meets. Default: 1. */
  times?: number
  /**
   * `lose_answer`: the database carries the call out, and the caller's connection is cut instead of an answer. `cut`: the
   * connection is cut before the database sees the call. `delay`: the answer comes `delayMs` late. `delay_call`: the
   * database sees the call `delayMs` late.
   */
  kind: 'lose_answer' | 'cut' | 'delay' | 'delay_call'
  delayMs?: number
}

export interface FaultProxy {
  /** The URL to give to the service in place of the database's. */
  url: string
  /** Replaces the faults, and starts to count calls again. */
  setFaults(faults: readonly DatabaseFault[]): void
  /** The functions that were called since `setFaults`, in order. */
  calls(): readonly string[]
  /** Resolves when the database has answered the n-th call of a function since `setFaults`, told or not. */
  answered(call: string, nth?: number): Promise<void>
  close(): Promise<void>
}

/**
 * Starts an HTTP proxy on loopback before the database. Several services may use it at once.
 *
 * @param target the URL of the database; it is asked at each call
 */
export async function startFaultProxy(target: () => string): Promise<FaultProxy> {
  let faults: readonly DatabaseFault[] = []
  const called: string[] = []
  const done: string[] = []
  let waiting: (() => void)[] = []
  const count = (names: readonly string[], name: string) =>
    names.filter((one) => one === name).length

  const server = createServer(async (incoming, outgoing) => {
    outgoing.on('error', () => {})
    const name = new URL(incoming.url ?? '/', 'http://database').pathname.split('/').at(-1) ?? ''
    called.push(name)
    const nth = count(called, name)
    const fault = faults.find(
      ({ call, nth: first = 1, times = 1 }) => call === name && nth >= first && nth < first + times,
    )
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    if (fault?.kind === 'cut') return void incoming.socket.destroy()
    if (fault?.kind === 'delay_call') await wait(fault.delayMs)
    try {
      const { status, headers, body } = await forward(target(), incoming, Buffer.concat(chunks))
      done.push(name)
      for (const resolve of waiting.splice(0)) resolve()
      if (fault?.kind === 'lose_answer') return void incoming.socket.destroy()
      if (fault?.kind === 'delay') await wait(fault.delayMs)
      outgoing.writeHead(status, headers).end(body)
    } catch {
      incoming.socket.destroy()
    }
  })
  server.on('connection', (socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFaults: (next) => {
      faults = next
      called.length = 0
      done.length = 0
      waiting = []
    },
    calls: () => called,
    answered: async (call, nth = 1) => {
      while (count(done, call) < nth) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const wait = (ms = 0) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function forward(
  target: string,
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
  const { host: _, connection: __, ...rest } = headers
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(url, target),
      { method, headers: { ...rest, 'content-length': String(body.length) } },
      async (answer) => {
        try {
          const chunks: Buffer[] = []
          for await (const chunk of answer) chunks.push(chunk)
          const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers
          const read = Buffer.concat(chunks)
          resolve({
            status: answer.statusCode ?? 502,
            headers: { ...kept, 'content-length': String(read.length) },
            body: read,
          })
        } catch (error) {
          reject(error)
        }
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
