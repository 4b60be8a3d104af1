import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { Keypair } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { opsParameters, runOps } from '../../../../lib/anchors/ops.ts'
import { observeOnSchedule } from '../../../../lib/payments/observe.ts'
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

describe('npm run ops -- keys', () => {
  const read = async (secret: string) => {
    const headers = { 'x-api-key': secret }
    return (await fetch(`${service.url}/api/transactions`, { headers })).status
  }

  test('create prints the secret alone on stdout, list shows the key, and revoke ends it', async () => {
    const made = await ops('keys create anna --scope read,decide --note "Anna’s key"')
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^aok_[A-Za-z0-9_-]{43}\n$/),
    ])
    const secret = made.stdout.trim()
    expect(made.stderr).toMatch(
      /\nanna \(usable\): read,decide, made \S+ by BUSINESS_API_KEY, does not expire\n$/,
    )
    expect(made.stderr).not.toContain(secret)
    expect(await read(secret)).toBe(200)
    const limited = await ops('keys create carla --scope read', { ANCHOR_OPS_KEY: secret })
    expect(limited).toMatchObject({ code: 1, stdout: '' })
    expect(limited.stderr).toContain('The key "anna" has the scopes read, decide; only')
    const revoked = await ops('keys revoke anna --note "Anna left"')
    expect([revoked.code, revoked.stdout]).toEqual([
      0,
      expect.stringMatching(/^anna \(revoked\): /),
    ])
    expect(await read(secret)).toBe(401)
    const listed = await ops('keys list')
    expect(rows(listed.stdout)[0]?.slice(0, 3)).toEqual(['anna', 'revoked', 'read,decide'])
    const again = await ops('keys create anna --scope read')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(
      /^The key "anna" on the command line was made at \S+; allowed: a name that no key has had\n$/,
    )
  })

  test('create makes a key that expires, and --json shows its secret too', async () => {
    const made = await json('keys create boris --scope update --expires-in-days 1')
    expect(made).toMatchObject({ name: 'boris', secret: expect.stringMatching(/^aok_.{43}$/) })
    expect(Date.parse(made.expiresAt)).toBeGreaterThan(Date.parse(made.createdAt))
  })

  test('a wrong key is refused in the words of the service', async () => {
    const { code, stderr } = await ops('keys list', { ANCHOR_OPS_KEY: `aok_${'x'.repeat(43)}` })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Unauthorized\. Provide BUSINESS_API_KEY/),
    ])
  })
})

