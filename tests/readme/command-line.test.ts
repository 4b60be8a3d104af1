import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { observeOnSchedule } from '../../lib/payments/observe.ts'
import { COMMANDS } from '../../local/ops/commands.ts'
import { EXIT_CODES } from '../../local/ops/exit-code.ts'
import { type LocalService, startLocalService } from '../../local/service.ts'
import { runOpsCommand } from '../helpers/ops-command.ts'

const PAGE = await readFile(new URL('../../docs/command-line.md', import.meta.url), 'utf8')
const LINES = [...PAGE.matchAll(/```sh\n([^`]*)\n```/g)]
  .flatMap(([, block = '']) => block.split('\n'))
  // A line for another deployment than `npm start` is not run.
  .filter((line) => !line.includes('ops.example.com'))
  .map((line) => ({ line, code: Number(/# (\d): /.exec(line)?.[1] ?? 0) }))

let service: LocalService
let variables: Record<string, string>
beforeAll(async () => {
  service = await startLocalService({
    options: { world: 'simulated', port: 0 },
    environment: {},
    dataRoot: null,
    makeLog: () => () => {},
  })
  await runOps(opsParameters.parse({ action: 'sync' }), service.deps, { scheduled: false })
  const nobody = { keyName: 'CRON_SECRET', rights: new Set<never>() }
  await observeOnSchedule(null, nobody, service.deps)
  variables = await readIds()
})
afterAll(() => service.close())

const run = (words: string[]) => runOpsCommand(words, { ANCHOR_OPS_URL: service.url })

/** The ids for which `$ATTEMPT`, `$OPERATION` and `$ACCOUNT` stand on the page. */
async function readIds(): Promise<Record<string, string>> {
  const { stdout } = await run(['attention', '--json'])
  const { waiting } = JSON.parse(stdout) as {
    waiting: { kind: string; id: string; detail: { account?: string } }[]
  }
  const of = (kind: string) => waiting.find((one) => one.kind === kind)
  const idOf = (kind: string) => of(kind)?.id ?? ''
  const [, operation = ''] = idOf('payment').split('/')
  return {
    ATTEMPT: idOf('update_lost'),
    OPERATION: operation || idOf('payment'),
    ACCOUNT: of('payment')?.detail.account ?? '',
  }
}

/** The words behind `npm run ops --`, as a shell reads them. */
function wordsOf(line: string): string[] {
  const said = line
    .replace(/ +# .*/, '')
    .replace(/^\w+=\$\((.*)\)$/, '$1')
    .replace(/^npm run (-s )?ops -- /, '')
    .replace('http://localhost:3000', service.url)
    .replace(/\$([A-Z]+)/g, (_, name: string) => variables[name] ?? '')
  return [...said.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
}

test.each(LINES)('as printed: $line', async ({ line, code }) => {
  if (!line.includes('npm run')) {
    await promisify(execFile)('bash', ['-c', line])
    return
  }
  const ran = await run(wordsOf(line))
  expect(ran).toMatchObject({ code })
  // A refusal is told on stderr, everything else on stdout.
  expect(`${ran.stdout}${ran.stderr}`).not.toBe('')
})

test('the page has a line for each command', () => {
  const names = Object.entries(COMMANDS).flatMap(([name, one]) =>
    'tasks' in one ? Object.keys(one.tasks).map((last) => `${name} ${last}`) : [name],
  )
  for (const name of names) expect(PAGE).toMatch(new RegExp(`^\\S*.*ops -- ${name}\\b`, 'm'))
})

test('the page has the table of exit codes', () => {
  const rows = Object.entries(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`)
  expect(PAGE).toContain(rows.join('\n'))
})
