import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkSources } from '../../scripts/check-sources.ts'

async function problemsOf(file: string, source: string): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'sources-'))
  try {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), source)
    return await checkSources(root)
  } finally {
    await rm(root, { recursive: true })
  }
}

describe('a violation is named with its place, its value and what is allowed', () => {
  test.each<[string, string, string]>([
    ['lib/anchors/x.ts', 'const a = await import(`../${name}.ts`)', 'Dynamic import refused'],
    ['api/x.ts', 'const a = await import(name)', 'Dynamic import refused'],
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
    ['api/x.ts', `${'\n'.repeat(40)}const a = 1`, 'File refused: 41 lines'],
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

test('a name that two files of lib export is refused, whether value, function or type', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sources-'))
  const files = {
    'lib/a.ts': 'export const one = 1\nexport type Two = 2\nconst x = 1\nexport { x as three }',
    'lib/b/b.ts': 'export function one() {}\nexport interface Two {}\nexport class three {}',
    'lib/b/c.ts': "export { one } from '../a.ts'\nconst Two = 2\nexport const four = Two",
    'api/one.ts': 'export const one = 1',
  }
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), source)
  }
  const problems = await checkSources(root)
  await rm(root, { recursive: true })
  expect(problems.map((one) => one.split(' is exported')[0])).toEqual([
    'lib/b/b.ts:1: Name refused: one',
    'lib/b/b.ts:2: Name refused: Two',
    'lib/b/b.ts:3: Name refused: three',
  ])
})

describe('what is allowed is not refused', () => {
  test.each([
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
