import { FastResponse, serve } from 'srvx'

// Answers whatever is asked with so many bytes until the process ends: what the page of the catalog is compared with.
const { bytes } = JSON.parse(process.argv[2] ?? '') as { bytes: number }
const body = new Uint8Array(bytes).fill(120)
const server = serve({
  fetch: () => new FastResponse(body, { headers: { 'content-type': 'text/html' } }),
  hostname: '127.0.0.1',
  port: 0,
  node: { backlog: 4_096 },
  silent: true,
})
await server.ready()
console.log(JSON.stringify({ url: server.url }))
