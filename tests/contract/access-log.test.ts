import { describe, expect, test } from 'vitest'
import { hashOfSecret, makeSecret } from '../../lib/keys/secret.ts'
import type { Asked } from './request.ts'
import { logLines } from './rows.ts'
import {
  BEARER,
  BUSINESS_KEY,
  CRON_SECRET,
  type Environment,
  KEY,
  OPS,
  PREVIOUS_KEY,
  RPC,
  useService,
} from './service.ts'

const service = useService()

const SETTLE = '/api/transactions/settle'
const PAYMENTS = '/api/payments'
const WRONG = 'canary-wrong-Zk47pTq2'
const LONG = WRONG.repeat(30)
const CRON_HEADER = { 'x-vercel-cron': '1' }
const LOCAL = { origin: 'http://localhost:3000' }
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

type Row = [
  name: string,
  asked: Asked,
  refusals: [credential: string | null, why: string][],
  environment?: 'laptop' | Environment,
]

const OPS_ROWS: Row[] = [
  ['nothing shown', { path: SETTLE }, [[null, 'missing']]],
  ['an empty cron header', { path: OPS, headers: { 'x-vercel-cron': '' } }, [[null, 'missing']]],
  ['a wrong bearer', { path: OPS, headers: bearer(WRONG) }, [['authorization', 'wrong']]],
  [
    'another scheme',
    { path: OPS, headers: { authorization: `Basic ${WRONG}` } },
    [['authorization', 'not_bearer']],
  ],
  [
    'the secret without a scheme',
    { path: OPS, headers: { authorization: CRON_SECRET } },
    [['authorization', 'not_bearer']],
  ],
  [
    'a bearer twice',
    { path: OPS, headers: bearer(`${CRON_SECRET}, Bearer ${CRON_SECRET}`) },
    [['authorization', 'repeated']],
  ],
  [
    'x-cron-secret twice',
    { path: SETTLE, headers: { 'x-cron-secret': `${CRON_SECRET}, ${CRON_SECRET}` } },
    [['x-cron-secret', 'repeated']],
  ],
  [
    'a bearer that is too long',
    { path: OPS, headers: bearer(LONG) },
    [['authorization', 'too_long']],
  ],
  [
    'x-cron-secret of a megabyte',
    { path: OPS, headers: { 'x-cron-secret': 'w'.repeat(1_000_000) } },
    [['x-cron-secret', 'too_long']],
  ],
  ['a wrong query secret', { path: SETTLE, query: { secret: WRONG } }, [['secret', 'wrong']]],
  ['an empty query secret', { path: SETTLE, query: { secret: '' } }, [['secret', 'wrong']]],
  [
    'a query secret twice',
    { path: SETTLE, query: `secret=${CRON_SECRET}&secret=${CRON_SECRET}` },
    [['secret', 'repeated']],
  ],
  [
    'a query secret that is too long',
    { path: SETTLE, query: { secret: LONG } },
    [['secret', 'too_long']],
  ],
  [
    'a right bearer beside a wrong query secret',
    { path: OPS, headers: BEARER, query: { secret: WRONG } },
    [['secret', 'wrong']],
  ],
  [
    'two wrong credentials',
    { path: OPS, headers: { ...bearer(WRONG), 'x-cron-secret': LONG } },
    [
      ['authorization', 'wrong'],
      ['x-cron-secret', 'too_long'],
    ],
  ],
  [
    'a wrong bearer beside the cron header',
    { path: OPS, headers: { ...bearer(WRONG), ...CRON_HEADER } },
    [['authorization', 'wrong']],
  ],
  [
    'the business key',
    { method: 'POST', path: OPS, headers: bearer(BUSINESS_KEY) },
    [['authorization', 'wrong']],
  ],
  [
    'the business key as X-Api-Key',
    { method: 'POST', path: OPS, headers: KEY },
    [[null, 'missing']],
  ],
  [
    'a secret that was taken out',
    { path: OPS, headers: bearer(PREVIOUS_KEY) },
    [['authorization', 'wrong']],
  ],
  [
    'any secret where none is set',
    { path: OPS, headers: bearer(WRONG) },
    [['authorization', 'wrong']],
    { CRON_SECRET: '' },
  ],
  [
    'the cron header on a route that it does not open',
    { path: SETTLE, headers: CRON_HEADER },
    [['x-vercel-cron', 'only_for_the_scheduled_sync']],
  ],
  [
    'the cron header on a POST that it does not open',
    { method: 'POST', path: '/api/anchors/diagnostics', headers: CRON_HEADER },
    [['x-vercel-cron', 'only_for_the_scheduled_sync']],
  ],
  [
    'a laptop asked through a proxy',
    { ...LOCAL, path: SETTLE, headers: { 'x-forwarded-host': 'ops.example.org' } },
    [[null, 'not_local']],
    'laptop',
  ],
  [
    'a laptop asked from the network',
    { origin: 'http://10.0.0.5:3000', path: OPS },
    [[null, 'not_local']],
    'laptop',
  ],
  [
    'a laptop asked with a wrong secret',
    { ...LOCAL, path: OPS, query: { secret: WRONG } },
    [['secret', 'wrong']],
    'laptop',
  ],
]
const BUSINESS_ROWS: Row[] = [
  ['nothing shown', { path: PAYMENTS }, [[null, 'missing']]],
  ['a wrong key', { path: PAYMENTS, headers: { 'x-api-key': WRONG } }, [['x-api-key', 'wrong']]],
  [
    'a wrong key in the form of a named one',
    { path: PAYMENTS, headers: { 'x-api-key': makeSecret() } },
    [['x-api-key', 'wrong']],
  ],
  [
    'a wrong bearer',
    { method: 'POST', path: RPC, body: [], headers: bearer(WRONG) },
    [['authorization', 'wrong']],
  ],
  [
    'another scheme',
    { path: PAYMENTS, headers: { authorization: `Basic ${BUSINESS_KEY}` } },
    [['authorization', 'not_bearer']],
  ],
  [
    'the key twice',
    { path: PAYMENTS, headers: { 'x-api-key': `${BUSINESS_KEY}, ${BUSINESS_KEY}` } },
    [['x-api-key', 'repeated']],
  ],
  [
    'a key that is too long',
    { path: PAYMENTS, headers: { 'x-api-key': LONG } },
    [['x-api-key', 'too_long']],
  ],
  [
    'the secret of the scheduler',
    { path: PAYMENTS, headers: BEARER },
    [['authorization', 'wrong']],
  ],
  [
    'the key as the query secret',
    { path: PAYMENTS, query: { secret: BUSINESS_KEY } },
    [[null, 'missing']],
  ],
  [
    'a right key beside a wrong bearer',
    { path: PAYMENTS, headers: { ...KEY, ...bearer(WRONG) } },
    [['authorization', 'wrong']],
  ],
  [
    'the key and the previous one',
    { path: PAYMENTS, headers: { ...bearer(PREVIOUS_KEY), ...KEY } },
    [['x-api-key', 'another_key']],
    { BUSINESS_API_KEY_PREVIOUS: PREVIOUS_KEY },
  ],
  ['the cron header', { path: PAYMENTS, headers: CRON_HEADER }, [[null, 'missing']]],
]

