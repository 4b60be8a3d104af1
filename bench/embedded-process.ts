import { serve } from 'srvx'
import { openEmbeddedDatabase } from '../local/embedded-database.ts'

// The embedded database behind a loopback port; it ends with the process.
const database = await openEmbeddedDatabase()
const server = serve({
  fetch: (request) => database.fetch(request),
  hostname: '127.0.0.1',
  port: 0,
  silent: true,
})
await server.ready()
const url = (server.url ?? '').replace(/\/$/, '')
console.log(JSON.stringify({ url, serviceKey: database.serviceKey }))
