import { once } from 'node:events'
import { maxHeaderSize } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { readBodyText } from '../../../lib/http/read-body.ts'
import { startServer } from '../../../serve/server.ts'
import { createUnderWay } from '../../../serve/under-way.ts'

/** Gives a test a plain connection to a server that answers with `handle`. */
async function withConnection(
  handle: (request: Request) => Promise<Response>,
  use: (socket: Socket) => Promise<void>,
): Promise<void> {
  const underWay = createUnderWay()
  const server = await startServer({ handle, hostname: '127.0.0.1', port: 0, underWay })
  const { port, hostname } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  try {
    await use(socket)
  } finally {
    socket.destroy()
    await server.close()
  }
}

test('a caller who sends more than a route reads gets its answer, and its connection ends', async () => {
  const handle = async (request: Request) =>
    Response.json({ isTooLong: (await readBodyText(request, 1_000)) === null })
  await withConnection(handle, async (socket) => {
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 50000000\r\n\r\n')
    socket.write('x'.repeat(100_000))
    await once(socket, 'close')
    expect(heard).toContain('{"isTooLong":true}')
    expect(heard.toLowerCase()).toContain('connection: close')
  })
})

test('a caller whose short body no route reads sends its next request on the same connection', async () => {
  const handle = async () => Response.json({ isRefused: true }, { status: 401 })
  await withConnection(handle, async (socket) => {
    const closed = once(socket, 'close').then(() => 'closed')
    for (let sent = 0; sent < 3; sent++) {
      const heard = once(socket, 'data').then(([chunk]) => String(chunk))
      socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\n{}')
      expect(await Promise.race([heard, closed])).toContain('HTTP/1.1 401')
    }
  })
})

test('a caller whose long body no route reads is told that its connection ends', async () => {
  const handle = async () => Response.json({ isRefused: true }, { status: 401 })
  await withConnection(handle, async (socket) => {
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 50000000\r\n\r\n')
    socket.write('x'.repeat(200_000))
    await closed
    expect(heard.toLowerCase()).toContain('connection: close')
  })
})

test('a head of more than Node.js takes is answered with 431 before any route runs, and the next caller is served', async () => {
  let calls = 0
  const handle = async () => {
    calls += 1
    return new Response()
  }
  const underWay = createUnderWay()
  const server = await startServer({ handle, hostname: '127.0.0.1', port: 0, underWay })
  try {
    for (const long of [`/?${'q'.repeat(maxHeaderSize)}`, '/']) {
      const { port, hostname } = new URL(server.url)
      const socket = connect(Number(port), hostname)
      const heard = once(socket, 'data').then(([chunk]) => String(chunk))
      const header = long === '/' ? 'h'.repeat(maxHeaderSize) : 'short'
      socket.write(`GET ${long} HTTP/1.1\r\nHost: a.example\r\nX-Header: ${header}\r\n\r\n`)
      expect(await heard).toMatch(/^HTTP\/1\.1 431 /)
      socket.destroy()
    }
    expect(calls).toBe(0)
    expect((await fetch(server.url)).status).toBe(200)
  } finally {
    await server.close()
  }
})
