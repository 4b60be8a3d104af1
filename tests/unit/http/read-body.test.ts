import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBody } from '../../../lib/http/read-body.ts'

const MAX = 1_000
const read = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  readBody(new Request('https://x.example', { method: 'POST', body, headers }), MAX)

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

describe('a body that is read', () => {
  test.each<[string, BodyInit | null, unknown]>([
    ['no body', null, {}],
    ['an empty body', '', {}],
    ['white space', ' \r\n', {}],
    ['an object', '{"a":[1,"2"]}', { a: [1, '2'] }],
    ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
    ['64 levels', nested(64), JSON.parse(nested(64))],
  ])('%s', async (_case, body, expected) => {
    expect(await read(body)).toEqual(expected)
  })

  test('is JSON whatever the content type says', async () => {
    expect(await read('{"a":1}', { 'content-type': 'text/html' })).toEqual({ a: 1 })
  })

  test('round trips every JSON object', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.jsonValue()),
        async (value) => {
          const text = JSON.stringify(value)
          fc.pre(
            Buffer.byteLength(text) <= MAX && !/"(__proto__|constructor|prototype)":/.test(text),
          )
          expect(await read(text)).toEqual(JSON.parse(text))
        },
      ),
    )
  })
})

describe('a body that is refused with the documented sentence', () => {
  test.each<[string, BodyInit]>([
    ['malformed', '{"a":'],
    ['an array', '[]'],
    ['a number', '1'],
    ['null', 'null'],
    ['a string', '"a"'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['65 levels', nested(65)],
    ['__proto__', '{"a":{"__proto__":{"admin":true}}}'],
    ['constructor', '{"constructor":1}'],
    ['prototype in an array', '{"a":[{"prototype":1}]}'],
  ])('%s', async (_case, body) => {
    await expect(read(body)).rejects.toMatchObject({
      code: 'invalid_request_body',
      message: 'Invalid request body',
    })
  })

  test('a stream that breaks', async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error('connection lost')),
    })
    const request = new Request('https://x.example', {
      method: 'POST',
      body: broken,
      ...{ duplex: 'half' },
    })
    await expect(readBody(request, MAX)).rejects.toMatchObject({ code: 'invalid_request_body' })
  })
})

describe('the limit', () => {
  const filled = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`

  test('is in bytes and inclusive', async () => {
    expect(await read(filled(MAX))).toHaveProperty('a')
    await expect(read(filled(MAX + 1))).rejects.toMatchObject({ code: 'body_too_large' })
    await expect(read(`{"a":"${'ä'.repeat(600)}"}`)).rejects.toMatchObject({
      code: 'body_too_large',
    })
  })

  test('stops an endless body, whatever content-length claims', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 100
        controller.enqueue(new Uint8Array(100))
      },
    })
    const request = new Request('https://x.example', {
      method: 'POST',
      body: endless,
      headers: { 'content-length': '2' },
      ...{ duplex: 'half' },
    })
    await expect(readBody(request, MAX)).rejects.toMatchObject({ code: 'body_too_large' })
    expect(sent).toBeLessThan(MAX + 500)
  })
})
