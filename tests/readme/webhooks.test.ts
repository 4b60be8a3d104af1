import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { EVENT_TYPE_NAMES, EVENT_TYPES, type EventTypeName } from '../../lib/outbox/event-types.ts'
import { webhookBody } from '../../lib/outbox/message.ts'
import { sendEvent } from '../../lib/outbox/send.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const page = await readFile(join(ROOT, 'docs/webhooks.md'), 'utf8')
const [, program = ''] = /```js\n([^`]*)```/.exec(page) ?? []
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const EVENT = {
  id: '0b54f0f6-3f6d-4a9b-8f3e-1f4be3f4c8a7',
  type: 'run.degraded',
  subject: 'run/sync',
  at: '2026-11-29T09:12:44.120Z',
  position: '7',
  replayed: false,
  data: { name: 'Zoë 日本' },
}

test('docs/webhooks.md has a row for each type of event', () => {
  const types = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map(([, type]) => type)
  expect(types).toEqual(EVENT_TYPE_NAMES)
})

test('the body that docs/webhooks.md shows is one that we send', () => {
  const [, text = ''] = /```json\n([^`]*)```/.exec(page) ?? []
  const { timestamp, ...shown } = JSON.parse(text)
  const event = { ...shown, at: timestamp, replayed: false }
  expect(JSON.parse(webhookBody(event, []))).toEqual(JSON.parse(text))
  EVENT_TYPES[event.type as EventTypeName].data.strict().parse(event.data)
})

test('the program of docs/webhooks.md has ten lines, takes what we sign, and refuses what another secret signed', {
  timeout: 60_000,
}, async () => {
  expect(program.trimEnd().split('\n')).toHaveLength(10)
  // Below the project, so that it finds the library.
  const folder = await mkdtemp(join(ROOT, 'node_modules/.webhooks-'))
  const file = join(folder, 'receiver.mjs')
  await writeFile(file, program)
  const port = await freePort()
  const env = { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: SECRET }
  const child: ChildProcess = spawn(process.execPath, [file], { env })
  try {
    let printed = ''
    child.stdout?.on('data', (chunk) => {
      printed += chunk
    })
    const url = `http://127.0.0.1:${port}/`
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(401), { timeout: 30_000 })
    const endpoint = { id: 'i', url, host: 'h', kind: 'webhook', types: null } as const
    const send = (secrets: string[]) =>
      sendEvent(endpoint, EVENT, [], {
        secrets,
        now: () => new Date(),
        fetch: async (to, { json = '', headers = {} }) => {
          const { status } = await fetch(to, { method: 'POST', body: json, headers })
          return { status, retryAfter: null } as never
        },
      })
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    expect(await send([other])).toEqual({ failure: 'http_401', pauseSeconds: null })
    expect(await send([other, SECRET])).toBeNull()
    expect(printed).toBe(`${EVENT.id} run.degraded run/sync\n`)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
    await rm(folder, { recursive: true })
  }
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
