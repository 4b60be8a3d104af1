import { expect, test } from 'vitest'
import { decodeBase64, readXdr, xdrOpaque, xdrUint32 } from '../../../lib/stellar/xdr.ts'

const read = (hex: string) => readXdr(Buffer.from(hex, 'hex'))

test('what is written is read back, up to the last byte', () => {
  const xdr = readXdr(Buffer.concat([xdrUint32(7), xdrOpaque('hello'), xdrUint32(1)]))
  expect(xdr.uint32()).toBe(7)
  expect(xdr.opaque().toString()).toBe('hello')
  expect(xdr.at).toBe(16)
  expect(xdr.bool()).toBe(true)
  expect(() => xdr.end()).not.toThrow()
})

test.each([
  ['bytes that end too early', () => read('000000').uint32()],
  ['a length beyond the end', () => read('ffffffff00000000').opaque()],
  ['a length above the limit', () => read('0000000461616161').opaque(3)],
  ['padding other than zeros', () => read('0000000161000001').opaque()],
  ['padding that is missing', () => read('000000016100').opaque()],
  ['a flag other than 0 and 1', () => read('00000002').bool()],
  ['an array above the limit', () => read('00000003').count(2)],
  ['bytes left over', () => read('00000000').end()],
])('%s is a RangeError', (_, act) => {
  expect(act).toThrow(RangeError)
})

test.each([
  ['YQ==', 'a'],
  ['YWI=', 'ab'],
  ['', ''],
  ['YQ', null],
  ['YR==', null],
  ['YQ==\n', null],
  [' YQ==', null],
  ['Y Q==', null],
  ['YQ=', null],
  ['YQ==YQ==', null],
  ['-_-_', null],
  ['ÿÿÿÿ', null],
])('the base64 %j is %j', (text, expected) => {
  expect(decodeBase64(text)?.toString() ?? null).toBe(expected)
})
