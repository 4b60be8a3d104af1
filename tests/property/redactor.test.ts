import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRedactor } from '../../lib/redactor.ts'

const SECRET = fc.string({ unit: 'grapheme', minLength: 16, maxLength: 60 })

const WRITTEN: Record<string, (secret: string, around: [string, string]) => string> = {
  'as it is': (secret, [before, after]) => before + secret + after,
  'percent-encoded': (secret, [before, after]) => before + encodeURIComponent(secret) + after,
  'in JSON': (secret, [before, after]) =>
    JSON.stringify({ [before]: `${before}${secret}${after}` }),
  'in base64': (secret, [before, after]) =>
    Buffer.from(`${before}${secret}${after}`).toString('base64'),
  'in base64 for URLs': (secret, [before, after]) =>
    Buffer.from(`${before}${secret}${after}`).toString('base64url'),
}

test.each(Object.entries(WRITTEN))('a secret that is written %s is not shown', (form, write) => {
  fc.assert(
    fc.property(SECRET, fc.tuple(fc.string(), fc.string()), (secret, around) => {
      const text = write(secret, around)
      const shown = createRedactor([secret], [])(text)
      expect(shown).not.toContain(secret)
      // What is left of the base64 text holds less than the secret.
      if (form.startsWith('in base64')) {
        expect(
          Buffer.from(shown.split('[redacted]')[0] ?? '', 'base64url').toString(),
        ).not.toContain(secret)
      }
      expect(shown).toContain('[redacted]')
    }),
    { numRuns: 500 },
  )
})

test('a text without a secret stays as it is', () => {
  fc.assert(
    fc.property(SECRET, fc.string(), (secret, text) => {
      fc.pre(!text.includes(secret))
      expect(createRedactor([secret], [])(text)).toBe(text)
    }),
  )
})

test.each([
  ['withdraw', 'the withdrawal of withdraw', 'the withdrawal of [redacted]'],
  [
    'withdraw',
    '{"kind":"withdrawal","note":"withdraw"}',
    '{"kind":"withdrawal","note":"[redacted]"}',
  ],
  ['12345678', 'a 123456789 b 12345678', 'a 123456789 b [redacted]'],
])('the weak secret %s is hidden where it stands alone: %s', (secret, text, shown) => {
  expect(createRedactor([secret], [])(text)).toBe(shown)
})

test.each([
  [
    'https://rpc.example/v1/key-0123',
    'at https://rpc.example/v1/key-0123: 429',
    'at https://rpc.example: 429',
  ],
  ['https://rpc.example/?k=a', 'https://rpc.example/?k=a', 'https://rpc.example'],
  ['https://ap.example', 'https://ap.example/transactions/t', 'https://ap.example/transactions/t'],
])('the URL %s is shown as its origin: %s', (url, text, shown) => {
  expect(createRedactor([], [url])(text)).toBe(shown)
})
