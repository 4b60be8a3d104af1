import { describe, expect, test } from 'vitest'
import { BAD_BODIES, BAD_LOSSLESS_BODIES } from '../helpers/hostile-values.ts'
import { BEARER, KEY, OPS, RPC, useService } from './service.ts'
import { deposit } from './transactions.ts'

const service = useService()
const UPDATE = '/api/transactions/t/notify_transaction_error'
const DECISION = '/api/transactions/t/attempts/6f1c2b1e-0b1a-4c8e-9a53-0d6c9a1b2c3d'

/** Every route that reads a body; an array is a body of the rpc route alone. */
const ROUTES = [
  { path: OPS, headers: BEARER, lossless: false, maxBytes: 4_000_000 },
  { path: '/api/anchors/diagnostics', headers: BEARER, lossless: false, maxBytes: 64 * 1024 },
  { path: '/api/payments/observe', headers: BEARER, lossless: false, maxBytes: 64 * 1024 },
  { path: RPC, headers: KEY, lossless: true, maxBytes: 256 * 1024 },
  { path: UPDATE, headers: KEY, lossless: true, maxBytes: 256 * 1024 },
  { path: DECISION, headers: KEY, lossless: false, maxBytes: 256 * 1024 },
  { path: '/api/payments/7', headers: KEY, lossless: false, maxBytes: 256 * 1024 },
  { path: '/api/payments/reconciliation', headers: KEY, lossless: false, maxBytes: 256 * 1024 },
  { path: '/api/transactions/settle', headers: BEARER, lossless: false, maxBytes: 64 * 1024 },
  { path: '/api/keys', headers: KEY, lossless: false, maxBytes: 256 * 1024 },
  { path: '/api/keys/anna', headers: KEY, lossless: false, maxBytes: 256 * 1024 },
]

async function nothingHappened(): Promise<void> {
  expect(service.databaseCalls).toEqual([])
  expect(service.sent()).toEqual([])
}

describe.each(ROUTES)('a body of $path', ({ path, headers, lossless, maxBytes }) => {
  const post = (raw: string | Uint8Array<ArrayBuffer>) =>
    service.call({ method: 'POST', path, headers, raw })

  test('that is not the JSON of an object is a 400 in the fixed words', async () => {
    const array: [string, string] = ['an array', '[{"message":"m","action":"sync"}]']
    const bodies = [
      ...BAD_BODIES,
      ...(lossless ? BAD_LOSSLESS_BODIES : []),
      ...(path === RPC ? [] : [array]),
    ]
    for (const [name, raw] of bodies) {
      const { status, body } = await post(raw)
      expect([name, status, body.error]).toEqual([name, 400, 'Invalid request body'])
      expect(body.details).toEqual([{ path: '', message: expect.stringMatching(/\.$/) }])
    }
    await nothingHappened()
  })

  test('is read up to its limit, and one byte more is a 413', async () => {
    const over = await post(' '.repeat(maxBytes + 1))
    expect([over.status, over.body.code]).toEqual([413, 'body_too_large'])
    expect(over.body.error).toContain(`${maxBytes} bytes`)
    await nothingHappened()
    service.platformHas([deposit('t')])
    expect((await post(' '.repeat(maxBytes))).status).not.toBe(413)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense', ''])(
    'is read as JSON with the content type "%s"',
    async (type) => {
      const sent = type === '' ? headers : { ...headers, 'content-type': type }
      const { body } = await service.call({ method: 'POST', path, headers: sent, raw: '[' })
      expect(body.error).toBe('Invalid request body')
    },
  )
})

const NOTED = { note: 'n' }
const OF_DECISION = ['reported', 'ignored', 'reopen'].map((decision) => ({ ...NOTED, decision }))
const ATTEMPT_DECISIONS = ['applied', 'rejected', 'not_applied', 'withdrawn', 'replay']

describe('a key that a body does not have is a 400 that names it and what is allowed', () => {
  const cases: [path: string, body: object, alien: string, allowed: string][] = [
    ...ROUTES.filter(({ path }) => path !== RPC && path !== UPDATE && path !== DECISION)
      .filter(({ path }) => !/payments.(7|reconciliation)$|anna/.test(path))
      .map(({ path }): [string, object, string, string] => [path, { dryrun: false }, 'dryrun', '']),
    ...OF_DECISION.flatMap((body): [string, object, string, string][] => [
      ['/api/payments/7', { ...body, force: true }, 'force', 'decision, note'],
      ['/api/payments/7', { ...body, transaction_id: 't' }, 'transaction_id', 'decision, note'],
    ]),
    [
      '/api/payments/7',
      { ...NOTED, decision: 'refunded', transaction_id: 't' },
      'transaction_id',
      'decision, note, stellar_transaction_id, force',
    ],
    [
      '/api/payments/7',
      { ...NOTED, decision: 'assign', transactionId: 't' },
      'transactionId',
      'decision, note, transaction_id, force',
    ],
    ...ATTEMPT_DECISIONS.map((decision): [string, object, string, string] => [
      DECISION,
      { ...NOTED, decision, force: true },
      'force',
      'decision, note',
    ]),
    ['/api/keys/anna', { decision: 'revoked', name: 'b' }, 'name', 'decision, note'],
    [
      '/api/payments/reconciliation',
      { decision: 'snapshot', account: 'G', note: 'n' },
      'note',
      'decision, account',
    ],
    [
      '/api/payments/reconciliation',
      { decision: 'explained', ledger: 7 },
      'ledger',
      'decision, account, asset, closingLedger, note',
    ],
  ]

  test.each(cases)('%s %j', async (path, body, alien, allowed) => {
    const headers = ROUTES.find((route) => route.path === path)?.headers ?? {}
    const reply = await service.call({ method: 'POST', path, headers, body })
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_parameter'])
    expect(reply.body.details[0].path).toBe(alien)
    const { message } = reply.body.details[0]
    expect(message).toContain(`"${alien}" in the body is not a key of `)
    if (allowed === '') expect(message).toMatch(/; allowed: .+$/)
    else expect(message).toMatch(new RegExp(`; allowed: ${allowed}$`))
    await nothingHappened()
  })

  test('and so is a parameter in the query string of a route that reads its body alone', async () => {
    for (const path of ['/api/keys', '/api/payments/reconciliation', '/api/payments/observe']) {
      const headers = ROUTES.find((route) => route.path === path)?.headers ?? {}
      const query = { account: 'G' }
      const reply = await service.call({ method: 'POST', path, headers, query, body: {} })
      expect([reply.status, reply.body.details[0].message]).toEqual([
        400,
        '"account" in the query string is not a parameter of this route; allowed: none',
      ])
    }
    await nothingHappened()
  })
})
