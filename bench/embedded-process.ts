import { serve } from 'srvx'
import { openEmbeddedDatabase } from '../local/embedded-database.ts'

/** The line that this process prints when it is ready. */
export interface EmbeddedAddress {
  url: string
  serviceKey: string
}

// Serves the embedded database on a loopback port until the process ends.
const database = await openEmbeddedDatabase()
const server = serve({
  // Passed in parts, because the Request constructor refuses srvx's own request.
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
