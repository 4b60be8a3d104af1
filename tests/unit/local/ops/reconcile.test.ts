import { afterEach, expect, test } from 'vitest'
import { type LoopbackServer, startLoopbackServer } from '../../../helpers/loopback-server.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

let server: LoopbackServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

const ACCOUNT = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const BOOK = {
  ...{ epoch: 1, account: 'GA', asset: 'stellar:native', snapshots: 'both', movements: 'whole' },
  ...{ readUpTo: 20, opening: { ledger: 1, closedAt: '2026-11-01T00:00:00.000Z', balance: '10' } },
  closing: { ledger: 9, closedAt: '2026-11-02T00:00:00.000Z', balance: '12.5' },
  paymentsIn: [{ kind: 'payment_in', state: 'credited', movements: 2, amount: '3' }],
  paymentsOut: [{ kind: 'payment_out', movements: 1, amount: '-0.4' }],
  other: [{ kind: 'fee', movements: 4, amount: '-0.1' }],
  moved: '2.5',
  difference: '0',
}
const LINE = {
  ...{ ledger: 2, closedAt: '2026-11-01T00:00:05.000Z', kind: 'payment_in', state: 'credited' },
  ...{ amount: '3', operationId: '7', transactionHash: 'ab', verdict: 'credited' },
  ...{ transactionId: 't', status: 'completed', externalTransactionId: '=1+1\u001b[2J' },
  ...{ attemptId: null, attemptState: null, positionInLedger: 1, counterparty: null },
}

/** Runs the command against a deployment that answers each request with the next value. */
async function run(line: string, ...answers: object[]) {
  const asked: string[] = []
  server = await startLoopbackServer(({ path }, response) => {
    asked.push(path)
    const body = answers[asked.length - 1]
    response.writeHead(body ? 200 : 500, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? {}))
  })
  const environment = { ANCHOR_OPS_URL: server.origin }
  const words = ['reconcile', ...line.split(' ').filter((word) => word !== '')]
  return { asked, ...(await runOpsCommand(words, environment)) }
}
const books = (...list: object[]) => ({ books: list, lines: null, next: null })

test('books that agree are printed, and the command exits with 0', async () => {
  const { asked, code, stdout } = await run('--from 2026-11-01T00:00:00Z', books(BOOK))
  expect(code).toBe(0)
  expect(asked).toEqual(['/api/payments/reconciliation?from=2026-11-01T00%3A00%3A00Z'])
  expect(stdout).toBe(`GA stellar:native
                     AMOUNT  OF
opening              10      ledger 1, 2026-11-01T00:00:00.000Z
payment_in credited  3       2 movements
payment_out          -0.4    1 movement
fee                  -0.1    4 movements
closing              12.5    ledger 9, 2026-11-02T00:00:00.000Z
difference           0

`)
})

test.each([
  ['a difference', { difference: '-0.0000001' }, 1, 'difference           -0.0000001'],
  [
    'movements that are not read',
    { difference: null, movements: 'not_read' },
    5,
    'not known: movements are read up to ledger 20',
  ],
  [
    'a missing snapshot',
    { difference: null, snapshots: 'missing', opening: null },
    5,
    'not known: a snapshot is missing',
  ],
])('%s among the books exits with its code', async (_, change, expected, shown) => {
  const { code, stdout } = await run('', books(BOOK, { ...BOOK, ...change }))
  expect([code, stdout]).toEqual([expected, expect.stringContaining(shown)])
})

test('the CSV of one account and asset holds every page, and no escape sequence or formula', async () => {
  const { asked, stdout } = await run(
    `--account ${ACCOUNT} --asset stellar:native --csv`,
    { books: [BOOK], lines: [LINE], next: '2.a' },
    { books: [BOOK], lines: [{ ...LINE, operationId: '8' }], next: null },
  )
  expect(asked[0]).toContain('limit=1000')
  expect(asked[1]).toContain('limit=1000&cursor=2.a')
  const [head, first, second, ...rest] = stdout.split('\r\n')
  expect(head).toMatch(/^account,asset,ledger,/)
  expect([first, second].map((one) => one?.split(',')[7])).toEqual(['7', '8'])
  expect(first).toContain(`"'=1+1\ufffd[2J"`)
  expect(rest).toEqual([''])
})

test('--json prints the lines of all pages as one answer', async () => {
  const { stdout } = await run(
    `--account ${ACCOUNT} --asset stellar:native --json`,
    { books: [BOOK], lines: [LINE], next: '2.a' },
    { books: [BOOK], lines: [LINE], next: null },
  )
  const { lines, next } = JSON.parse(stdout)
  expect([lines.length, next]).toEqual([2, null])
})

test('a difference is told before one that is not known', async () => {
  const { code } = await run(
    '--json',
    books({ ...BOOK, difference: null }, { ...BOOK, difference: '1' }),
  )
  expect(code).toBe(1)
})

test('no books are said to be none, which is not all well', async () => {
  const { code, stdout, stderr } = await run('', books())
  expect([code, stdout]).toEqual([5, ''])
  expect(stderr).toMatch(/^No books are kept at http:\S+ yet\.\n$/)
})
