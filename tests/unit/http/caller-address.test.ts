import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerAddress } from '../../../lib/http/caller-address.ts'

/** A request with these headers, also with values that fetch would refuse to send. */
const from = (headers: Record<string, string>) =>
  ({ headers: { get: (name: string) => headers[name] ?? null } }) as unknown as Request
const MEGABYTE = 1_000_000

describe('the address of a caller', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['no header', {}, null],
    ['IPv4', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
    ['IPv4 with a port', { 'x-forwarded-for': '192.0.2.1:54321' }, '192.0.2.1:54321'],
    ['IPv6', { 'x-forwarded-for': '2001:DB8::1' }, '2001:DB8::1'],
    ['loopback', { 'x-forwarded-for': '::1' }, '::1'],
    ['IPv4 in IPv6', { 'x-forwarded-for': '::ffff:192.0.2.1' }, '::ffff:192.0.2.1'],
    [
      'the longest address',
      { 'x-real-ip': `${'ffff:'.repeat(6)}255.255.255.255` },
      `${'ffff:'.repeat(6)}255.255.255.255`,
    ],
    ['several addresses: the first', { 'x-forwarded-for': ' 192.0.2.1 , 10.0.0.1' }, '192.0.2.1'],
    [
      'both headers: x-real-ip',
      { 'x-real-ip': '192.0.2.2', 'x-forwarded-for': '192.0.2.1' },
      '192.0.2.2',
    ],
    ['a bad x-real-ip', { 'x-real-ip': 'unknown', 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
    ['an empty first entry', { 'x-forwarded-for': ', 10.0.0.1' }, null],
    ['a name', { 'x-forwarded-for': 'caller.example' }, null],
    ['a name of hexadecimal digits', { 'x-forwarded-for': 'bad.cafe' }, null],
    ['a number', { 'x-forwarded-for': '3221225985' }, null],
    ['a hidden identifier', { 'x-forwarded-for': '_hidden' }, null],
    [
      'IPv6 with IPv4 at its end and every zero written',
      { 'x-real-ip': '::00:000:0000:0000:0000:100.10.100.100' },
      '::00:000:0000:0000:0000:100.10.100.100',
    ],
    ['a zone', { 'x-forwarded-for': 'fe80::1%eth0' }, null],
    ['line breaks', { 'x-forwarded-for': '192.0.2.1\r\n{"level":"error"}' }, null],
    ['a line break at the end', { 'x-real-ip': '192.0.2.1\r\n' }, '192.0.2.1'],
    ['JSON', { 'x-forwarded-for': '"}{"event":"x"' }, null],
    ['a megabyte of digits', { 'x-forwarded-for': '1'.repeat(MEGABYTE) }, null],
    ['a megabyte of colons', { 'x-real-ip': ':'.repeat(MEGABYTE) }, null],
    ['a megabyte of commas', { 'x-forwarded-for': ','.repeat(MEGABYTE) }, null],
    [
      'a megabyte of addresses',
      { 'x-forwarded-for': '192.0.2.1,'.repeat(MEGABYTE / 10) },
      '192.0.2.1',
    ],
  ])('%s', (_, headers, address) => {
    expect(callerAddress(from(headers))).toBe(address)
  })

  test('is known for every address of its form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(callerAddress(from({ 'x-forwarded-for': `${address}, 10.0.0.1` }))).toBe(address)
      }),
    )
  })

  test('is null or a short text of digits, dots and colons, whatever is written', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'0af.:, \r\n') }),
    )
    fc.assert(
      fc.property(text, text, (real, forwarded) => {
        const address = callerAddress(from({ 'x-real-ip': real, 'x-forwarded-for': forwarded }))
        expect(address ?? '::').toMatch(/^[0-9a-fA-F.:]{2,45}$/)
      }),
    )
  })
})
