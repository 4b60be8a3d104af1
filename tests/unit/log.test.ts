import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLog, redact, redactText } from '../../lib/log.ts'

function logged(fields: Record<string, unknown>): Record<string, unknown> {
  const lines: string[] = []
  createLog((line) => lines.push(line))('info', 'request', fields)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[^\n]*\n$/)
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>
}

describe('a line of the log', () => {
  test('is one JSON object that begins with time, level and event', () => {
    const line = logged({ domain: 'a.example', text: 'two\nlines', event: 'forged', size: 10n })
    expect(Object.keys(line).slice(0, 3)).toEqual(['time', 'level', 'event'])
    expect(line).toMatchObject({ level: 'info', event: 'request', text: 'two\nlines', size: '10' })
  })

  test('renders an error with its stack, its code and its causes', () => {
    const cause = Object.assign(new Error('socket closed'), { code: 'ECONNRESET' })
    expect(logged({ error: new TypeError('failed', { cause }) })['error']).toMatchObject({
      name: 'TypeError',
      message: 'failed',
      stack: expect.stringContaining('log.test.ts'),
      cause: { message: 'socket closed', code: 'ECONNRESET' },
    })
  })

  test('is written for any fields', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    const error = new Error('a')
    error.cause = error
    const getter = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    for (const value of [loop, error, getter, new Date(Number.NaN), Symbol('x'), () => 1]) {
      expect(logged({ value })).toMatchObject({ event: 'request' })
    }
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
        logged({ value })
      }),
    )
  })

  test('cuts a long text to 4,000 characters', () => {
    expect(String(logged({ text: 'x '.repeat(10_000) })['text']).length).toBeLessThanOrEqual(4_000)
  })
})

describe('a credential is not written', () => {
  const HIDDEN = 'hunter2hunter2hunter2'

  test.each([
    'secret',
    'cronSecret',
    'CRON_SECRET',
    'authorization',
    'Authorization',
    'x-api-key',
    'apiKey',
    'serviceKey',
    'service_role_key',
    'password',
    'accessToken',
    'jwt',
    'cookie',
    'privateKey',
  ])('under the name %s', (name) => {
    expect(JSON.stringify(redact({ deep: [{ [name]: HIDDEN }] }))).not.toContain(HIDDEN)
  })

  test.each([
    `https://x.example/api?secret=${HIDDEN}`,
    `https://x.example/api?a=1&secret=${HIDDEN}#b`,
    `https://x.example/api?api_key=${HIDDEN}&a=1`,
    `/api/anchors/ops?secret=${HIDDEN}`,
    `secret=${HIDDEN}`,
    `https://user:${HIDDEN}@x.example/`,
    `https://${HIDDEN}@x.example/`,
    `Authorization: Bearer ${HIDDEN}`,
    `eyJhbGciOi.${HIDDEN}.c2ln`,
    `sb_secret_${HIDDEN}`,
    `S${'A'.repeat(34)}${HIDDEN.toUpperCase().replaceAll('1', '2')}`,
  ])('in the text %s', (text) => {
    expect(redactText(text).toLowerCase()).not.toContain(HIDDEN)
    expect(JSON.stringify(logged({ error: new Error(text) })).toLowerCase()).not.toContain(HIDDEN)
  })

  test('public keys, flags and the documented placeholder stay readable', () => {
    const text = 'Provide ?secret=... matching CRON_SECRET'
    expect(redactText(text)).toBe(text)
    const fields = { signingKey: `G${'A'.repeat(55)}`, weakCronSecret: true, tokens: 3 }
    expect(redact(fields)).toEqual(fields)
  })
})

describe('a hostile text of 1 MB is redacted in linear time', () => {
  // Patterns that could start inside a name needed 4 s for 6 KB of the first text, and weeks for 1 MB.
  test.each([
    '?key',
    '&secret',
    'key=',
    '?',
    '-eyJ',
    'eyJ.',
    'a://',
    'a:',
    'Bearer ',
    'token ',
    '"key',
    '(key',
    '?a=',
    'S',
  ])('%j', (unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    expect(redactText(text).length).toBeGreaterThan(0)
  })
})

test('an event that docs/logs.md does not have, or at another level, does not compile', () => {
  const lines: string[] = []
  const log = createLog((line) => lines.push(line))
  // @ts-expect-error: no such event
  log('info', 'no_such_event')
  // @ts-expect-error: a failed request is an error
  log('info', 'request_failed')
  expect(lines).toHaveLength(2)
})
