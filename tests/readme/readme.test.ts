import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { ENVIRONMENT_NAMES } from '../../lib/settings.ts'
import { explainReasons, readCatalogLines } from '../../local/catalog-lines.ts'
import { type LocalService, startLocalService } from '../../local/service.ts'

const page = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
const API = await page('docs/api.md')
const EXAMPLES = [
  ...API.matchAll(
    /```sh\n((?:curl|cat) [^`]*)\n```\n\n```(json|csv|text|prometheus)\n([^`]*)\n```/g,
  ),
].map(([, command = '', form = '', answer = '']) => ({ command, form, answer }))

let service: LocalService
beforeAll(async () => {
  service = await startLocalService({
    options: { world: 'simulated', port: 0 },
    environment: {},
    dataRoot: null,
    makeLog: () => () => {},
  })
  await runOps(opsParameters.parse({ action: 'sync' }), service.deps, { scheduled: false })
})
afterAll(() => service.close())

/** One reason of each kind that the default trust rules let occur. */
const SHOWN_REASONS = [
  ...['untrusted', 'domain_disabled', 'toml_gone', 'unchecked', 'horizon_unconfirmed'],
  ...['web_auth_refuted', 'web_auth_missing', 'web_auth_home_domain', 'web_auth_stale'],
  ...['web_auth_protected', 'web_auth_reachable', 'web_auth_conformant', 'web_auth_declared'],
  ...['rail_missing', 'sep24_unseen', 'sep31_protected', 'sep24_stale'],
  ...['sep24_failing', 'sep31_failing', 'sep24_no_assets', 'sep24_direction_closed'],
  ...['sep24_asset_closed', 'sep59_not_offered', 'currency_unlinked', 'country_not_served'],
  ...['asset_link_contradicted', 'asset_issuer_missing', 'country_unconfirmed'],
]

test('the simulated world shows each kind of reason, and the table of npm start explains it', async () => {
  const { db, config } = service.deps
  const explained = explainReasons(await readCatalogLines(db, config), Number.POSITIVE_INFINITY)
  for (const code of SHOWN_REASONS) expect(explained).toMatch(new RegExp(`^${code} .+\\.$`, 'm'))
})

test('docs/api.md shows an answer for every curl line', () => {
  const local = API.match(/^curl .*localhost/gm) ?? []
  expect(EXAMPLES).toHaveLength(local.length)
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(16)
})

test.each(EXAMPLES)('as printed: $command', async ({ command, form, answer }) => {
  const here = command.replaceAll('http://localhost:3000', service.url)
  const { stdout } = await promisify(execFile)('bash', ['-c', here.replace(/^curl/m, 'curl -s')])
  if (form === 'json') expect(JSON.parse(stdout)).toEqual(asShown(JSON.parse(answer)))
  else if (form === 'text') expect(stdout).toMatch(withGaps(answer.trim()))
  else expect(stdout).toMatch(startingLines(answer, form === 'csv' ? '\\r\\n' : '\\n'))
})

test('docs/configuration.md names every variable of the configuration', async () => {
  const configuration = await page('docs/configuration.md')
  for (const name of ENVIRONMENT_NAMES.settings) {
    expect(configuration).toContain(`\`${name}\``)
  }
})

/** The first lines of a text, each as far as it is shown. */
const startingLines = (shown: string, lineEnd: string) =>
  new RegExp(
    `^${shown
      .split('\n')
      .map((line) => `${line.replace('…', '')}.*`)
      .join(lineEnd)}`,
  )

/** A text in which `…` stands for the rest of a line, or for what is left out of it. */
const withGaps = (shown: string) =>
  new RegExp(
    `^${shown
      .split('…')
      .map((part) => part.replace(/[^\w\s]/g, '\\$&'))
      .join('.*')}\\s*$`,
  )

/** `…` stands for anything; at the end of a list, for the rest of it. Keys that are not shown may be there. */
function asShown(shown: unknown): unknown {
  if (shown === '…') return expect.anything()
  if (Array.isArray(shown)) {
    const items = shown.at(-1) === '…' ? shown.slice(0, -1) : shown
    return shown.at(-1) === '…' ? expect.toSatisfy(startsAs(items)) : items.map(asShown)
  }
  if (typeof shown !== 'object' || shown === null) return shown
  return expect.objectContaining(
    Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, asShown(value)])),
  )
}

function startsAs(items: readonly unknown[]) {
  return (actual: unknown) => {
    if (!Array.isArray(actual)) return false
    expect(actual.slice(0, items.length)).toEqual(items.map(asShown))
    return actual.length > 0
  }
}
