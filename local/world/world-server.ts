import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { FetchPolicy } from '../../lib/net/fetch-policy.ts'
import { type Answer, sendAnswer, statusAnswer } from './answer.ts'
import { createCertificateAuthority } from './certificates.ts'

const LOOPBACK = '127.0.0.1'

/** The parts of a request besides its URL. */
export interface SiteRequest {
  method: string
  body: string
  headers?: IncomingHttpHeaders
  /** The token of an `Authorization: Bearer` header. */
  bearer?: string
}

/** One simulated host. */
export interface Site {
  answer: (url: URL, request?: SiteRequest) => Answer
  /** The name in its certificate, if that is not the host's name. */
  certificateName?: string
  /** The address of its name, if that is not the address of this server. */
  address?: string
}

export interface World {
  /** With this policy the guarded client reaches the hosts of this world and no others. */
  policy: FetchPolicy
  directoryHome: string
  horizonUrl: string
  hosts: string[]
  /** The number of requests so far by host, including requests that were never answered. */
  requests: () => Record<string, number>
  close: () => Promise<void>
}

export type WorldServer = Pick<World, 'policy' | 'hosts' | 'requests' | 'close'>

/**
 * Serves every site from one https server on 127.0.0.1, which tells them apart by SNI and `Host`.
 * `close` ends open connections, so that it does not wait for requests that hang.
 */
export async function startWorldServer(sites: ReadonlyMap<string, Site>): Promise<WorldServer> {
  const authority = await createCertificateAuthority()
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()

  const server = createServer(
    {
      SNICallback: (servername, done) => {
        const site = sites.get(servername)
        if (site === undefined) return done(new Error(`No simulated host ${servername}`))
        authority
          .secureContext(site.certificateName ?? servername)
          .then((context) => done(null, context), done)
      },
    },
    (request, response) => {
      answerRequest(sites, counts, request, response).catch(() => response.destroy())
    },
  )
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // Some sites have a certificate with a wrong name, so a client may refuse the handshake.
  server.on('tlsClientError', () => undefined)

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, LOOPBACK, resolve)
  })

  return {
    policy: {
      resolve: (hostname) => resolveHost(sites, hostname),
      allowAddress: (address) => address === LOOPBACK,
      port: (server.address() as AddressInfo).port,
      ca: authority.ca,
    },
    hosts: [...sites.keys()],
    requests: () => Object.fromEntries(counts),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function answerRequest(
  sites: ReadonlyMap<string, Site>,
  counts: Map<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const site = sites.get(host)
  if (site !== undefined) counts.set(host, (counts.get(host) ?? 0) + 1)
  const url = URL.parse(request.url ?? '/', `https://${host}`)
  const { method = 'GET', headers } = request
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  const body = method === 'GET' ? '' : await bodyOf(request)
  const answer =
    site === undefined || url === null
      ? statusAnswer(421)
      : site.answer(url, { method, body, headers, ...(bearer ? { bearer } : {}) })
  await sendAnswer(response, answer)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function resolveHost(
  sites: ReadonlyMap<string, Site>,
  hostname: string,
): Promise<{ address: string; family: 4 | 6 }[]> {
  const site = sites.get(hostname)
  if (site === undefined) {
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname,
    })
  }
  const address = site.address ?? LOOPBACK
  return [{ address, family: address.includes(':') ? 6 : 4 }]
}
