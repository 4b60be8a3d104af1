import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBody, readLosslessBody } from '../../../lib/http/read-body.ts'

const MAX = 1_000

const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request('https://x.example', { method: 'POST', body, headers, ...{ duplex: 'half' } })
const read = (body: BodyInit | null, headers?: Record<string, string>) =>
  readBody(post(body, headers), MAX)

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

describe('a body that is read as an object', () => {
  test.each<[string, BodyInit | null, unknown]>([
    ['no body', null, {}],
    ['an empty body', '', {}],
    ['white space', ' \r\n', {}],
    ['an object', '{"a":[1,"2"]}', { a: [1, '2'] }],
    ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
    ['64 levels', nested(64), JSON.parse(nested(64))],
  ])('may be %s', async (_case, body, expected) => {
    expect(await read(body)).toEqual(expected)
  })

  test('is JSON whatever its content type', async () => {
    expect(await read('{"a":1}', { 'content-type': 'text/html' })).toEqual({ a: 1 })
  })

  test('returns every JSON object unchanged', async () => {
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

test.each([
  '[{"id":1.0,"params":{"amount_in":{"amount":922337203685.4775807}}}]',
  '{"amount":1.10}',
  '[]',
  '[[1e400]]',
])('a lossless body keeps the text and every digit of %s', async (text) => {
  const body = await readLosslessBody(post(text), MAX)
  expect([body.text, JSON.stringify(body.value)]).toEqual([text, text])
})

test.each(['', ' \r\n'])('the lossless body %j is an empty object', async (text) => {
  expect(await readLosslessBody(post(text), MAX)).toEqual({ text: '{}', value: {} })
})

describe('a body that is refused', () => {
  const broken = () =>
    new ReadableStream({
      pull: (controller) => controller.error(new Error('connection lost')),
    })

  test.each<[string, BodyInit | (() => BodyInit), ('object' | 'lossless')[]]>([
    ['malformed', '{"a":', ['object', 'lossless']],
    ['HTML', '<html>', ['object', 'lossless']],
    ['an array', '[]', ['object']],
    ['a number', '1', ['object', 'lossless']],
    ['null', 'null', ['object', 'lossless']],
    ['a boolean', 'true', ['object', 'lossless']],
    ['a string', '"a"', ['object', 'lossless']],
    ['a key twice', '{"a":1,"a":2}', ['lossless']],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), ['object', 'lossless']],
    ['65 levels deep', nested(65), ['object', 'lossless']],
    ['a __proto__ key', '{"a":{"__proto__":{"admin":true}}}', ['object', 'lossless']],
    ['a constructor key', '{"constructor":1}', ['object', 'lossless']],
    ['a prototype key in an array', '{"a":[{"prototype":1}]}', ['object', 'lossless']],
    ['a stream that breaks', broken, ['object', 'lossless']],
  ])('%s gets the documented sentence', async (_case, body, readers) => {
    for (const reader of readers) {
      const request = post(typeof body === 'function' ? body() : body)
      const reading = reader === 'object' ? readBody(request, MAX) : readLosslessBody(request, MAX)
      await expect(reading).rejects.toMatchObject({
        code: 'invalid_request_body',
        message: 'Invalid request body',
      })
    }
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

  test('stops an endless body whose content-length is wrong', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 100
        controller.enqueue(new Uint8Array(100))
      },
    })
    await expect(read(endless, { 'content-length': '2' })).rejects.toMatchObject({
      code: 'body_too_large',
    })
    expect(sent).toBeLessThan(MAX + 500)
  })
})
