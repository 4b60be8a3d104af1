import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { errorResponse, readEnvelope, resultResponse } from '../../../lib/platform/envelope.ts'

const read = (text: string) => readEnvelope(parseLosslessJson(text))
const entry = (fields: string) => read(`[{${fields}}]`)?.entries[0]
const written = (value: unknown) => JSON.parse(JSON.stringify(value))
const CALL = '"jsonrpc":"2.0","method":"m","params":{"transaction_id":"T"}'

test.each(['1', '1.0', '12345678901234567890', '"1"', '""', '-0'])(
  'the id %s is answered as it was sent',
  (id) => {
    const one = entry(`${CALL},"id":${id}`)
    if (!one || !('call' in one)) throw new Error('refused')
    expect(JSON.stringify(resultResponse(one.call, { a: '1' }))).toBe(
      `{"jsonrpc":"2.0","result":{"a":"1"},"id":${id}}`,
    )
    expect(JSON.stringify(errorResponse(one.call, { code: -32602, message: 'x' }))).toBe(
      `{"jsonrpc":"2.0","error":{"id":"T","code":-32602,"message":"x"},"id":${id}}`,
    )
  },
)

const VERSION = 'Unsupported JSON-RPC protocol version'
const METHOD = "Method name can't be NULL or empty"
const NO_ID = "Id can't be NULL"
const BAD_ID = 'An identifier MUST contain a String or a Number'

test.each([
  ['', `${VERSION}[null];${METHOD};${NO_ID}`],
  ['"jsonrpc":"2.0","method":"m","id":null', NO_ID],
  ['"jsonrpc":"2.0","method":"m","id":true', BAD_ID],
  ['"jsonrpc":"2.0","method":"m","id":[1]', BAD_ID],
  ['"jsonrpc":"2.0","method":"","id":1', METHOD],
  ['"jsonrpc":"2.0","method":null,"id":1', METHOD],
  ['"jsonrpc":"2.0","method":{},"id":1', METHOD],
  ['"jsonrpc":"1.0","method":"m","id":1', `${VERSION}[1.0]`],
  ['"jsonrpc":2,"method":"m","id":1', `${VERSION}[2]`],
  ['"jsonrpc":["2.0"],"method":"","id":{}', `${VERSION}[null];${METHOD};${BAD_ID}`],
])('a call of {%s} is refused with the texts of the platform', (fields, message) => {
  const one = entry(fields)
  expect(one && 'refusal' in one && one.refusal.error).toEqual({ code: -32600, message })
})

test('a call with the number 2.0 as version, or with a method of any name, is accepted', () => {
  expect(entry('"jsonrpc":2.0,"method":" ","id":1')).toMatchObject({ call: { method: ' ' } })
  expect(entry('"jsonrpc":"2.0","method":"constructor","id":1')).toHaveProperty('call')
})

test('a refusal echoes an id of a wrong type, leaves out a missing id and names the transaction', () => {
  const refusals = read(
    '[{"id":[1.0],"params":{"transaction_id":7.0}},{"params":{"transaction_id":{}}},{"params":[]}]',
  )?.entries.map((one) => 'refusal' in one && JSON.stringify(one.refusal))
  expect(refusals?.[0]).toContain('"error":{"id":"7.0","code":-32600')
  expect(refusals?.[0]).toContain('"id":[1.0]}')
  expect(written(JSON.parse(String(refusals?.[1])))).not.toHaveProperty('id')
  expect(written(JSON.parse(String(refusals?.[2]))).error).not.toHaveProperty('id')
})

describe('a whole request', () => {
  const batch = (size: number) =>
    JSON.stringify(Array(size).fill(null)).replaceAll('null', `{${CALL},"id":1}`)

  test('an array is read as a batch, and an object as a single call', () => {
    expect(read('[]')).toEqual({ single: false, entries: [] })
    expect(read(`{${CALL},"id":1}`)).toMatchObject({ single: true, entries: [{ call: {} }] })
    expect(read('{}')).toMatchObject({ single: true, entries: [{ refusal: {} }] })
  })

  test('40 calls with one id are accepted', () => {
    expect(read(batch(40))?.entries.filter((one) => 'call' in one)).toHaveLength(40)
  })

  test.each([41, 400])('%s calls are refused with one error without an id', (size) => {
    expect(read(batch(size))).toEqual({
      single: false,
      entries: [
        {
          refusal: {
            jsonrpc: '2.0',
            error: { code: -32600, message: 'RPC batch size limit[40] exceeded' },
          },
        },
      ],
    })
  })

  test('a call that is not an object is refused, and the others are accepted', () => {
    const entries = read(`[null,1,"x",true,[],{${CALL},"id":1}]`)?.entries
    expect(entries?.map((one) => 'call' in one)).toEqual([false, false, false, false, false, true])
    expect(entries?.[0]).toEqual({
      refusal: {
        jsonrpc: '2.0',
        error: { code: -32600, message: `${VERSION}[null];${METHOD};${NO_ID}` },
      },
    })
  })

  test.each(['null', '1', '"x"', 'true'])('%s is not a request', (text) => {
    expect(read(text)).toBeNull()
  })
})
