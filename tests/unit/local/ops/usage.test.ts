import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../../local/ops/commands.ts'
import { EXIT_CODES } from '../../../../local/ops/exit-code.ts'
import { startLoopbackServer } from '../../../helpers/loopback-server.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

const ROOT = resolve(import.meta.dirname, '../../../..')
/** Nothing listens there, so a command that asked anything would exit with 3. */
const NOWHERE = { ANCHOR_OPS_URL: 'http://127.0.0.1:1' }

const run = (line: string, environment: Record<string, string> = {}) =>
  runOpsCommand(line === '' ? [] : line.split(' '), { ...NOWHERE, ...environment })

const ALL =
  'anchors, attention, attempts, payments, observer, reconcile, books, run, keys, posture, --help'
const ACCOUNT = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const UUID = 'dd998e16-c6e3-4fa9-a944-2cdebfd24f4e'
const NAME_RULE =
  '1 to 64 of the characters a-z, 0-9, ".", "_" and "-", with a letter or digit at the start'

describe('a command line that cannot be read exits with 2 and asks nothing', () => {
  test.each([
    ['', `npm run ops cannot start: no command on the command line; allowed: ${ALL}`],
    [
      'anchrs',
      `unknown command 'anchrs' (Did you mean anchors?) on the command line; allowed: ${ALL}`,
    ],
    ['constructor', `unknown command 'constructor' on the command line; allowed: ${ALL}`],
    [
      'anchors',
      'npm run ops -- anchors cannot start: no command on the command line; allowed: list, show, check, enable,',
    ],
    ['anchors shwo x', "unknown command 'shwo' (Did you mean show?)"],
    [
      'anchors show',
      "missing required argument 'domain' on the command line; allowed: <domain>, --network <network>, --url",
    ],
    [
      'anchors show a.sim b.sim',
      "too many arguments for 'show'. Expected 1 argument but got 2: a.sim, b.sim on",
    ],
    ['anchors show ..', '<domain> is ".." on the command line; allowed: a home domain'],
    ['anchors list --cuntry PE', "unknown option '--cuntry' (Did you mean --country?)"],
    [
      'anchors list --type both',
      '--type is "both" on the command line; allowed: on-ramp, off-ramp',
    ],
    [
      'anchors list --limit 0',
      '--limit is "0" on the command line; allowed: an integer from 1 to 100000',
    ],
    ['anchors list --network publicnet', 'allowed: mainnet, testnet'],
    ['anchors enable a.sim', "required option '--note <text>' not specified"],
    ['anchors enable a.sim --note', "option '--note <text>' argument missing"],
    ['anchors enable a.sim --note --yes', '--note is "--yes" on the command line; allowed: a text'],
    ['anchors enable a.sim --note=', '--note is empty on the command line; allowed: a text'],
    [
      `anchors enable a.sim --note ${'n'.repeat(1_001)}`,
      'allowed: a text of 1 to 1,000 characters',
    ],
    [
      'anchors accept a.sim --note x --since today',
      '--since is "today" on the command line; allowed: an ISO 8601',
    ],
    [
      'anchors import /no/such/file',
      'The file "/no/such/file" on the command line cannot be read: ENOENT; allowed: a JSON array',
    ],
    ['anchors import package.json', 'The file "package.json" on the command line is no JSON array'],
    ['anchors import README.md', 'is no JSON array'],
    [
      'anchors import a.json --from https://a.example',
      'The file "a.json" and --from are both on the command line',
    ],
    [
      `attempts decide t ${UUID} maybe --note x`,
      '<outcome> is "maybe" on the command line; allowed: applied, rejected, not_applied',
    ],
    [
      'attempts decide t 7 applied --note x',
      '<attempt> is "7" on the command line; allowed: the id of an attempt, a UUID',
    ],
    [`attempts withdraw .. ${UUID} --note x`, '<transaction> is ".." on the command line'],
    [`attempts replay t ${UUID}`, "required option '--note <text>' not specified"],
    ['attempts list --state DONE', 'allowed: READY, SENDING, APPLIED'],
    [
      'payments show x',
      '<operation> is "x" on the command line; allowed: the id of an operation, 1 to 20 digits',
    ],
    [
      'payments refunded 1 xyz --note x',
      '<hash> is "xyz" on the command line; allowed: a hash, 64 characters of hex',
    ],
    ['payments ignore 1 --note x --epoch 0', 'allowed: an integer from 1 to 1000000'],
    ['keys create --scope read', "missing required argument 'name'"],
    ['keys create anna', "required option '--scope <scopes>' not specified"],
    [
      'keys create anna --scope read,fly',
      '--scope is "read,fly" on the command line; allowed: a comma list of read, update, force, decide',
    ],
    ['keys create anna --scope READ', 'allowed: a comma list of read'],
    ['keys create anna --scope read --expires-in-days 0', 'allowed: an integer from 1 to 3650'],
    ...['..', 'a/b', 'Anna', 'a'.repeat(65)].map((name) => [
      `keys revoke ${name}`,
      `<name> is ${JSON.stringify(name)} on the command line; allowed: ${NAME_RULE}`,
    ]),
    ['reconcile --account x', '--account is "x" on the command line; allowed: an account, G'],
    ['reconcile --asset x', '--asset is "x" on the command line; allowed: an asset of the ledger'],
    [
      'reconcile --from yesterday',
      '--from is "yesterday" on the command line; allowed: an ISO 8601',
    ],
    [
      'reconcile --from 2026-11-02T00:00:00Z --to 2026-11-01T00:00:00Z',
      '--from is "2026-11-02T00:00:00Z" on the command line; allowed: a time before --to',
    ],
    ['reconcile books', 'too many arguments'],
    ['run everything', '<what> is "everything" on the command line; allowed: sync, check, '],
    [
      `observer restart x now --note y`,
      '<account> is "x" on the command line; allowed: an account',
    ],
    [
      `observer restart ${ACCOUNT} yesterday --note y`,
      '<start> is "yesterday" on the command line; allowed: now, oldest_open_transaction or',
    ],
    [
      `books explain ${ACCOUNT} stellar:native 0 --note y`,
      '<ledger> is "0" on the command line; allowed: the number of a ledger, 1 to 4294967295',
    ],
    [`books explain ${ACCOUNT} native 7 --note y`, '<asset> is "native" on the command line'],
    ['posture', "missing required argument 'url'"],
    [
      'posture ops.example.com',
      '<url> is "ops.example.com" on the command line; allowed: an https URL',
    ],
    [
      'posture http://ops.example.com',
      'allowed: an https URL without a path, or an http URL of localhost',
    ],
    [
      'posture http://localhost:1 --platform x',
      '--platform is "x" on the command line; allowed: an http or https URL',
    ],
  ])('%s', async (line, message) => {
    const { code, stdout, stderr } = await run(line)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('an escape sequence that was pasted is not echoed', async () => {
    const words = ['keys', 'revoke', '\u001b]0;x\u0007\u202e']
    const { code, stderr } = await runOpsCommand(words, NOWHERE)
    expect(code).toBe(2)
    expect(stderr.trimEnd()).not.toMatch(/\p{C}/u)
  })
})

describe('the deployment and the credential', () => {
  test.each([
    'http://ops.example.com',
    'http://10.0.0.1',
    'http://localhost.example.com',
    'http://0.0.0.0:3000',
    'ftp://localhost',
    'https://ops.example.com/api',
    'https://ops.example.com/?a=b',
    'ops.example.com',
  ])('%s is refused, so that no key goes there', async (url) => {
    const allowed =
      'allowed: an https URL without a path, or an http URL of localhost, 127.0.0.1 or [::1]\n'
    const option = await run(`keys list --url ${url}`, { ANCHOR_OPS_KEY: 'the-key' })
    expect(option).toEqual({
      code: 2,
      stdout: '',
      stderr: `--url is "${url}" on the command line; ${allowed}`,
    })
    const variable = await run('keys list', { ANCHOR_OPS_URL: url })
    expect(variable.stderr).toBe(`ANCHOR_OPS_URL is "${url}" in the environment; ${allowed}`)
  })

  test('a URL with a password is refused and not shown', async () => {
    const { code, stderr } = await run('keys list --url https://me:hidden@ops.example.com')
    expect([code, stderr.includes('hidden')]).toEqual([2, false])
  })

  test.each([
    ['keys list', {}, 'BUSINESS_API_KEY is not set'],
    [
      'keys list',
      { ANCHOR_OPS_KEY: 'two\nlines' },
      'ANCHOR_OPS_KEY has characters that no key has',
    ],
    ['keys list', { BUSINESS_API_KEY: 'é' }, 'BUSINESS_API_KEY has characters that no key has'],
    ['anchors check a.sim', {}, 'CRON_SECRET is not set'],
  ])(
    '%s with %j is refused for a deployment, and the secret is not shown',
    async (line, environment, message) => {
      const { code, stderr } = await run(`${line} --url https://ops.example.com`, environment)
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`${message} in the environment; allowed: the `),
      ])
      expect(stderr).not.toMatch(/two|é/)
    },
  )

  test.each([
    ['keys list', {}, 'x-api-key', 'local-business-key'],
    ['keys list', { BUSINESS_API_KEY: 'full' }, 'x-api-key', 'full'],
    ['keys list', { BUSINESS_API_KEY: 'full', ANCHOR_OPS_KEY: 'named' }, 'x-api-key', 'named'],
    ['keys list', { ANCHOR_OPS_KEY: ' ' }, 'x-api-key', 'local-business-key'],
    ['anchors check a.sim', {}, 'authorization', 'Bearer local-development-secret'],
    ['anchors check a.sim', { CRON_SECRET: 'own' }, 'authorization', 'Bearer own'],
    ['anchors list', { CRON_SECRET: 'own', ANCHOR_OPS_KEY: 'named' }, 'x-api-key', undefined],
  ])('%s with %j sends %s: %s, and nothing else', async (line, environment, header, value) => {
    const server = await startLoopbackServer((_request, response) => response.end('{}'))
    await run(line, { ...environment, ANCHOR_OPS_URL: server.origin })
    const [request] = server.requests
    expect(request?.headers[header]).toBe(value)
    const other = header === 'x-api-key' ? 'authorization' : 'x-api-key'
    expect(request?.headers).not.toHaveProperty(other)
    await server.close()
  })
})

