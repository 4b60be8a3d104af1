import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { item, post, stateWith, transactionOf } from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator()
})
afterAll(() => emulator.close())
beforeEach(() => {
  const deposit = transactionOf({ sep: '24', kind: 'deposit' }, 'incomplete')
  emulator.setState(stateWith([deposit]))
})

const failing = () => item('notify_transaction_error', { transaction_id: 'nope', message: 'm' })
const working = (id?: unknown) =>
  item('notify_transaction_error', { transaction_id: 'tx-1', message: 'm' }, id)

test('answers a batch of 40, and refuses one of 41 without executing any of it', async () => {
  const full = await post(emulator.url, Array.from({ length: 40 }, failing))
  expect(full.answers).toHaveLength(40)
  const over = await post(emulator.url, [working(), ...Array.from({ length: 40 }, failing)])
  expect(over.status).toBe(200)
  expect(over.answers).toEqual([
    { jsonrpc: '2.0', error: { code: -32600, message: 'RPC batch size limit[40] exceeded' } },
  ])
  expect(emulator.state().transactions[0]?.status).toBe('incomplete')
})

test('answers every item of a batch and goes on after one that fails', async () => {
  const { answers } = await post(emulator.url, [failing(), working(), failing()])
  expect(answers.map(({ error, result }) => error?.code ?? result?.['status'])).toEqual([
    -32600,
    'error',
    -32600,
  ])
})

const WRONG_BODY = { error: 'Your request body is wrong in some way.' }

test.each([
  ['a single object', '{}', 400, WRONG_BODY],
  ['null', 'null', 400, WRONG_BODY],
  ['an empty body', '', 400, WRONG_BODY],
  ['broken JSON', '[{', 400, WRONG_BODY],
  ['an array of numbers', '[1]', 400, WRONG_BODY],
  ['a method that is an object', '[{"method":{}}]', 400, WRONG_BODY],
  ['an empty array', '[]', 200, []],
])('answers %s as a whole', async (_name, body, status, answer) => {
  const got = await post(emulator.url, body)
  expect(got.status).toBe(status)
  expect(got.answers).toEqual(answer)
})

test('answers 500 for null among the items', async () => {
  const { status, text } = await post(emulator.url, '[null]')
  expect(status).toBe(500)
  expect(text).toContain('\\"rc\\" is null')
})

const VERSION = 'Unsupported JSON-RPC protocol version'
const NO_METHOD = "Method name can't be NULL or empty"
const NO_ID = "Id can't be NULL"
const BAD_ID = 'An identifier MUST contain a String or a Number'

test.each([
  ['{}', -32600, `${VERSION}[null];${NO_METHOD};${NO_ID}`],
  ['{"jsonrpc":"1.0","method":"","id":1}', -32600, `${VERSION}[1.0];${NO_METHOD}`],
  ['{"jsonrpc":2,"method":"x","id":1}', -32600, `${VERSION}[2]`],
  ['{"jsonrpc":2.0,"method":"x","id":1}', -32601, 'No matching RPC method[x]'],
  ['{"jsonrpc":"2.0","method":" ","id":""}', -32601, 'No matching RPC method[ ]'],
  [
    '{"jsonrpc":"2.0","method":"constructor","id":1}',
    -32601,
    'No matching RPC method[constructor]',
  ],
  ['{"jsonrpc":"2.0","method":"x"}', -32600, NO_ID],
  ['{"jsonrpc":"2.0","method":"x","id":true}', -32600, BAD_ID],
  ['{"jsonrpc":"2.0","method":"x","id":[1]}', -32600, BAD_ID],
])('refuses the envelope %s', async (envelope, code, message) => {
  const { status, answers } = await post(emulator.url, `[${envelope}]`)
  expect(status).toBe(200)
  expect(answers[0]?.error).toEqual({ code, message })
})

test.each([
  ['1', '1'],
  ['1.0', '1.0'],
  ['"1"', '"1"'],
  ['""', '""'],
  ['9223372036854775807', '9223372036854775807'],
  ['12345678901234567000', '1.2345678901234567E19'],
  ['true', 'true'],
])('echoes the id %s as %s', async (sent, echoed) => {
  const { text } = await post(emulator.url, `[{"jsonrpc":"2.0","method":"x","id":${sent}}]`)
  expect(text).toMatch(new RegExp(`"id":${echoed.replaceAll('.', '\\.')}}]$`))
})

test.each([
  [undefined, -32603, undefined],
  [{}, -32603, 'transactionId is marked non-null but is null'],
  [{ transaction_id: null }, -32603, 'transactionId is marked non-null but is null'],
  [{ transaction_id: '' }, -32600, 'Transaction with id[] is not found'],
  [{ transaction_id: 7 }, -32600, 'Transaction with id[7] is not found'],
  [[], -32603, undefined],
  [{ transaction_id: 'tx-1', message: {} }, -32603, undefined],
])('refuses the params %j', async (params, code, message) => {
  const { answers } = await post(emulator.url, [item('notify_transaction_error', params)])
  expect(answers[0]?.error?.code).toBe(code)
  if (message !== undefined) expect(answers[0]?.error?.message).toBe(message)
})

test('names the transaction of a failed item as text', async () => {
  const { answers } = await post(emulator.url, [
    item('notify_transaction_error', { transaction_id: 1.5 }),
  ])
  expect(answers[0]?.error?.id).toBe('1.5')
})

test.each([
  ['GET', '/', 500, "Request method 'GET' not supported"],
  ['PATCH', '/transactions', 500, "Request method 'PATCH' not supported"],
  ['GET', '/transactions/nope', 404, 'transaction (id=nope) is not found'],
  ['GET', '/transactions', 400, 'The "sep" parameter is missing.'],
  ['POST', '/rpc', 404, 'Not Found'],
])('answers %s %s with %i', async (method, path, status, error) => {
  const response = await fetch(`${emulator.url}${path}`, { method })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error })
})

test('refuses a body that does not call itself JSON', async () => {
  const { status, text } = await post(emulator.url, '[]', { 'content-type': 'text/plain' })
  expect(status).toBe(500)
  expect(JSON.parse(text)).toEqual({
    error: "Content type 'text/plain;charset=UTF-8' not supported",
  })
})
