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
