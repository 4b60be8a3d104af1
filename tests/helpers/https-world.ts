import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FetchPolicy } from '../../lib/net/fetch-policy.ts'
import { createCertificateAuthority } from '../../local/world/certificates.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface HttpsWorld {
  /** A policy with which the guarded fetch reaches only these hosts, on 127.0.0.1. */
  policy: FetchPolicy
  /** The hosts that exist. A test may add and replace hosts. */
  hosts: Map<string, Handler>
  connections: number
  /** `host/path` of every request, in order. */
  requests: string[]
  close(): Promise<void>
}

/**
 * Starts one HTTPS server on 127.0.0.1 that serves many hosts by SNI and the Host header.
 * @param certifiedName the name in a host's certificate; another name makes the certificate wrong
 */
export async function startHttpsWorld(
  hosts: Record<string, Handler>,
  certifiedName = (hostname: string) => hostname,
): Promise<HttpsWorld> {
  const authority = await createCertificateAuthority()
  const server = createServer({
    SNICallback: (hostname, callback) => {
      authority
        .secureContext(certifiedName(hostname))
        .then((context) => callback(null, context), callback)
    },
  })
  const world: HttpsWorld = {
    policy: {},
    hosts: new Map(Object.entries(hosts)),
    connections: 0,
    requests: [],
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  server.on('connection', () => world.connections++)
  server.on('request', (request, response) => {
    const host = request.headers.host ?? ''
    world.requests.push(`${host}${request.url}`)
    world.hosts.get(host)?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  world.policy = {
    resolve: async (hostname) => {
      if (world.hosts.has(hostname)) return [{ address: '127.0.0.1', family: 4 }]
      throw Object.assign(new Error(`queryA ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
    },
    allowAddress: (address) => address === '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: authority.ca,
  }
  return world
}
