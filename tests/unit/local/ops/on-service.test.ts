import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { opsParameters, runOps } from '../../../../lib/anchors/ops.ts'
import { type LocalService, startLocalService } from '../../../../local/service.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

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

const ops = (line: string, environment: Record<string, string> = {}) =>
  runOpsCommand(wordsOf(line), { ANCHOR_OPS_URL: service.url, ...environment })

/** The words of a command line; those in double quotes are one. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')

const json = async (line: string) => JSON.parse((await ops(`${line} --json`)).stdout)

/** The columns of the first row behind the titles. */
const rows = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/))

describe('npm run ops -- anchors', () => {
  test('list shows the rows that pass its filters', async () => {
    const { code, stdout } = await ops('anchors list --country PE --type on-ramp --operational')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^DOMAIN +TYPE +COUNTRY +CURRENCY +OPERATIONAL +RAIL +STEP +NAME +WHY\n/)
    expect(rows(stdout)[0]?.slice(0, 6)).toEqual([
      ...['anchor.soldirecto.sim', 'on-ramp', 'PE', 'PEN', 'yes', 'sep24'],
    ])
    const { anchors } = await json('anchors list --limit 3')
    expect(anchors).toHaveLength(3)
  })

  test('show tells the listings and findings of a home domain', async () => {
    const { code, stdout } = await ops('anchors show halfdown.sim')
    expect(code).toBe(0)
    expect(stdout).toContain('halfdown.sim:on-ramp:RW:RWF')
    expect(stdout).toMatch(/^info_status +24 +TRANSFER_SERVER_SEP0024 +status 200 +503$/m)
  })

  test.each([
    ['insidejob.sim', 0, /^insidejob\.sim +ok /m],
    [
      'goneremesas.sim',
      1,
      /^goneremesas\.sim +definite +\d+ ms +stellar\.toml not found \(404\)$/m,
    ],
  ])('check of %s exits with %d', async (domain, expected, shown) => {
    const { code, stdout } = await ops(`anchors check ${domain}`)
    expect(code).toBe(expected)
    expect(stdout).toMatch(shown)
  })

  test.each([
    ['disable halfdown.sim', 'disable of the anchor mainnet:halfdown.sim'],
    [
      'enable halfdown.sim --listing halfdown.sim:on-ramp:RW:RWF',
      'enable of the listing halfdown.sim:on-ramp:RW:RWF',
    ],
    ['forget halfdown.sim', 'forget of the anchor mainnet:halfdown.sim'],
  ])('%s says what it decides and what was stored', async (line, stored) => {
    const { code, stdout, stderr } = await ops(`anchors ${line} --note "Their bank is closed"`)
    expect(code).toBe(0)
    expect(stdout).toBe(`Stored: ${stored}, by BUSINESS_API_KEY\n`)
    expect(stderr).toMatch(/^halfdown\.sim on mainnet: .*operational, last check ok, \d of 4/)
    expect(stderr).toContain(', because: Their bank is closed\n')
  })

  test('accept is refused while no identity is held', async () => {
    const { code, stdout, stderr } = await ops('anchors accept halfdown.sim --note "They said so"')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('no new identity of "halfdown.sim" is held')
  })

  test('import tells what it would change, and stores it with --write', async () => {
    const rows = [
      { name: 'Casa Azul', domain: 'anchor.casaazul.mx', country: 'MX', currency: 'MXN' },
      { name: 'No domain', domain: '127.0.0.1', country: 'MX', currency: 'MXN' },
    ]
    const file = join(await mkdtemp(join(tmpdir(), 'anchor-ops-')), 'anchors.json')
    await writeFile(file, JSON.stringify(rows))
    const dry = await ops(`anchors import ${file}`)
    expect(dry.stdout).toMatch(/^2 listings from request-body, none stored\n2 new, 0 changed, /)
    expect(dry.stdout).toMatch(/^REJECTED ROW +REASON\n1 /m)
    expect(dry.stderr).toBe('Nothing was stored. --write stores it.\n')
    const written = await ops(`anchors import ${file} --write --inactive`)
    expect([written.code, written.stderr]).toEqual([0, ''])
    expect(written.stdout).toMatch(/^2 listings from request-body, 2 stored/)
    const again = await ops(`anchors import ${file}`)
    expect(again.stdout).toContain('0 new, 0 changed, 2 unchanged')
    await rm(dirname(file), { recursive: true })
  })

  test('import without a source is refused in the words of the service', async () => {
    const { code, stderr } = await ops('anchors import')
    expect([code, stderr]).toEqual([1, expect.stringContaining('anchors is missing')])
  })
})
