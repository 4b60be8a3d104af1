import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from 'srvx'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessFacts, decideAccess } from '../../../lib/http/auth.ts'
import { createFileRouter } from '../../../serve/file-router.ts'

let root: string
let router: (request: Request) => Promise<Response>

const ECHO = (name: string) => `
const echo = async (request) => Response.json({
  file: '${name}', url: request.url, body: request.body ? await request.text() : null,
  host: request.headers.get('host'), authorization: request.headers.get('authorization'),
})
export const GET = echo, POST = echo
`

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-router-'))
  await mkdir(join(root, 'api/anchors'), { recursive: true })
  const files = ['index.ts', 'ops.ts', '[domain].ts', '_shared.ts', 'types.d.ts']
  for (const file of files) await writeFile(join(root, 'api/anchors', file), ECHO(file))
  await writeFile(
    join(root, 'vercel.json'),
    JSON.stringify({
      headers: [{ source: '/api/(.*)', headers: [{ key: 'x-frame', value: 'none' }] }],
      rewrites: [{ source: '/of/:name', destination: '/api/anchors/:name' }],
    }),
  )
  router = await createFileRouter({ root })
})

afterAll(() => rm(root, { recursive: true }))

describe('a file is a URL', () => {
  test.each([
    ['/api/anchors', 'index.ts', '/api/anchors'],
    ['/api/anchors/ops?action=sync', 'ops.ts', '/api/anchors/ops?action=sync'],
    ['/api/anchors/ops/', 'ops.ts', '/api/anchors/ops/'],
    ['/api/anchors/a.example?x=1', '[domain].ts', '/api/anchors/a.example?x=1'],
    ['/api/anchors/a%20b', '[domain].ts', '/api/anchors/a%20b'],
  ])('%s is served by %s', async (path, file, seen) => {
    const answer = await router(new Request(`http://localhost:3000${path}`))
    expect(await answer.json()).toMatchObject({ file, url: `http://localhost:3000${seen}` })
    expect(answer.headers.get('x-frame')).toBe('none')
  })

  test.each(['/api', '/api/nothing', '/api/anchors/_shared/x', '/', '/api/anchors/a/b'])(
    '%s is answered with our own 404 and the headers of every answer',
    async (path) => {
      const answer = await router(new Request(`http://localhost:3000${path}`))
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({
        error: expect.stringContaining('in the path is not served'),
        code: 'not_found',
        details: [{ path }],
      })
      expect(answer.headers.get('x-request-id')).not.toBeNull()
    },
  )

  test('a rewritten URL is served by the file of its destination, with its body, and keeps its own', async () => {
    const request = new Request('http://localhost:3000/of/a.example?x=1', {
      method: 'POST',
      body: 'text',
    })
    expect(await (await router(request)).json()).toMatchObject({
      file: '[domain].ts',
      url: 'http://localhost:3000/of/a.example?x=1',
      body: 'text',
    })
  })

  test('the body reaches a route with path parameters', async () => {
    const request = new Request('http://localhost:3000/api/anchors/a.example', {
      method: 'POST',
      body: '{"x":1}',
    })
    expect(await (await router(request)).json()).toMatchObject({ body: '{"x":1}' })
  })
})

interface RawAnswer {
  status: number
  text: string
}

function rawRequest(port: number, path: string, headers: string[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('through the server of the local world', () => {
  async function factsOf(headers: string[], query = '') {
    const server = serve({
      fetch: (request) => Response.json(accessFacts(request, new URL(request.url))),
      port: 0,
      hostname: '127.0.0.1',
      gracefulShutdown: false,
      silent: true,
    })
    try {
      await server.ready()
      const { port } = new URL(server.url ?? '')
      const answer = await rawRequest(Number(port), `/api/x${query}`, headers)
      return JSON.parse(answer.text) as ReturnType<typeof accessFacts>
    } finally {
      await server.close(true)
    }
  }

  test('a repeated credential header arrives joined, so that it is wrong', async () => {
    const repeated = ['x-cron-secret', 'authorization'].flatMap((name) => [name, 'a', name, 'a'])
    const facts = await factsOf(['host', 'localhost', ...repeated], '?secret=1&secret=2')
    expect(facts).toMatchObject({
      cronSecretHeader: 'a, a',
      authorization: 'a, a',
      querySecrets: ['1', '2'],
    })
  })

  test.each([
    ['a repeated Host', ['host', 'localhost', 'host', 'rebound.example']],
    [
      'a Host with a forged forwarding header',
      ['host', 'a.example', 'x-forwarded-host', 'localhost'],
    ],
  ])('%s is not taken for the local machine', async (_case, headers) => {
    const facts = await factsOf(headers)
    expect(
      decideAccess(facts, { cronSecret: null, previousCronSecret: null, development: true }),
    ).toMatchObject({ access: 'none' })
  })

  test.each([
    ['localhost:3000', ['localhost', 'localhost']],
    ['rebound.example', ['rebound.example', 'rebound.example']],
    ['[::1]:3000', ['[::1]', '[::1]']],
  ])('the access decision sees the Host header %s', async (host, hosts) => {
    expect((await factsOf(['host', host])).hosts).toEqual(hosts)
  })
})