describe('--help', () => {
  const leaves = Object.entries(COMMANDS).flatMap(([name, one]) =>
    'tasks' in one
      ? Object.entries(one.tasks).map(([last, task]) => ({ path: `${name} ${last}`, task }))
      : [{ path: name, task: one }],
  )
  const groups = [
    '',
    ...Object.entries(COMMANDS).flatMap(([name, one]) => ('tasks' in one ? [name] : [])),
  ]

  test.each(groups)('"%s" names its commands', async (path) => {
    const { code, stdout, stderr } = await run(`${path} --help`.trim())
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Usage: npm run ops -- .*<command> \[options\]\n/)
    for (const { path: leaf } of leaves.filter((one) => one.path.startsWith(`${path} `))) {
      expect(stdout).toContain(`  ${leaf.slice(path.length + 1)} `)
    }
  })

  test.each(leaves)(
    '$path names its words, options, variables, exit codes and an example',
    async ({ path, task }) => {
      const { code, stdout, stderr } = await run(`${path} --help`)
      expect([code, stderr]).toEqual([0, ''])
      for (const option of ['json', 'help', ...Object.keys(task.options)]) {
        expect(stdout).toMatch(new RegExp(`^  --${option}\\b`, 'm'))
      }
      for (const word of Object.keys(task.words))
        expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'))
      for (const [exit, meaning] of Object.entries(EXIT_CODES))
        expect(stdout).toContain(`  ${exit}  ${meaning}\n`)
      expect(stdout).toContain(`\nExample: ${task.example}\n`)
      expect(task.example).toContain(`ops -- ${path}`)
    },
  )
})

