import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { readBodyText } from '../../../lib/http/read-body.ts'
import { startServer } from '../../../serve/server.ts'
import { createUnderWay } from '../../../serve/under-way.ts'

test('a caller who sends more than a route reads gets its answer, and its connection ends', async () => {
  const handle = async (request: Request) =>
    Response.json({ isTooLong: (await readBodyText(request, 1_000)) === null })
  const underWay = createUnderWay()
  const server = await startServer({ handle, hostname: '127.0.0.1', port: 0, underWay })
  try {
    const { port, hostname } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 50000000\r\n\r\n')
    socket.write('x'.repeat(100_000))
    await once(socket, 'close')
    expect(heard).toContain('{"isTooLong":true}')
  } finally {
    await server.close()
  }
})
