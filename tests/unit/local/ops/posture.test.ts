import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { useDeps } from '../../../../lib/deps.ts'
import type { Row } from '../../../../local/ops/posture/row.ts'
import { type LocalService, startLocalService } from '../../../../local/service.ts'
import { type LoopbackServer, startLoopbackServer } from '../../../helpers/loopback-server.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

const FOLDER = resolve(import.meta.dirname, '../../../fixtures/stellar-toml')
const SECRET = 'the-secret-of-a-scheduler-that-nobody-knows'
const KEY = 'the-key-of-a-business-that-nobody-knows'

let deployment: LocalService
beforeAll(async () => {
  deployment = await startLocalService({
    // Nothing is asked of a world, and one without a past starts sooner.
    options: { world: 'folder', folder: FOLDER, port: 0 },
    environment: { CRON_SECRET: SECRET, BUSINESS_API_KEY: KEY },
    dataRoot: null,
    makeLog: () => () => {},
  })
  const { deps } = deployment
  const access = { ...deps.config.access, development: false }
  // As a deployment, it admits nobody of this machine without a credential.
  useDeps(() => ({ ...deps, config: { ...deps.config, access } }))
})
afterAll(() => deployment.close())

let server: LoopbackServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function posture(url: string, ...more: string[]) {
  const ran = await runOpsCommand(['posture', url, '--json', ...more], {
    ANCHOR_OPS_KEY: KEY,
    CRON_SECRET: SECRET,
  })
  const { checks, passed } = JSON.parse(ran.stdout) as { checks: Row[]; passed: boolean }
  const failed = checks.filter(({ result }) => result !== 'pass')
  return { code: ran.code, checks, passed, failed, names: failed.map(({ check }) => check) }
}

interface Answer {
  status: number
  headers: Record<string, string>
  text: string
}
type Spoil = (asked: { method: string; path: string; headers: object }, answer: Answer) => void

/** Something before the deployment that spoils answers. */
async function spoiled(spoil: Spoil): Promise<string> {
  server = await startLoopbackServer(async ({ method, path, headers, body }, response) => {
    const passed = Object.entries(headers).filter(
      ([name]) => !/^(host|connection|content-length|transfer-encoding)$/.test(name),
    )
    const answer = await fetch(deployment.url + path, {
      method,
      headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
      redirect: 'manual',
      ...(method === 'POST' ? { body } : {}),
    })
    const kept = Object.fromEntries(answer.headers)
    for (const name of ['connection', 'transfer-encoding', 'content-length']) delete kept[name]
    const spoilt = { status: answer.status, headers: kept, text: await answer.text() }
    spoil({ method, path, headers }, spoilt)
    response.writeHead(spoilt.status, spoilt.headers).end(spoilt.text)
  })
  return server.origin
}

const onPath =
  (start: string, change: (answer: Answer) => void): Spoil =>
  ({ path }, answer) => {
    if (path.startsWith(start)) change(answer)
  }
const set = (name: string, value: string) => (answer: Answer) => {
  answer.headers[name] = value
}
const drop = (name: string) => (answer: Answer) => {
  delete answer.headers[name]
}
const become =
  (status: number, text = '{}') =>
  (answer: Answer) => {
    Object.assign(answer, { status, text })
  }
const inHealth = (change: (body: { status: string; checks: Record<string, object> }) => void) =>
  onPath('/api/health', (answer) => {
    const body = JSON.parse(answer.text)
    change(body)
    answer.text = JSON.stringify(body)
  })

test('a deployment that is set up passes every check, and the command exits with 0', async () => {
  const { code, passed, failed, checks } = await posture(deployment.url)
  expect(failed).toEqual([])
  expect([code, passed]).toEqual([0, true])
  expect(checks.length).toBeGreaterThanOrEqual(20)
  expect(checks.map(({ todo }) => todo).join('')).toBe('')
})

test('nothing that it sends has a credential of the caller, or could run anything', async () => {
  const asked: { method: string; path: string; headers: object }[] = []
  const url = await spoiled((request) => asked.push(request))
  await posture(url)
  const text = JSON.stringify(asked)
  expect([text.includes(SECRET), text.includes(KEY)]).toEqual([false, false])
  const closed = asked.filter(
    ({ path }) => path.startsWith('/api/') && !/^\/api\/(health|openapi)/.test(path),
  )
  expect(closed.length).toBeGreaterThan(100)
  for (const { path } of closed) expect(path).toContain('posture-check=1')
  const syncs = asked.filter(({ path }) => path.startsWith('/api/anchors/ops'))
  for (const { headers } of syncs) expect(headers).not.toHaveProperty('x-vercel-cron')
})

