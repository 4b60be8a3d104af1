import { serve } from 'srvx'
import { openEmbeddedDatabase } from '../local/embedded-database.ts'

/** What this process prints when it is ready. */
export interface EmbeddedAddress {
  url: string
  serviceKey: string
}

// The embedded database behind a loopback port; it ends with the process.
const database = await openEmbeddedDatabase()
const server = serve({
  // In parts: the Request constructor does not take srvx's own request.
  fetch: async (request) =>
    database.fetch(request.url, {
      method: request.method,
      headers: [...request.headers],
      body: await request.text(),
    }),
  hostname: '127.0.0.1',
  port: 0,
  silent: true,
})
await server.ready()
const url = (server.url ?? '').replace(/\/$/, '')
const address: EmbeddedAddress = { url, serviceKey: database.serviceKey }
console.log(JSON.stringify(address))
