import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeSecret } from '../../../lib/keys/secret.ts'
import { DEVELOPMENT_BUSINESS_KEY } from '../../../local/development-secrets.ts'
import { createKeysClient } from '../../../local/keys/client.ts'
import { readKeysCommand, runKeysCommand } from '../../../local/keys/command.ts'
import { type LocalService, startLocalService } from '../../../local/service.ts'
import {
  type Behaviour,
  type LoopbackServer,
  resetConnection,
  startLoopbackServer,
} from '../../helpers/loopback-server.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const FULL_KEY = 'the-full-key-of-a-deployment'

/** Runs the command as `npm run keys` does. */
async function runProcess(args: string[], environment: Record<string, string>) {
  const flags = ['--import', './scripts/require-setup.mjs', 'local/keys/main.ts']
  const child = spawn(process.execPath, [...flags, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    out.stdout += data
  })
  child.stderr.on('data', (data) => {
    out.stderr += data
  })
  const [code] = await once(child, 'close')
  return { code, ...out }
}

/** Runs the command in this process. `shown` is what a terminal gets. */
async function run(
  args: string[],
  environment: Record<string, string>,
  options: { timeoutMs?: number } = {},
) {
  const { asked, deployment } = readKeysCommand(args, environment)
  const printed: { results: string[]; lines: string[]; error: string } = {
    results: [],
    lines: [],
    error: '',
  }
  await runKeysCommand(asked, createKeysClient(deployment, options), {
    result: (text) => printed.results.push(text),
    note: (text) => printed.lines.push(text),
  }).catch((error: Error) => {
    expect(error.constructor.name).toBe('KeysError')
    printed.error = error.message
  })
  return { ...printed, shown: [...printed.lines, printed.error].join('\n') }
}

describe('npm run keys, on the local service', () => {
  let service: LocalService
  beforeAll(async () => {
    service = await startLocalService({
      options: { world: 'simulated', port: 0 },
      environment: {},
      dataRoot: null,
      makeLog: () => () => {},
    })
  })
  afterAll(() => service.close())

  const keys = (...args: string[]) => runProcess(args, { ANCHOR_OPS_URL: service.url })
  const read = async (secret: string) => {
    const headers = { 'x-api-key': secret }
    return (await fetch(`${service.url}/api/transactions`, { headers })).status
  }

  test('prints the secret of a new key alone on stdout, and revokes the key', async () => {
    const made = await keys('create', 'anna', '--scope', 'read,decide', '--note', 'Anna’s key')
    expect(made.stdout).toMatch(/^aok_[A-Za-z0-9_-]{43}\n$/)
    const secret = made.stdout.trim()
    expect(made.stderr).toContain('anna (usable): read,decide, made ')
    expect(made.stderr).toContain(' by BUSINESS_API_KEY, does not expire\n')
    expect(made.stderr).not.toContain(secret)
    expect([made.code, await read(secret)]).toEqual([0, 200])

    const environment = { ANCHOR_OPS_URL: service.url, BUSINESS_API_KEY: secret }
    const limited = await run(['create', 'carla', '--scope', 'read'], environment)
    expect(limited.error).toContain('The key "anna"')

    const again = await keys('create', 'anna', '--scope', 'read')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(
      /^The key "anna" on the command line was made at \S+; allowed: a name that no key has had\n$/,
    )

    const revoked = await keys('revoke', 'anna', '--note', 'Anna left')
    expect(revoked).toMatchObject({ code: 0, stdout: '' })
    expect(revoked.stderr).toMatch(/^anna \(revoked\): .* revoked \S+ by BUSINESS_API_KEY\n$/)
    expect(await read(secret)).toBe(401)
    const list = await keys('list')
    expect(list.code).toBe(0)
    expect(list.stderr).toMatch(/^Named keys at \S+: 1\n$/)
    expect(list.stdout).toMatch(/^anna \(revoked\)/)
  })

  test('makes a key that expires', async () => {
    const args = ['create', 'boris', '--scope', 'update', '--expires-in-days', '1']
    const { lines, results } = await run(args, { ANCHOR_OPS_URL: service.url })
    expect(results).toHaveLength(1)
    expect(lines[1]).toMatch(/^boris \(usable\): update, .*, expires \d{4}-/)
  })

  test.each<[string, string[], Record<string, string>, RegExp]>([
    [
      'a key that is not the full one',
      ['list'],
      { BUSINESS_API_KEY: makeSecret() },
      /^Unauthorized\. Provide BUSINESS_API_KEY/,
    ],
    [
      'an unknown key to revoke',
      ['revoke', 'carla'],
      {},
      /^The key "carla" on the command line does not exist; allowed: the name of a key$/,
    ],
  ])('shows the sentence of the service for %s', async (_, args, environment, sentence) => {
    const { error, results, lines } = await run(args, {
      ANCHOR_OPS_URL: service.url,
      ...environment,
    })
    expect([results, lines]).toEqual([[], []])
    expect(error).toMatch(sentence)
    expect(error.length).toBeGreaterThan(10)
  })

  test('exits with code 2 for a command line that it cannot read', async () => {
    const long = await keys('create', 'dora', '--scope', 'read', '--note', 'n'.repeat(1_001))
    expect([long.code, long.stdout, long.stderr]).toEqual([
      2,
      '',
      expect.stringContaining('--note has 1001 characters on the command line; allowed: a text'),
    ])
    const { code, stdout, stderr } = await keys('create', 'eva')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      'npm run keys cannot start: --scope is missing on the command line; allowed: a comma list of read, update, force, decide\n',
    )
  })
})

