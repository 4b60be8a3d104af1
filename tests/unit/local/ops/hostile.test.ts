import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeSecret } from '../../../../lib/keys/secret.ts'
import {
  type Behaviour,
  type LoopbackServer,
  resetConnection,
  startLoopbackServer,
} from '../../../helpers/loopback-server.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

const FULL_KEY = 'the-full-key-of-a-deployment'

let server: LoopbackServer
beforeEach(async () => {
  server = await startLoopbackServer(() => {})
})
afterEach(async () => {
  await server.close()
})

const ask = (behave: Behaviour, line: string, options: { timeoutMs?: number } = {}) => {
  server.behave = behave
  const environment = { ANCHOR_OPS_URL: server.origin, ANCHOR_OPS_KEY: FULL_KEY }
  return runOpsCommand(line.split(' '), environment, options)
}

const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  }

const CREATE = 'keys create anna --scope read'
const DECIDE = 'payments ignore 7 --note x'
const MAY_BE_MADE = 'The key may have been made.'
const MAY_BE_STORED = 'The decision may have been stored.'
/** Sets the title of a window, erases the screen, breaks the line and turns the text around. */
const ESCAPES = 'a\u001b]0;x\u0007\u009b2J\r\n\u202eb'
const AT = '2026-11-28T00:00:00Z'
const KEY = {
  ...{ name: 'anna', scopes: ['read'], state: 'usable', createdBy: 'BUSINESS_API_KEY' },
  ...{ createdAt: AT, expiresAt: null, revokedBy: null, revokedAt: null },
}

