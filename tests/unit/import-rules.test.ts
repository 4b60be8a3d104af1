import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A source file, what it imports, and the rule that refuses the import; null where it is allowed. */
const ARROWS: readonly [file: string, source: string, refusedBy: string | null][] = [
  ['api/a.ts', "import '../lib/net/a.ts'", 'api'],
  ['api/b.ts', "import '../lib/config.ts'", 'api'],
  ['api/c.ts', "import '../lib/ledger/a.ts'", 'api'],
  ['api/d.ts', "import '../local/a.ts'", 'api'],
  [
    'api/e.ts',
    "import '../lib/deps.ts'\nimport '../lib/http/a.ts'\nimport '../lib/anchors/a.ts'",
    null,
  ],
  ['lib/anchors/b.ts', "import '../../local/a.ts'", 'lib/anchors'],
  [
    'lib/anchors/c.ts',
    "import { a } from '../config.ts'\nexport const c = a",
    'settings-are-types',
  ],
  ['lib/anchors/d.ts', "import type { A } from '../config.ts'\nexport type D = A", null],
  ['lib/anchors/e.ts', "import '../deps.ts'", 'lib/anchors'],
  ['lib/anchors/f.ts', "import '../payments/a.ts'", 'lib/anchors'],
  ['lib/anchors/g.ts', "import '../http/a.ts'", 'lib/anchors'],
  [
    'lib/anchors/h.ts',
    "import '../http/parameters.ts'\nimport '../db/a.ts'\nimport '../ledger/a.ts'",
    null,
  ],
  ['lib/anchors/i.ts', "export { a } from '../deps.ts'", 'lib/anchors'],
  ['lib/anchors/j.ts', "export * from '../deps.ts'", 'lib/anchors'],
  ['lib/anchors/k.ts', "await import('../deps.ts')", 'lib/anchors'],
  ['lib/anchors/l.ts', "import '../net/../deps.ts'", 'lib/anchors'],
  [
    'lib/anchors/m.ts',
    "import type { A } from '../payments/a.ts'\nexport type M = A",
    'lib/anchors',
  ],
  ['lib/anchors/check/a.ts', "import '../../updates/a.ts'", 'lib/anchors'],
  ['lib/anchors/check/b.ts', "import '../a.ts'\nimport '../../stellar/a.ts'", null],
  ['lib/platform/b.ts', "import '../db/a.ts'", 'lib/platform'],
  ['lib/platform/c.ts', "import '../updates/a.ts'", 'lib/platform'],
  ['lib/platform/d.ts', "import '../net/a.ts'\nimport '../stellar/a.ts'\nimport '../log.ts'", null],
  ['lib/platform/e.ts', "import '../net/reaches-db.ts'", 'platform-never-reaches-db'],
  ['lib/net/reaches-db.ts', "import '../db/a.ts'", 'lib/net'],
  ['lib/updates/b.ts', "import '../payments/a.ts'", 'lib/updates'],
  ['lib/updates/payout/a.ts', "import '../../ledger/a.ts'\nimport '../../platform/a.ts'", null],
  ['lib/payments/b.ts', "import '../anchors/a.ts'", 'lib/payments'],
  ['lib/payments/c.ts', "import '../updates/a.ts'\nimport '../ledger/a.ts'", null],
  ['lib/payments/d.ts', "import '@stellar/stellar-sdk'", 'stellar-sdk-in-one-file'],
  ['lib/payments/refund/a.ts', "import './envelope.ts'", 'stellar-sdk-loaded-late'],
  ['lib/payments/refund/b.ts', "await import('./envelope.ts')", null],
  ['lib/ledger/b.ts', "import '../payments/a.ts'", 'lib/ledger'],
  ['lib/ledger/c.ts', "import '../db/a.ts'", 'lib/ledger'],
  ['lib/health/judge.ts', "import '../payments/observe.ts'", 'lib/health'],
  ['lib/db/b.ts', "import '../net/a.ts'", 'lib/db'],
  ['lib/http/b.ts', "import '../anchors/a.ts'", 'lib/http'],
  ['lib/stellar/b.ts', "import '../net/a.ts'", 'lib/stellar'],
  ['lib/stellar/c.ts', "import '../log.ts'", 'lib/stellar'],
  ['lib/stellar/d.ts', "import 'node:fs/promises'", 'stellar-does-no-io'],
  ['lib/stellar/e.ts', "import 'node:crypto'", null],
  ['lib/errors.ts', "import './log.ts'", 'lib/errors'],
  ['lib/updates/c.ts', "import 'undici'", 'network-in-lib-net-only'],
  ['lib/updates/d.ts', "import 'node:http'", 'network-in-lib-net-only'],
  ['lib/updates/e.ts', "import 'https'", 'network-in-lib-net-only'],
  ['lib/updates/f.ts', "import 'node:net'", 'network-in-lib-net-only'],
  ['lib/updates/g.ts', "import 'tls'", 'network-in-lib-net-only'],
  ['lib/updates/h.ts', "await import('node:dns/promises')", 'network-in-lib-net-only'],
  ['lib/updates/i.ts', "import type { Agent } from 'node:http'\nexport type I = Agent", null],
  ['lib/net/b.ts', "import 'node:tls'\nawait import('undici')", null],
  ['lib/anchors/circle.ts', "import './circle-back.ts'\nexport type A = 1", null],
  [
    'lib/anchors/circle-back.ts',
    "import type { A } from './circle.ts'\nexport type B = A",
    'no-circle',
  ],
  ['local/b.ts', "import '../lib/config.ts'\nimport '../api/e.ts'", null],
  ['local/c.ts', "import '../bench/a.ts'", 'local'],
  ['local/d.ts', "import '../serve/a.ts'\nimport '../serve/command-line.ts'", null],
  ['local/ops/b.ts', "import '../../serve/command-line.ts'", null],
  ['local/ops/c.ts', "import '../../serve/a.ts'", 'local/ops'],
  ['local/ops/d.ts', "import '../a.ts'", 'local/ops'],
  ['serve/b.ts', "import './command-line.ts'\nimport '../lib/deps.ts'", null],
  ['serve/c.ts', "import '../local/a.ts'", 'serve'],
  ['lib/anchors/n.ts', "import '../../serve/command-line.ts'", 'lib/anchors'],
  ['bench/b.ts', "import '../tests/a.ts'", 'bench'],
]