describe('what waits for a person', () => {
  /** The line that `attention` shows for one thing that may be done. */
  const shownLine = (stdout: string, start: string) =>
    stdout
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line.startsWith(`npm run ops -- ${start}`))
      ?.replace('npm run ops -- ', '')
      .replaceAll("'", '"') ?? ''

  beforeAll(async () => {
    const nobody = { keyName: 'CRON_SECRET', rights: new Set<never>() }
    await observeOnSchedule(null, nobody, service.deps)
  })

  test('attention shows each thing with lines that do what may be done', async () => {
    const { code, stdout, stderr } = await ops('attention')
    expect([code, stderr]).toEqual([0, `What waits for a person at ${service.url}: 2\n`])
    expect(stdout).toMatch(/^update_lost \S+ of the transaction undone-1, since /m)
    expect(stdout).toMatch(
      /^Open money: 1 payment\nASSET +AMOUNT +PAYMENTS +OLDEST\nstellar:native +25 +1 /m,
    )
    const { waiting } = await json('attention --limit 1')
    expect(waiting).toHaveLength(1)
  })

  test('the shown line decides an attempt, and says what it decides and what became of it', async () => {
    const { stdout: shown } = await ops('attention')
    const line = shownLine(shown, 'attempts decide undone-1')
    expect(line).toContain(' applied --note ')
    const { code, stdout, stderr } = await ops(line.replace(' applied ', ' not_applied '))
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^Attempt \S+: notify_offchain_funds_received of the transaction undone-1, LOST\n {2}params: \{"amount_in"/,
    )
    expect(stderr).toContain('Decision: not_applied, because: how it is known\n')
    expect(stdout).toMatch(
      /^Stored: not_applied of the attempt \S+, by BUSINESS_API_KEY\nThe attempt \S+ is NOT_APPLIED\n$/,
    )
    const twice = await ops(line.replace(' applied ', ' rejected '))
    expect(twice).toMatchObject({ code: 1, stdout: '' })
    expect(twice.stderr).toContain('is NOT_APPLIED')
  })

  test('an attempt that ended is not withdrawn, and is replayed once', async () => {
    const listed = await ops('attempts list --transaction undone-1 --state NOT_APPLIED')
    const [attempt] = rows(listed.stdout)[0] ?? []
    const withdrawn = await ops(`attempts withdraw undone-1 ${attempt} --note "x"`)
    expect(withdrawn).toMatchObject({ code: 1, stdout: '' })
    const replayed = await ops(`attempts replay undone-1 ${attempt} --note "Sent again"`)
    expect(replayed.code).toBe(0)
    expect(replayed.stdout).toMatch(
      /^Stored: replayed of the attempt \S+, by BUSINESS_API_KEY\nThe new attempt \S+ is APPLIED\n$/,
    )
    const again = await ops(`attempts replay undone-1 ${attempt} --note "Sent again"`)
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('was sent anew as attempt')
    const { attempts } = await json('attempts list --transaction undone-1')
    expect(attempts.map((one: { state: string }) => one.state)).toEqual(['APPLIED', 'NOT_APPLIED'])
  })

  test('a key that may decide and not read decides, and says that it cannot show the payment', async () => {
    const { secret } = await json('keys create dora --scope decide')
    const [operation] = rows((await ops('payments list --open')).stdout)[0] ?? []
    const environment = { ANCHOR_OPS_KEY: secret }
    const { code, stdout, stderr } = await ops(
      `payments ignore ${operation} --note "x"`,
      environment,
    )
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^What is stored about it is not shown: The key "dora" has the scopes decide/,
    )
    expect(stdout).toBe(
      `Stored: ignored of the payment 1/${operation}, by dora\nThe payment ${operation} is closed\n`,
    )
  })

  test('a payment is shown, opened again, refused with what does not hold, and closed', async () => {
    const [first] = rows((await ops('payments list --verdict no_match')).stdout)
    expect(first).toMatchObject({
      2: '25.0000000',
      3: 'stellar:native',
      4: 'no_match',
      5: 'closed',
    })
    const [operation] = first ?? []
    const opened = await ops(`payments reopen ${operation} --note "It was none"`)
    expect(opened.stdout).toContain(`The payment ${operation} is open\n`)
    expect(opened.stderr).toMatch(/^Payment \d+: 25\.0000000 of stellar:native from G\S+ to G\S+, /)
    const shown = await ops(`payments show ${operation}`)
    expect(shown.stdout).toMatch(
      /^\S+ Stored: reopen of the payment 1\/\d+, by BUSINESS_API_KEY: It was none$/m,
    )
    expect(shown.stdout).toMatch(/^Refund: 25 of stellar:native to G\S+\n {2}web\+stellar:tx\?/m)
    const assigned = await ops(`payments assign ${operation} withdrawal-1 --note "By phone"`)
    expect(assigned).toMatchObject({ code: 1, stdout: '' })
    expect(assigned.stderr).toContain(
      'Decision: assign to the transaction withdrawal-1, because: By phone',
    )
    const refunded = await ops(
      `payments refunded ${operation} ${'a1'.repeat(32)} --note "Sent back"`,
    )
    expect(refunded).toMatchObject({ code: 1, stdout: '' })
    const reported = await ops(`payments reported ${operation} --note "By hand" --epoch 1`)
    expect([reported.code, reported.stdout]).toEqual([0, expect.stringContaining('is closed\n')])
    expect((await json('payments list --open')).payments).toEqual([])
  })

  test('reconcile prints the books, and CSV with every line of one account and asset', async () => {
    const { code, stdout } = await ops('reconcile')
    // One snapshot is there, so nobody knows whether anything differs.
    expect(code).toBe(5)
    expect(stdout).toMatch(
      /^G\S+ stellar:native\n +AMOUNT +OF\nopening +[\d.]+ +ledger \d+, \S+\n/m,
    )
    expect(stdout).toContain('difference  not known: a snapshot is missing')
    const csv = await ops('reconcile --csv --asset stellar:native')
    expect(csv.stdout).toMatch(
      /^account,asset,snapshots,[\w,]+\r\nG\w+,stellar:native,missing,[^\r\n]*\r\n$/,
    )
  })
})