describe('the command line and environment of npm run keys', () => {
  const refusal = (args: string, environment: Record<string, string> = {}) => {
    try {
      readKeysCommand(args.split(' '), environment)
    } catch (error) {
      return (error as Error).message
    }
    return null
  }

  test.each([
    ['list', {}, 'http://localhost:3000', DEVELOPMENT_BUSINESS_KEY],
    ['list', { ANCHOR_OPS_URL: ' ', BUSINESS_API_KEY: ' ' }, 'http://localhost:3000', undefined],
    ['list --url http://127.0.0.1:8080/', {}, 'http://127.0.0.1:8080', undefined],
    ['list --url http://[::1]:8080', {}, 'http://[::1]:8080', undefined],
    [
      'list --url https://ops.example.com',
      { ANCHOR_OPS_URL: 'http://localhost:1', BUSINESS_API_KEY: FULL_KEY },
      'https://ops.example.com',
      FULL_KEY,
    ],
  ])('%s with %j calls %s', (args, environment, origin, key = DEVELOPMENT_BUSINESS_KEY) => {
    const { deployment } = readKeysCommand(args.split(' '), environment)
    expect(deployment).toEqual({ origin, key })
  })

  test.each([
    'http://ops.example.com',
    'http://10.0.0.1',
    'http://localhost.example.com',
    'http://0.0.0.0:3000',
    'ftp://localhost',
    'https://ops.example.com/api',
    'https://ops.example.com/?a=b',
    'ops.example.com',
  ])('--url %s is refused, so that no key goes there', (url) => {
    const environment = { BUSINESS_API_KEY: FULL_KEY }
    const allowed =
      'allowed: an https URL without a path, or an http URL of localhost, 127.0.0.1 or [::1]'
    expect(refusal(`list --url ${url}`, environment)).toBe(
      `--url is "${url}" on the command line; ${allowed}`,
    )
    expect(refusal('list', { ...environment, ANCHOR_OPS_URL: url })).toBe(
      `ANCHOR_OPS_URL is "${url}" in the environment; ${allowed}`,
    )
  })

  test('a URL with a password is refused and not shown', () => {
    expect(refusal('list --url https://me:hidden@ops.example.com')).not.toContain('hidden')
  })

  test.each([
    ['is not set', {}],
    ['has characters that no key has', { BUSINESS_API_KEY: 'two\nlines' }],
  ])('a key that %s is refused for a deployment, and not shown', (fault, environment) => {
    expect(refusal('list --url https://ops.example.com', environment)).toBe(
      `BUSINESS_API_KEY ${fault} in the environment; allowed: the full key of https://ops.example.com`,
    )
  })

  test.each(['..', '.', 'a/b', 'Anna', '\u001b[2J', 'a'.repeat(65)])(
    'the name %j is refused before it becomes part of a URL',
    (name) => {
      expect(refusal(`revoke ${name}`)).toBe(
        `npm run keys cannot start: the name is ${JSON.stringify(name)} on the command line; allowed: 1 to 64 of the characters a-z, 0-9, ".", "_" and "-", with a letter or digit at the start`,
      )
    },
  )

  test.each(['fly', 'read,', 'read;update', 'READ'])('--scope %s is refused', (scope) => {
    expect(refusal(`create anna --scope ${scope}`)).toContain(
      `--scope is "${scope}" on the command line; allowed: a comma list of read, update, force, decide`,
    )
  })
})