/** Runs the program as npm does. */
async function runProcess(
  script: 'ops' | 'keys' | 'reconcile',
  args: string[],
  environment: Record<string, string>,
) {
  const child = spawn('npm', ['run', '-s', script, '--', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
  })
  child.stdin.end()
  const text = async (stream: PassThrough) => Buffer.concat(await stream.toArray()).toString()
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout.pipe(new PassThrough())),
    text(child.stderr.pipe(new PassThrough())),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

describe('the npm scripts', () => {
  test.each([
    ['ops', ['keys', 'list']],
    ['keys', ['list']],
  ] as const)('npm run %s lists keys, and exits when it has', async (script, args) => {
    const server = await startLoopbackServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}')
    })
    const ran = await runProcess(script, [...args, '--json'], { ANCHOR_OPS_URL: server.origin })
    expect(ran).toEqual({ code: 0, stdout: '{\n  "keys": []\n}\n', stderr: '' })
    await server.close()
  })

  test('npm run reconcile is the command of npm run ops, with its exit codes', async () => {
    const { code, stderr } = await runProcess('reconcile', ['--from', 'now'], NOWHERE)
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('npm run ops -- reconcile cannot start: --from is "now"'),
    ])
  })

  test('no answer exits with 3', async () => {
    const { code, stdout, stderr } = await runProcess('ops', ['attention'], NOWHERE)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(
      /^Connection not made: ECONNREFUSED at http:\/\/127\.0\.0\.1:1\/api\/attention/,
    )
  })
})
