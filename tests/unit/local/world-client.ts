import { Agent, type Dispatcher, request } from 'undici'
import type { FetchPolicy } from '../../../lib/net/fetch-policy.ts'

export interface WorldClient {
  get: (url: string, signal?: AbortSignal) => Promise<Dispatcher.ResponseData>
  text: (url: string) => Promise<string>
  json: <T>(url: string) => Promise<T>
  bytes: (url: string) => Promise<Buffer>
  close: () => Promise<void>
}

/** A bare client of a simulated world. It has no guard, follows no redirect and decodes nothing. */
export function worldClient(policy: FetchPolicy): WorldClient {
  const agent = new Agent({
    connect: {
      ca: policy.ca ?? '',
      lookup: (hostname, options, done) => {
        policy.resolve?.(hostname).then(
          (addresses) =>
            options.all
              ? done(null, addresses)
              : done(null, addresses[0]?.address ?? '', addresses[0]?.family),
          (error) => done(error, []),
        )
      },
    },
  })
  const get: WorldClient['get'] = (url, signal) => {
    const target = new URL(url)
    target.port = String(policy.port)
    return request(target, { dispatcher: agent, ...(signal === undefined ? {} : { signal }) })
  }
  return {
    get,
    text: async (url) => (await get(url)).body.text(),
    json: async (url) => JSON.parse(await (await get(url)).body.text()),
    bytes: async (url) => Buffer.from(await (await get(url)).body.arrayBuffer()),
    close: () => agent.destroy(),
  }
}