/** Files that the arrows above point to. */
const TARGETS = [
  ...['net', 'db', 'http', 'ledger', 'platform', 'updates', 'payments', 'anchors', 'stellar'].map(
    (room) => `lib/${room}/a.ts`,
  ),
  'lib/config.ts',
  'lib/deps.ts',
  'lib/log.ts',
  'lib/http/parameters.ts',
  'lib/payments/observe.ts',
  'lib/payments/refund/envelope.ts',
  'local/a.ts',
  'serve/a.ts',
  'serve/command-line.ts',
  'bench/a.ts',
  'tests/a.ts',
]

let root: string
let refusals: Map<string, string[]>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'import-rules-'))
  const plain = TARGETS.map((file) => [file, 'export const a = 1\nexport type A = 1'] as const)
  for (const [file, source] of [...plain, ...ARROWS]) {
    await mkdir(join(root, dirname(file)), { recursive: true })
    await writeFile(join(root, file), source)
  }
  const config = resolve(import.meta.dirname, '../../.dependency-cruiser.mjs')
  const { forbidden = [], options = {} } = await extractDepcruiseConfig(config)
  const { output } = await cruise(['api', 'lib', 'serve', 'local', 'bench'], {
    ...options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden },
  })
  const { violations } = (output as ICruiseResult).summary
  refusals = new Map(
    [...Map.groupBy(violations, ({ from }) => from)].map(([from, found]) => [
      from,
      found.map(({ rule }) => rule.name),
    ]),
  )
})

afterAll(() => rm(root, { recursive: true, force: true }))

test.each(ARROWS)('%s with %j is refused by: %s', (file, _, refusedBy) => {
  const found = [...new Set(refusals.get(file) ?? [])]
  if (refusedBy === null) expect(found).toEqual([])
  else expect(found).toContain(refusedBy)
})
