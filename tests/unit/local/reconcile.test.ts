import { afterEach, expect, test } from 'vitest'
import { CommandLineError } from '../../../local/command-line.ts'
import { ReconcileError } from '../../../local/reconcile/client.ts'
import { readReconcileCommand, runReconcileCommand } from '../../../local/reconcile/command.ts'
import { type LoopbackServer, startLoopbackServer } from '../../helpers/loopback-server.ts'

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
  ...{ transactionId: 't', status: 'completed', externalTransactionId: '=1+1' },
  ...{ attemptId: null, attemptState: null },
}

/** Runs the command against a deployment that answers each request with the next value. */
async function run(args: string[], answers: { status?: number; body: object }[]) {
  const asked: string[] = []
  server = await startLoopbackServer((request, response) => {
    asked.push(`${request.headers['x-api-key']} ${request.path}`)
    const { status = 200, body } = answers[asked.length - 1] ?? { status: 500, body: {} }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const environment = { ANCHOR_OPS_URL: server.origin, BUSINESS_API_KEY: 'the-key-of-a-deployment' }
  const printed: string[] = []
  const command = readReconcileCommand(args, environment)
  const agrees = await runReconcileCommand(command, (text) => printed.push(text))
  return { asked, agrees, printed }
}

test('books that agree are printed, and the command succeeds', async () => {
  const { asked, agrees, printed } = await run(
    ['--from', '2026-11-01T00:00:00Z'],
    [{ body: { books: [BOOK], lines: null, next: null } }],
  )
  expect(agrees).toBe(true)
  expect(asked).toEqual([
    'the-key-of-a-deployment /api/payments/reconciliation?from=2026-11-01T00%3A00%3A00Z',
  ])
  expect(printed).toEqual([
    'GA stellar:native',
    '  opening: 10 at ledger 1, 2026-11-01T00:00:00.000Z',
    '  payment_in credited: 3 (2)',
    '  payment_out: -0.4 (1)',
    '  fee: -0.1 (4)',
    '  closing: 12.5 at ledger 9, 2026-11-02T00:00:00.000Z',
    '  difference: 0',
  ])
})

test('a difference fails the command, and what is not known does not', async () => {
  const differs = { ...BOOK, difference: '-0.0000001' }
  const unknown = { ...BOOK, difference: null, movements: 'not_read' }
  const missing = { ...BOOK, difference: null, snapshots: 'missing', opening: null }
  const books = (...list: object[]) => [{ body: { books: list, lines: null, next: null } }]
  expect(await run([], books(BOOK, differs))).toMatchObject({ agrees: false })
  await server?.close()
  const { agrees, printed } = await run([], books(unknown, missing))
  expect(agrees).toBe(true)
  expect(printed).toContain('  difference: not known: movements are read up to ledger 20')
  expect(printed).toContain('  difference: not known: a snapshot is missing')
})

test('the CSV of one account and asset holds every page', async () => {
  const { asked, printed } = await run(
    ['--account', ACCOUNT, '--asset', 'stellar:native', '--csv'],
    [
      { body: { books: [BOOK], lines: [LINE], next: '2.a' } },
      { body: { books: [BOOK], lines: [{ ...LINE, operationId: '8' }], next: null } },
    ],
  )
  expect(asked[1]).toContain('limit=1000&cursor=2.a')
  const [head, first, second, ...rest] = printed.join('\n').split('\r\n')
  expect(head).toMatch(/^account,asset,ledger,/)
  expect([first, second].map((one) => one?.split(',')[7])).toEqual(['7', '8'])
  expect(first).toContain(`"'=1+1"`)
  expect(rest).toEqual([])
})

test('a refusal is told in the words of the deployment', async () => {
  const refused = run([], [{ status: 403, body: { error: 'The key "x" may not' } }])
  await expect(refused).rejects.toThrow(new ReconcileError('The key "x" may not'))
})

test.each([
  [['--account', 'x'], '--account is "x" on the command line; allowed: an account, G'],
  [['--asset', 'x'], '--asset is "x" on the command line; allowed: an asset of the ledger'],
  [['--from', 'yesterday'], '--from is "yesterday" on the command line; allowed: an ISO 8601'],
  [['--to', '2026'], '--to is "2026" on the command line; allowed: an ISO 8601 instant'],
  [
    ['--from', '2026-11-02T00:00:00Z', '--to', '2026-11-01T00:00:00Z'],
    '--from is "2026-11-02T00:00:00Z" on the command line; allowed: a time before to',
  ],
])('%j is a command line that cannot be read', (args, message) => {
  const read = () => readReconcileCommand(args, {})
  expect(read).toThrow(CommandLineError)
  expect(read).toThrow(message)
})

test('an unknown option and a word are refused', () => {
  expect(() => readReconcileCommand(['--acount', 'G'], {})).toThrow('allowed: --account <account>')
  expect(() => readReconcileCommand(['books'], {})).toThrow('"books" is on the command line')
})
