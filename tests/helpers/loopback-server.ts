import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

export type Behaviour = (request: ReceivedRequest, response: ServerResponse) => void

export interface LoopbackServer {
  origin: string
  /** Called with each request after its last byte. */
  behave: Behaviour
  /** Called with each connection before anything is read. */
  onConnection: (socket: Socket) => void
  requests: ReceivedRequest[]
  connections: number
  close(): Promise<void>
}

/** Ends the connection with a reset after the request was read. */
export const resetConnection: Behaviour = (_request, response) => response.socket?.resetAndDestroy()

/** Starts a plain HTTP server on 127.0.0.1 whose behaviour a test sets. */
export async function startLoopbackServer(behave: Behaviour): Promise<LoopbackServer> {
  const server = createServer()
  const world: LoopbackServer = {
    origin: '',
    behave,
    onConnection: () => {},
    requests: [],
    connections: 0,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  server.on('connection', (socket: Socket) => {
    world.connections++
    socket.on('error', () => {})
    world.onConnection(socket)
  })
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    const received = { method, path, headers, body: Buffer.concat(chunks).toString() }
    world.requests.push(received)
    world.behave(received, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  world.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return world
}