describe('each fault fails its own check, with what to do about it', () => {
  const bearer = (headers: object) =>
    'authorization' in headers ? String(headers.authorization) : ''
  test.each<[string, Spoil]>([
    ['Health answers', onPath('/api/health', (answer) => Object.assign(answer, { status: 503 }))],
    ['Health answers', inHealth((body) => Object.assign(body, { status: 'error' }))],
    [
      'Health tells strangers states alone',
      inHealth(({ checks }) => Object.assign(checks['database'] ?? {}, { ms: 3 })),
    ],
    [
      'The configuration is whole',
      inHealth(({ checks }) => Object.assign(checks, { configuration: { status: 'warning' } })),
    ],
    [
      'The platform is closed to strangers, as the deployment sees it',
      inHealth(({ checks }) => Object.assign(checks, { platform: { status: 'error' } })),
    ],
    ['The API is described', onPath('/api/openapi', become(404))],
    ['The docs run no foreign script', onPath('/docs', drop('content-security-policy'))],
    ['Security headers of the docs', onPath('/docs', drop('x-content-type-options'))],
    ['Security headers of an answer', onPath('/api/health', drop('strict-transport-security'))],
    [
      'Security headers of an answer',
      onPath('/api/health', set('strict-transport-security', 'max-age=60')),
    ],
    ['Security headers of a refusal', onPath('/api/transactions?', drop('referrer-policy'))],
    [
      'No page of another site may read what the business reads',
      onPath('/api/transactions?', set('access-control-allow-origin', '*')),
    ],
    ['No file of the repository is served', onPath('/package.json', become(200))],
    [
      'Refused: scheduler: no secret',
      ({ path, headers }, answer) => {
        const isBare =
          bearer(headers) === '' && !('x-vercel-cron' in headers) && !path.includes('secret=')
        if (path.startsWith('/api/payments/observe') && isBare) become(200)(answer)
      },
    ],
    [
      'Refused: scheduler: a wrong secret',
      ({ path, headers }, answer) => {
        if (path.startsWith('/api/anchors/check') && bearer(headers).includes('a-wrong'))
          become(400)(answer)
      },
    ],
    [
      'Refused: scheduler: a wrong secret in the query',
      ({ path }, answer) => {
        if (path.startsWith('/api/anchors/discover') && path.includes('?secret='))
          become(500)(answer)
      },
    ],
    [
      'Refused: scheduler: the secret of npm start',
      ({ headers }, answer) => {
        if (bearer(headers).includes('local-development-secret')) become(400)(answer)
      },
    ],
    [
      'Refused: scheduler: x-vercel-cron alone',
      ({ path, headers }, answer) => {
        if (path.startsWith('/api/transactions/settle') && 'x-vercel-cron' in headers)
          become(200)(answer)
      },
    ],
    [
      'Refused: business: no key',
      ({ path, headers }, answer) => {
        if (path.startsWith('/api/keys?posture') && !('x-api-key' in headers)) become(200)(answer)
      },
    ],
    [
      'Refused: business: a wrong key',
      ({ path, headers }, answer) => {
        const isWrong = 'x-api-key' in headers && String(headers['x-api-key']).includes('a-wrong')
        if (path.startsWith('/api/attention') && isWrong) become(302)(answer)
      },
    ],
    [
      'Refused: business: the key of npm start',
      ({ headers }, answer) => {
        if ('x-api-key' in headers && headers['x-api-key'] === 'local-business-key')
          become(404)(answer)
      },
    ],
    [
      'Refused: business: a key in the query',
      ({ path }, answer) => {
        if (path.startsWith('/api/payments?key=')) become(200)(answer)
      },
    ],
    ['Refused: events: no credential', onPath('/api/transactions/event', become(200))],
  ])('%s', async (check, spoil) => {
    const { code, failed, names } = await posture(await spoiled(spoil))
    expect([code, names]).toEqual([1, [check]])
    expect(failed[0]?.result).toBe('fail')
    expect(failed[0]?.todo).toMatch(/^\S.*\.$/)
  })

  test('docs that do not answer fail with everything that they should have', async () => {
    const { names } = await posture(
      await spoiled(
        onPath('/docs', (answer) => Object.assign(answer, { status: 404, headers: {}, text: '' })),
      ),
    )
    expect(names).toEqual([
      'The docs answer',
      'The docs run no foreign script',
      'Security headers of the docs',
    ])
  })

  test('routes that do not answer are unknown, and count as failed', async () => {
    server = await startLoopbackServer((_request, response) => response.socket?.destroy())
    const gone = await posture(server.origin)
    expect([gone.code, gone.names]).toEqual([1, ['The deployment answers']])
    await server.close()
    server = await startLoopbackServer(({ path }, response) => {
      if (path === '/api/health') response.end('{"status":"ok"}')
      else response.socket?.destroy()
    })
    const { code, failed } = await posture(server.origin)
    expect(code).toBe(1)
    expect(failed.filter(({ result }) => result === 'unknown')).toHaveLength(10)
  })
})

describe('--platform asks the platform itself, without a credential', () => {
  test.each([
    [401, 'pass'],
    [403, 'pass'],
    [200, 'fail'],
    [400, 'fail'],
    [500, 'fail'],
  ])('a platform that answers %d: %s', async (status, result) => {
    server = await startLoopbackServer((_request, response) => response.writeHead(status).end('[]'))
    const { checks } = await posture(deployment.url, '--platform', `${server.origin}/rpc?x=1`)
    expect(checks.at(-1)).toMatchObject({
      check: 'The platform is closed to strangers, as seen from here',
      result,
    })
    const [asked] = server.requests
    expect([asked?.method, asked?.path]).toEqual(['POST', '/rpc?x=1'])
    expect(asked?.headers).not.toHaveProperty('authorization')
    expect(asked?.body).toContain('"get_transaction"')
  })

  test('a platform that cannot be reached from here is closed', async () => {
    const { checks } = await posture(deployment.url, '--platform', 'http://127.0.0.1:1')
    expect(checks.at(-1)).toMatchObject({ result: 'pass', seen: 'no answer: ECONNREFUSED' })
  })
})

test('the table names each check with its result and what to do', async () => {
  const url = await spoiled(onPath('/package.json', become(200)))
  const { code, stdout, stderr } = await runOpsCommand(['posture', url], {})
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^\d+ of \d+ checks passed at http/)])
  expect(stdout).toMatch(/^CHECK +RESULT +SEEN +WHAT TO DO\n/)
  expect(stdout).toMatch(
    /^No file of the repository is served +fail +\/package\.json +Serve the routes alone/m,
  )
})