/** The lines that one call writes. */
async function linesOf(asked: Asked) {
  service.log.length = 0
  const reply = await service.call(asked)
  return { reply, lines: service.log.map((line): Record<string, unknown> => JSON.parse(line)) }
}

describe('a refused call writes one line that says which credential was shown and why it failed', () => {
  const rows = [
    ...OPS_ROWS.map((row) => ({ of: 'operators', row, name: row[0] })),
    ...BUSINESS_ROWS.map((row) => ({ of: 'the business', row, name: row[0] })),
  ]
  test.each(rows)('a route of $of: $name', async ({ row }) => {
    const [, asked, refusals, environment = {}] = row
    if (environment === 'laptop') service.deploy({}, { development: true })
    else service.deploy(environment)
    const headers = { 'x-real-ip': '2001:db8::7', ...asked.headers, 'x-request-id': 'request-1' }
    const { reply, lines } = await linesOf({ ...asked, headers })
    expect(reply.status).toBe(401)
    const shown = refusals.map(([credential, why]) => `${credential ?? 'no credential'} ${why}`)
    expect(lines).toEqual([
      {
        time: expect.any(String),
        level: 'warn',
        event: 'request_refused',
        kind: ['unauthorized', ...shown].join(', '),
        method: asked.method ?? 'GET',
        path: asked.path,
        status: 401,
        requestId: 'request-1',
        address: '2001:db8::7',
        refusals: refusals.map(([credential, why]) => ({ credential, why })),
      },
    ])
    expect(service.log.join('')).not.toContain(WRONG)
  })

  test.each(['x-api-key', 'authorization'])('a named key in %s', async (credential) => {
    const show = (secret: string) => ({
      path: PAYMENTS,
      headers: { [credential]: credential === 'authorization' ? `Bearer ${secret}` : secret },
    })
    const revoked = await service.makeKey('ended', ['read'])
    await service.revokeKey('ended')
    const expired = makeSecret()
    await service.query(
      "select public.create_key('old', $1, '{read}', -1, null, 'BUSINESS_API_KEY', 500)",
      [hashOfSecret(expired)],
    )
    const narrow = await service.makeKey('narrow', ['update'])
    for (const [secret, status, line] of [
      [
        revoked,
        401,
        { kind: `unauthorized, ${credential} revoked`, refusals: [{ credential, why: 'revoked' }] },
      ],
      [
        expired,
        401,
        { kind: `unauthorized, ${credential} expired`, refusals: [{ credential, why: 'expired' }] },
      ],
      [
        narrow,
        403,
        {
          kind: 'forbidden, no credential missing_scope',
          keyName: 'narrow',
          refusals: [{ credential: null, why: 'missing_scope' }],
        },
      ],
    ] as const) {
      const { reply, lines } = await linesOf(show(secret))
      expect(reply.status).toBe(status)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({ event: 'request_refused', status, address: null, ...line })
      expect(service.log.join('')).not.toContain(secret)
    }
  })
})