describe('the runs of the scheduler, the observer and the books', () => {
  const observed = async () => (await json('payments list --limit 1')).payments[0].account

  test.each([
    ['settle', /^settle: settled 0, applied 0, rejected 0, notApplied 0, manual 0, remaining 0\n$/],
    ['deliver', /^deliver: delivered 0, failed 0, parked 0\n$/],
    ['check', /^check: status ok, action check, /],
    ['sync', /^sync: status ok, action sync, .*import\.written \d+, .*refresh\.processed \d+, /],
    [
      'observe',
      /^observe: done\nACCOUNT +PAYMENTS +CREDITED +REMAINING +STATE\nG\S+ +0 +0 +no +ok\n$/,
    ],
  ])('run %s does it now and says what came of it', async (what, shown) => {
    const { code, stdout, stderr } = await ops(`run ${what}`)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(shown)
  })

  test('run needs the secret of the operator', async () => {
    const { code, stderr } = await ops('run settle', { CRON_SECRET: 'wrong-secret-0123456789' })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Unauthorized/)])
  })

  test('observer restart reads an account on from its new place, as a decision with its note', async () => {
    const account = await observed()
    const { code, stdout, stderr } = await ops(
      `observer restart ${account} now --note "The test network was reset"`,
    )
    expect(code).toBe(0)
    expect(stderr).toContain(
      `Decision: ${account} is read on from now, because: The test network was reset\n`,
    )
    expect(stdout).toMatch(
      /^Restarted: G\S+ from now, in the epoch 1 of the ledger\nIts cursor was \S+ and is \S+\n$/,
    )
  })

  test('observer restart of an account that is not observed is refused', async () => {
    const other = Keypair.random().publicKey()
    const { code, stderr } = await ops(`observer restart ${other} now --note "x"`)
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('allowed: an account of PAYMENT_OBSERVER_ACCOUNTS'),
    ])
  })

  test('books explain is refused where nothing differs', async () => {
    const { code, stdout } = await ops(
      `books explain ${await observed()} stellar:native 1234 --note "x"`,
    )
    expect([code, stdout]).toEqual([1, ''])
  })
})

describe('on a terminal', () => {
  const terminal = (typed: string) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true })
    stdin.write(typed)
    const shown = { stderr: '' }
    const stderr = {
      isTTY: true,
      write: (text: string) => {
        shown.stderr += text
      },
    }
    return { stdin, stderr, shown }
  }
  const words = ['anchors', 'disable', 'halfdown.sim', '--note', 'x']
  const decide = (typed: string, ...more: string[]) => {
    const { shown, ...streams } = terminal(typed)
    const environment = { ANCHOR_OPS_URL: service.url }
    return runOpsCommand([...words, ...more], environment, streams).then((ran) => ({
      ...ran,
      ...shown,
    }))
  }

  test.each(['n\n', '\n', 'yeah\n'])('a person who answers %j changes nothing', async (typed) => {
    const { code, stdout, stderr } = await decide(typed)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Decision: disable halfdown.sim, because: x\nDo it? (y/N) ')
    expect(stderr).toContain('Nothing was changed.\n')
  })

  test.each([
    ['y\n', []],
    ['YES\n', []],
    ['', ['--yes']],
  ])('a person who answers %j with %j decides', async (typed, more) => {
    const { code, stdout } = await decide(typed, ...more)
    expect([code, stdout]).toEqual([0, expect.stringContaining('Stored: disable')])
  })

  test.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '' }, true],
  ])('with %j the table has colour: %s, and fits the width', async (environment, hasColour) => {
    const printed = { text: '' }
    const stdout = {
      isTTY: true,
      columns: 72,
      write: (text: string) => {
        printed.text += text
      },
    }
    const where = { ANCHOR_OPS_URL: service.url, ...environment }
    const { code } = await runOpsCommand(['anchors', 'show', 'halfdown.sim'], where, { stdout })
    expect(code).toBe(0)
    expect(printed.text.includes('\u001b[')).toBe(hasColour)
    for (const line of stripVTControlCharacters(printed.text).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(72)
    }
  })
})