describe('a server that is broken', () => {
  test.each<[string, Behaviour, string]>([
    ['HTML', answer(200, '<html>', { 'content-type': 'text/html' }), '200 with text/html'],
    [
      'an error as HTML',
      answer(403, '<html>', { 'content-type': 'text/html' }),
      '403 without an error in JSON',
    ],
    ['nothing', answer(200, ''), '200 with application/json'],
    ['JSON of something else', answer(200, { ok: true }), 'the answer must have required property'],
    [
      'a key of another form',
      answer(200, { keys: [{ ...KEY, scopes: 7 }] }),
      '/keys/0/scopes must be array',
    ],
    [
      'a status that is not described',
      answer(206, { keys: [] }),
      'status 206, which is not described',
    ],
    [
      'more than 10 MB',
      answer(200, 'x'.repeat(10_000_001)),
      'Answer too large: more than 10000000',
    ],
    ['an error of 1 MB', answer(500, 'x'.repeat(1_000_001)), '500 without an error in JSON'],
    [
      'bytes that are no text',
      (_request, response) => response.end(Buffer.from([0x22, 0xff, 0x22])),
      'Body is not text',
    ],
    ['a lost connection', resetConnection, 'Connection lost'],
    [
      'a failure of the service',
      answer(500, { error: 'Internal error', code: 'internal_error' }),
      'Internal error',
    ],
  ])('%s exits with 3, and a list says nothing of a change', async (_, behave, message) => {
    const { code, stdout, stderr } = await ask(behave, 'keys list')
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain(message)
    expect(stderr.length).toBeLessThan(700)
    expect(stderr).not.toContain('may have been')
  })

  test('a redirect is not followed', async () => {
    const other = await startLoopbackServer(answer(200, { keys: [] }))
    const moved = answer(307, { error: 'elsewhere' }, { location: `${other.origin}/api/keys` })
    const { code, stderr } = await ask(moved, 'keys list')
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('307 with a redirect, which is not followed'),
    ])
    expect(other.requests).toEqual([])
    await other.close()
  })

  test.each(['keys list', CREATE])('%s ends when no answer comes in time', async (line) => {
    const { code, stderr } = await ask(() => {}, line, { timeoutMs: 50 })
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('No complete answer in time: 50 ms'),
    ])
  })

  test.each<[string, Behaviour]>([
    [
      'breaks off',
      (_request, response) =>
        response
          .writeHead(201, { 'content-length': 500 })
          .write('{"name":"an', () => response.destroy()),
    ],
    ['has no secret', answer(201, KEY)],
    [
      'is a failure of the service',
      answer(503, { error: 'The database is away', code: 'database_unavailable' }),
    ],
  ])('a change is told as unclear when its answer %s, and sent once', async (_, behave) => {
    const { code, stdout, stderr } = await ask(behave, CREATE)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain(MAY_BE_MADE)
    expect(server.requests).toHaveLength(1)
  })

  test('a decision whose answer is lost is told as unclear; one that was never sent is not', async () => {
    const behave: Behaviour = (request, response) => {
      if (request.method === 'GET')
        answer(403, { error: 'no', code: 'forbidden' })(request, response)
      else resetConnection(request, response)
    }
    const lost = await ask(behave, DECIDE)
    expect([lost.code, lost.stderr]).toEqual([3, expect.stringContaining(MAY_BE_STORED)])
    const environment = { ANCHOR_OPS_URL: 'http://127.0.0.1:1' }
    const unsent = await runOpsCommand(DECIDE.split(' '), environment)
    expect([unsent.code, unsent.stderr.includes(MAY_BE_STORED)]).toEqual([3, false])
  })

  test('a decision is not sent when what is stored about it cannot be read', async () => {
    const { code } = await ask(
      answer(404, { error: 'It is not recorded', code: 'not_found' }),
      DECIDE,
    )
    expect(code).toBe(1)
    expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('a server that is hostile', () => {
  const hostileKey = {
    ...{ name: ESCAPES, scopes: ['read'], state: 'usable', createdBy: ESCAPES },
    ...{ createdAt: AT, expiresAt: null, revokedBy: ESCAPES, revokedAt: AT },
  }
  const finding = { code: ESCAPES, sep: 24, field: ESCAPES, expected: ESCAPES, actual: ESCAPES }
  const hostileAnchor = {
    ...{ network: 'mainnet', domain: 'a.sim', checkedAt: AT, durationMs: 7, outcome: 'ok' },
    ...{
      error: ESCAPES,
      capability: null,
      trust: { trusted: false, reasons: [{ code: ESCAPES, message: ESCAPES }] },
    },
    ...{ operational: null, findings: [finding], listings: null, patienceSeconds: 0 },
  }
  const action = {
    ...{ action: ESCAPES, means: ESCAPES, method: 'POST', needs: [ESCAPES] },
    url: 'http://a.sim/api/transactions/--x%20%24%28id%29%1b/attempts/7',
    body: { decision: ESCAPES, note: ESCAPES },
  }
  const BROKEN_URLS = [`http://a.sim/${ESCAPES}`, 'not a URL', 'http://a.sim/api/payments/%zz']
  const hostileWaiting = {
    waiting: [
      {
        ...{ kind: 'payment', id: ESCAPES, since: AT, transactionId: ESCAPES, reason: ESCAPES },
        ...{ detail: {}, actions: [action, ...BROKEN_URLS.map((url) => ({ ...action, url }))] },
      },
    ],
    ...{ openMoney: null, next: null },
  }
  const refusal = {
    error: ESCAPES,
    code: 'forbidden',
    details: [{ path: 'x', message: `${ESCAPES}!` }],
  }

  test.each<[string, Behaviour, number]>([
    ['keys list', answer(200, { keys: [hostileKey] }), 0],
    ['keys revoke anna', answer(200, hostileKey), 0],
    ['keys list', answer(403, refusal), 1],
    ['anchors check a.sim', answer(200, hostileAnchor), 0],
    ['attention', answer(200, hostileWaiting), 0],
  ])('%s writes no character that a terminal obeys', async (line, behave, expected) => {
    const { code, stdout, stderr } = await ask(behave, line)
    expect(code).toBe(expected)
    expect(stdout + stderr).toContain('\ufffd')
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    const asJson = await ask(behave, `${line} --json`)
    expect(asJson.stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    if (code === 0) expect(asJson.stdout).toContain('a\\u001b]0;x\\u0007\\u009b2J\\r\\n\\u202eb')
  })

  test('--json keeps the answer as it is, with everything escaped that a terminal obeys', async () => {
    const { stdout } = await ask(answer(200, { keys: [hostileKey] }), 'keys list --json')
    expect(JSON.parse(stdout)).toEqual({ keys: [hostileKey] })
  })

  test('a shown line is one command, whatever an id holds', async () => {
    const { stdout } = await ask(answer(200, hostileWaiting), 'attention')
    expect(stdout).toContain(
      "npm run ops -- attempts decide --note 'how it is known' -- '--x $(id)\ufffd' 7 'a\ufffd",
    )
  })

  test('a line break in a text does not begin a row of its own', async () => {
    const { stdout } = await ask(answer(200, { keys: [hostileKey] }), 'keys list')
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
  })

  test.each([
    ['refuses', answer(401, { error: `Unknown key ${FULL_KEY}`, code: 'unauthorized' })],
    ['answers', answer(200, { keys: [{ ...KEY, createdBy: FULL_KEY }] })],
  ])(
    'the key of the caller is not shown when a server that %s sends it back',
    async (_, behave) => {
      for (const line of ['keys list', 'keys list --json']) {
        const { stdout, stderr } = await ask(behave, line)
        expect(stdout + stderr).toContain('[redacted]')
        expect(stdout + stderr).not.toContain(FULL_KEY)
      }
    },
  )

  test('a new secret is printed, and no other secret beside it', async () => {
    const secret = makeSecret()
    const other = makeSecret()
    const made = await ask(answer(201, { ...KEY, createdBy: other, secret }), CREATE)
    expect([made.code, made.stdout]).toEqual([0, `${secret}\n`])
    expect(made.stderr).toContain('by [redacted]')
    const listed = await ask(answer(200, { keys: [{ ...KEY, name: other }] }), 'keys list')
    expect(listed.stdout).toContain('[redacted]')
  })

  test('a secret of another form is not printed', async () => {
    const { code, stdout } = await ask(answer(201, { ...KEY, secret: '\u001b[2Jnone' }), CREATE)
    expect([code, stdout]).toEqual([3, ''])
  })
})