describe('the address of a refused call', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['x-forwarded-for', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
    ['several addresses', { 'x-forwarded-for': '192.0.2.1, 10.0.0.1' }, '192.0.2.1'],
    ['both headers', { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.2' }, '192.0.2.2'],
    ['a name', { 'x-forwarded-for': WRONG }, null],
    ['a secret', { 'x-real-ip': CRON_SECRET, 'x-forwarded-for': BUSINESS_KEY }, null],
    ['JSON', { 'x-forwarded-for': '"},{"event":"x"' }, null],
    [
      'a megabyte',
      { 'x-forwarded-for': '1'.repeat(1_000_000), 'x-real-ip': 'x'.repeat(1_000_000) },
      null,
    ],
  ])('is read from its headers: %s', async (_, headers, address) => {
    const { lines } = await linesOf({ path: SETTLE, headers })
    expect(lines).toMatchObject([{ event: 'request_refused', address }])
    expect(service.log.join('').length).toBeLessThan(1_000)
  })
})

describe('1,000 wrong keys in one go', () => {
  const make = (at: number): Asked => {
    const key = [makeSecret(), `${makeSecret()}A`, `${WRONG}-${at}`, `${LONG}${at}`][at % 4] ?? ''
    const headers = at % 8 < 4 ? { 'x-api-key': key } : bearer(key)
    return { path: at % 3 === 0 ? '/api/transactions' : PAYMENTS, headers }
  }
  const flood = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, at) => {
        const asked = make(at)
        return service.call({
          ...asked,
          headers: { ...asked.headers, 'x-request-id': 'request-1' },
        })
      }),
    )

  test('are all answered alike, with 10 lines of a kind a minute and 10 readings a second', async () => {
    const replies = await flood(1_000)
    const answers = replies.map(({ status, text }) => `${status} ${text}`)
    expect([...new Set(answers)]).toEqual([
      `401 ${JSON.stringify({
        error: 'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.',
        code: 'unauthorized',
        requestId: 'request-1',
        docs: 'docs/errors.md#unauthorized',
      })}`,
    ])
    expect(service.databaseCalls.map(({ name }) => name)).toEqual(Array(10).fill('read_key_hashes'))
    const countKinds = () =>
      Object.fromEntries(
        [...Map.groupBy(logLines(service, 'request_refused'), ({ kind }) => String(kind))].map(
          ([kind, lines]) => [kind, lines.length],
        ),
      )
    const kinds = {
      'unauthorized, x-api-key wrong': 10,
      'unauthorized, x-api-key too_long': 10,
      'unauthorized, authorization wrong': 10,
      'unauthorized, authorization too_long': 10,
    }
    expect(countKinds()).toEqual(kinds)
    expect(service.log).toHaveLength(40)

    service.passTime(59_999)
    await flood(8)
    expect(countKinds()).toEqual(kinds)
    expect(service.databaseCalls).toHaveLength(12)

    service.passTime(1)
    await service.call({ path: PAYMENTS, headers: { 'x-api-key': WRONG } })
    // Of 1,000 and 8 calls 3 in 8 showed a wrong X-Api-Key, and 10 of them had a line.
    expect(logLines(service, 'request_refused').at(-1)).toMatchObject({
      kind: 'unauthorized, x-api-key wrong',
      leftOut: 375 + 3 - 10,
    })
    expect(service.log.join('')).not.toContain(WRONG)
  })

  test('leave a named key working, which is new to the instance', async () => {
    const secret = await service.makeKey('right', ['read'])
    service.deploy()
    const show = () => service.call({ path: PAYMENTS, headers: { 'x-api-key': secret } })
    const [, during] = await Promise.all([flood(200), show()])
    expect([during.status, (await show()).status]).toEqual([200, 200])
  })
})
