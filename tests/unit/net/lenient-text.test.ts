import { describe, expect, test } from 'vitest'
import { decodeLeniently, withoutFalseCodings } from '../../../lib/net/lenient-text.ts'

describe('decodeLeniently', () => {
  const text = 'ORG_NAME = "Épargne"'
  const swapped = Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()
  test.each<[string, Buffer, string, object]>([
    ['UTF-8', Buffer.from(text), text, {}],
    ['UTF-8 with a BOM', Buffer.from(`\uFEFF${text}`), text, {}],
    ['little UTF-16', Buffer.from(`\uFEFF${text}`, 'utf16le'), text, { encoding: 'utf-16le' }],
    ['big UTF-16', swapped, text, { encoding: 'utf-16be' }],
    ['little UTF-16 without a BOM', Buffer.from(text, 'utf16le'), text, { encoding: 'utf-16le' }],
    [
      'big UTF-16 without a BOM',
      Buffer.from(text, 'utf16le').swap16(),
      text,
      { encoding: 'utf-16be' },
    ],
    ['UTF-8 with zero bytes', Buffer.from('a\0b\0\0c\0d'), 'a\0b\0\0c\0d', {}],
    [
      'Latin-1',
      Buffer.from(text, 'latin1'),
      text.replace('É', '\uFFFD'),
      { encoding: 'broken_utf8' },
    ],
    [
      'half a UTF-16 character',
      Buffer.from([0xff, 0xfe, 0x41]),
      '\uFFFD',
      { encoding: 'utf-16le' },
    ],
    ['nothing', Buffer.alloc(0), '', {}],
  ])('reads %s', (_what, bytes, expected, repairs) => {
    expect(decodeLeniently(bytes)).toEqual({ text: expected, repairs })
  })
})

describe('withoutFalseCodings', () => {
  test.each([
    ['', '', false],
    ['gzip', 'gzip', false],
    ['gzip, gzip', 'gzip, gzip', false],
    ['deflate', 'deflate', false],
    ['UTF-8', '', true],
    ['utf8', '', true],
    ['none', '', true],
    ['binary', '', true],
    ['aws-chunked', '', true],
    ['aws-chunked,', '', true],
    ['aws-chunked, gzip', 'gzip', true],
    ['none, gzip, gzip', 'gzip, gzip', true],
  ])('%j leaves the coding %j', (header, coding, isFalse) => {
    const repairs = isFalse ? { contentEncoding: header } : {}
    expect(withoutFalseCodings(header)).toEqual({ coding, repairs })
  })
})
