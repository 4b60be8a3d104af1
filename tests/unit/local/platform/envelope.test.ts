import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { item, post, stateWith, transactionOf } from './fixtures.ts'

// The recorded answers of the server prove the rest of the envelope: see `replay.test.ts`.

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
const working = () => item('notify_transaction_error', { transaction_id: 'tx-1', message: 'm' })

test('each call of a batch of 40 is answered, and a batch of 41 changes nothing', async () => {
  const over = await post(emulator.url, [working(), ...Array.from({ length: 40 }, failing)])
  expect(over.status).toBe(200)
  expect(over.answers).toEqual([
    { jsonrpc: '2.0', error: { code: -32600, message: 'RPC batch size limit[40] exceeded' } },
  ])
  expect(emulator.state().transactions[0]?.status).toBe('incomplete')
  const full = await post(emulator.url, [
    failing(),
    working(),
    ...Array.from({ length: 38 }, failing),
  ])
  const outcomes = full.answers.map(({ error, result }) => error?.code ?? result?.['status'])
  expect(outcomes).toEqual([-32600, 'error', ...Array.from({ length: 38 }, () => -32600)])
})

test.each([
  ['{"jsonrpc":"2.0","method":"constructor","id":1}', 'No matching RPC method[constructor]'],
  ['{"jsonrpc":2.0,"method":"x","id":1}', 'No matching RPC method[x]'],
  ['{"jsonrpc":"2.0","method":" ","id":""}', 'No matching RPC method[ ]'],
])('the envelope %s is accepted and its method is not known', async (envelope, message) => {
  const { answers } = await post(emulator.url, `[${envelope}]`)
  expect(answers[0]?.error).toEqual({ code: -32601, message })
})

test.each([
  [[]],
  [{ transaction_id: 'tx-1', message: {} }],
  [{ transaction_id: 'tx-1', message: [] }],
])('the params %j cannot be read', async (params) => {
  const { answers } = await post(emulator.url, [item('notify_transaction_error', params)])
  expect(answers[0]?.error?.code).toBe(-32603)
})

test.each([
  ['PATCH', '/transactions', 500, "Request method 'PATCH' not supported"],
  ['GET', '/transactions', 400, 'The "sep" parameter is missing.'],
])('%s %s is answered with %i', async (method, path, status, error) => {
  const response = await fetch(`${emulator.url}${path}`, { method })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error })
})
