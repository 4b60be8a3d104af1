import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkImports } from '../../scripts/check-imports.ts'

async function problemsOf(file: string, source: string): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'imports-'))
  try {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), source)
    return await checkImports(root)
  } finally {
    await rm(root, { recursive: true })
  }
}

describe('a violation is named with its place, its value and what is allowed', () => {
  test.each<[string, string, string]>([
    ['api/x.ts', "import { a } from '../lib/net/a.ts'", 'Import refused: "../lib/net/a.ts"'],
    ['api/x.ts', "import { a } from '../lib/config.ts'", 'Import refused'],
    ['api/x.ts', "import { a } from '../local/a.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../../local/a.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../deps.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../payments/a.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../http/handler.ts'", 'Import refused'],
    ['lib/updates/x.ts', "import { a } from '../payments/a.ts'", 'Import refused'],
    ['lib/payments/x.ts', "import { a } from '../anchors/settle.ts'", 'Import refused'],
    ['lib/platform/x.ts', "import { a } from '../db/a.ts'", 'Import refused'],
    ['lib/ledger/x.ts', "import { a } from '../payments/a.ts'", 'Import refused'],
    ['lib/ledger/x.ts', "import { a } from '../db/a.ts'", 'Import refused'],
    ['lib/health.ts', "import { a } from './payments/observe.ts'", 'Import refused'],
    ['lib/net/x.ts', "import { a } from '../db/a.ts'", 'Import refused'],
    ['lib/db/x.ts', "import { a } from '../net/a.ts'", 'Import refused'],
    ['lib/http/x.ts', "import { a } from '../anchors/a.ts'", 'Import refused'],
    ['lib/stellar/x.ts', "import { a } from '../net/a.ts'", 'Import refused'],
    ['lib/stellar/x.ts', "import { a } from '../log.ts'", 'Import refused'],
    ['lib/stellar/x.ts', "import { readFile } from 'node:fs/promises'", 'Module refused'],
    ['lib/errors.ts', "import { a } from './log.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import { type A, b } from '../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "import '../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "export { a } from '../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "export * from '../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', "const a = await import('../config.ts')", 'Import refused'],
    ['lib/anchors/x.ts', "import { a } from '../net/../config.ts'", 'Import refused'],
    ['lib/anchors/x.ts', 'const a = await import(`../${name}.ts`)', 'Dynamic import refused'],
    ['api/x.ts', 'const a = await import(name)', 'Dynamic import refused'],
    ...['undici', 'node:http', 'https', 'node:http2', 'node:net', 'tls', 'node:dns/promises'].map(
      (name): [string, string, string] => [
        'lib/anchors/x.ts',
        `import { a } from '${name}'`,
        `Network module refused: "${name}"`,
      ],
    ),
    ['lib/anchors/x.ts', "const a = await import('node:dns')", 'Network module refused'],
    ['lib/anchors/x.ts', "await fetch('https://a.example')", 'Network access refused: fetch'],
    ['api/x.ts', 'const { status } = await globalThis.fetch(url)', 'globalThis.fetch'],
    ['api/x.ts', "globalThis['fetch'](url)", 'globalThis.fetch'],
    ['lib/db/x.ts', 'const send = fetch', 'Network access refused: fetch'],
    ['lib/db/x.ts', 'create({ fetch })', 'Network access refused: fetch'],
    ['lib/db/x.ts', 'new WebSocket(url)', 'Network access refused: WebSocket'],
    ['lib/db/x.ts', 'new XMLHttpRequest()', 'Network access refused: XMLHttpRequest'],
    ['lib/db/x.ts', 'new EventSource(url)', 'Network access refused: EventSource'],
    ['lib/a/x.ts', 'function a({ fetch }) {}\nfetch(1)', 'Network access refused: fetch'],
    ['lib/http/x.ts', 'const a = process.env.A', 'Environment refused'],
    ['api/x.ts', "const a = process['env']", 'Environment refused'],
    ['api/x.ts', `${'\n'.repeat(40)}const a = 1`, 'File too long: 41 lines'],
  ])('%s: %s', async (file, source, expected) => {
    const problems = await problemsOf(file, source)
    expect(problems).toEqual([expect.stringContaining(expected)])
    expect(problems[0]).toMatch(new RegExp(`^${file}:\\d+: .+; allowed.*: .+\\.$`))
  })

  test('the line is the one it stands on', async () => {
    expect(await problemsOf('api/x.ts', '\n\nfetch(1)')).toEqual([
      expect.stringMatching(/^api\/x\.ts:3: /),
    ])
  })
})

describe('what is allowed is not refused', () => {
  test.each([
    ['api/x.ts', "import { deps } from '../lib/deps.ts'\nimport { a } from '../lib/http/a.ts'"],
    ['api/x.ts', "import { a } from '../lib/anchors/a.ts'\nimport * as z from 'zod'"],
    ['lib/deps.ts', "import { a } from './config.ts'\nimport { b } from './net/b.ts'\nprocess.env"],
    ['lib/anchors/x.ts', "import { a } from '../db/a.ts'\nimport { b } from './b.ts'"],
    ['lib/anchors/x.ts', "import type { Config } from '../config.ts'"],
    ['lib/anchors/x.ts', "import { type Config } from '../config.ts'"],
    ['lib/anchors/x.ts', "export type { Config } from '../config.ts'"],
    ['lib/anchors/x.ts', "import type { Agent } from 'undici'"],
    ['lib/payments/x.ts', "import { a } from '../updates/submit.ts'"],
    ['lib/payments/x.ts', "import { a } from '../updates/refresh.ts'"],
    ['lib/payments/x.ts', "import { a } from '../ledger/a.ts'"],
    ['lib/updates/x.ts', "import { a } from '../ledger/a.ts'"],
    ['lib/ledger/x.ts', "import { a } from '../net/a.ts'\nimport { b } from './b.ts'"],
    ['lib/health.ts', "import { a } from './payments/store.ts'"],
    ['lib/net/x.ts', "const { request } = await import('undici')\nimport 'node:tls'"],
    ['lib/anchors/x.ts', "const { parse } = await import('csv-parse/sync')"],
    ['lib/anchors/x.ts', 'async function a(fetch: Fetch) { await fetch(1) }'],
    ['lib/anchors/x.ts', 'const a = ({ io: { fetch = b } }) => () => fetch(1)'],
    ['lib/anchors/x.ts', 'function a() { const { fetch } = io; return fetch(1) }'],
    ['lib/anchors/x.ts', "import { fetch } from './b.ts'\nfetch(1)"],
    ['lib/anchors/x.ts', 'io.fetch(1)\nconst a = { fetch: io.fetch }'],
    ['lib/anchors/x.ts', 'interface Io { fetch: typeof fetch }\nlet a: typeof fetch | null'],
    ['lib/anchors/x.ts', '// fetch(1)\nconst text = "fetch(1) process.env"'],
    ['api/x.ts', `${'\n'.repeat(39)}const a = 1\n`],
    ['local/x.ts', "import { a } from '../lib/config.ts'\nfetch(1)"],
  ])('%s: %s', async (file, source) => {
    expect(await problemsOf(file, source)).toEqual([])
  })
})