describe('npm run keys, with a server that is broken or hostile', () => {
  let server: LoopbackServer
  beforeEach(async () => {
    server = await startLoopbackServer(() => {})
  })
  afterEach(() => server.close())

  const ask = (behave: Behaviour, args: string, options = {}) => {
    server.behave = behave
    const environment = { ANCHOR_OPS_URL: server.origin, BUSINESS_API_KEY: FULL_KEY }
    return run(args.split(' '), environment, options)
  }
  const answer =
    (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
    (_request, response) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
    }
  const CREATE = 'create anna --scope read'
  const MAY_BE_MADE = 'The key may have been made.'
  const ESCAPES = 'a\u001b]0;x\u0007\u009b2J\r\n\u202eb'
  const key = {
    name: 'anna',
    scopes: ['read'],
    state: 'usable',
    createdBy: 'BUSINESS_API_KEY',
    createdAt: '2026-11-28T00:00:00Z',
    expiresAt: null,
    revokedBy: null,
    revokedAt: null,
  }

  test.each<[string, Behaviour, string]>([
    ['HTML', answer(200, '<html>', { 'content-type': 'text/html' }), '200 with text/html'],
    ['an error as HTML', answer(403, '<html>', { 'content-type': 'text/html' }), '403 with text/'],
    ['no content type', answer(200, '', { 'content-type': '' }), '200 with no content type'],
    ['JSON of something else', answer(200, { ok: true }), 'No answer of Anchor Ops'],
    ['more than 1 MB', answer(200, 'x'.repeat(1_000_001)), 'Answer too large: more than 1000000'],
    ['an error of 1 MB', answer(500, 'x'.repeat(1_000_001)), 'No answer of Anchor Ops: 500'],
    [
      'bytes that are no text',
      (_request, response) => response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
      'Body is not text',
    ],
    ['a lost connection', resetConnection, 'Connection lost'],
  ])('says clearly that it got %s', async (_, behave, message) => {
    const { error, lines } = await ask(behave, 'list')
    expect(error).toContain(message)
    expect(error.length).toBeLessThan(700)
    expect([error.includes(MAY_BE_MADE), lines]).toEqual([false, []])
  })

  test('follows no redirect', async () => {
    const other = await startLoopbackServer(answer(200, { keys: [] }))
    const moved = answer(307, { error: 'elsewhere' }, { location: `${other.origin}/api/keys` })
    const { error } = await ask(moved, 'list')
    expect(error).toContain('307 with a redirect, which is not followed')
    expect(other.requests).toEqual([])
    await other.close()
  })

  test.each(['list', CREATE])('ends %s when no answer comes in time', async (args) => {
    const { error } = await ask(() => {}, args, { timeoutMs: 50 })
    expect(error).toContain('No complete answer in time: 50 ms')
    expect(error.includes(MAY_BE_MADE)).toBe(args === CREATE)
  })

  test.each<[string, Behaviour]>([
    [
      'breaks off',
      (_request, response) =>
        response
          .writeHead(201, { 'content-length': 500 })
          .write('{"name":"an', () => response.destroy()),
    ],
    ['has no secret', answer(201, key)],
    ['has a secret of another form', answer(201, { ...key, secret: `\u001b[2J${makeSecret()}` })],
    ['is a failure of the service', answer(503, { error: 'The database is away' })],
  ])('says that a key may have been made when the answer %s', async (_, behave) => {
    const { error, results, shown } = await ask(behave, CREATE)
    expect(error).toContain(MAY_BE_MADE)
    expect([results, shown.includes('\u001b')]).toEqual([[], false])
  })

  test('sends a create once', async () => {
    await ask(resetConnection, CREATE)
    expect(server.requests).toHaveLength(1)
  })

  test('shows no escape sequence, line break or bidi mark of the server', async () => {
    const hostile = {
      ...key,
      name: ESCAPES,
      scopes: [ESCAPES],
      state: ESCAPES,
      createdBy: ESCAPES,
      createdAt: ESCAPES,
      expiresAt: ESCAPES,
      revokedBy: ESCAPES,
      revokedAt: ESCAPES,
    }
    const listed = await ask(answer(200, { keys: [hostile] }), 'list')
    expect([...listed.lines, ...listed.results]).toHaveLength(2)
    const made = await ask(answer(201, { ...hostile, secret: makeSecret() }), CREATE)
    const revoked = await ask(answer(200, hostile), 'revoke anna')
    const refused = await ask(
      answer(400, { error: ESCAPES, details: [{ message: `${ESCAPES}!` }] }),
      'list',
    )
    for (const line of [
      ...listed.lines,
      ...listed.results,
      ...made.lines,
      ...revoked.lines,
      refused.error,
    ]) {
      expect(line.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    }
    expect(refused.error.split('\n')).toHaveLength(2)
  })

  test('does not show the key that a server sends back', async () => {
    const { error } = await ask(answer(401, { error: `Unknown key ${FULL_KEY}` }), 'list')
    expect(error).toBe('Unknown key [redacted]')
  })
})
