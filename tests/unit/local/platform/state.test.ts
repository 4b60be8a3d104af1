import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import {
  clock,
  HASH,
  item,
  NOW,
  PAID_AT,
  post,
  SEP_KINDS,
  stateWith,
  transactionOf,
} from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator({ now: clock })
})
afterAll(() => emulator.close())

async function put(form: unknown) {
  const response = await fetch(`${emulator.url}/_emulator/state`, {
    method: 'PUT',
    body: JSON.stringify(form),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('a state set over HTTP is read back as it was, and can be set again', async () => {
  const transactions = SEP_KINDS.map((sepKind, index) => ({
    ...transactionOf(sepKind, 'pending_anchor', { transfer_received_at: PAID_AT }),
    id: `tx-${index}`,
    a_column_of_another_version: 'kept',
  }))
  const quotes = [{ id: 'q1', sell_amount: '100' }]
  const held = { ...stateWith(transactions, { custody_type: 'fireblocks' }), quotes }
  const { status, body } = await put(held)
  expect(status).toBe(200)
  expect(body['transactions']).toEqual(transactions)
  expect(body['config']).toMatchObject({ custody_type: 'fireblocks', rpc_batch_size_limit: 40 })
  expect(body['ledger_fixture']).toHaveProperty(HASH)
  expect(body['quotes']).toEqual(quotes)
  expect((await put(body)).body).toEqual(body)
})

test('a key that is left out has its default', async () => {
  await put(stateWith([transactionOf({ sep: '31', kind: 'receive' }, 'completed')]))
  const { body } = await put({ config: { rpc_batch_size_limit: 2 } })
  expect(body).toMatchObject({ transactions: [], ledger_fixture: {}, events_published: 0 })
  expect((body['assets'] as unknown[]).length).toBeGreaterThan(0)
})

test.each([
  [
    'an unknown status',
    { initial_transactions: [{ sep: '6', id: 'a', status: 'lost' }] },
    'status',
  ],
  [
    'an amount that is a number',
    { initial_transactions: [{ sep: '6', id: 'a', status: 'error', amount_in: 1 }] },
    'amount_in',
  ],
  ['an unknown setting', { config: { custody: 'none' } }, 'custody'],
  ['an unknown custody', { config: { custody_type: 'safe' } }, 'custody_type'],
])('%s is refused by name and changes nothing', async (_name, form, named) => {
  emulator.setState(stateWith([transactionOf({ sep: '6', kind: 'deposit' }, 'incomplete')]))
  const { status, body } = await put(form)
  expect(status).toBe(400)
  expect(body['error']).toContain(named)
  expect(emulator.state().transactions).toHaveLength(1)
})

test('a call changes the stored columns, and a change of a report does not', async () => {
  emulator.setState(stateWith([transactionOf({ sep: '6', kind: 'deposit' }, 'incomplete')]))
  const reported = emulator.state()
  reported.transactions[0]!.status = 'completed'
  expect(emulator.state().transactions[0]?.status).toBe('incomplete')
  const params = { transaction_id: 'tx-1', message: 'm' }
  await post(emulator.url, [item('notify_transaction_error', params)])
  expect(emulator.state().transactions[0]).toMatchObject({
    status: 'error',
    message: 'm',
    updated_at: NOW.toISOString(),
  })
})

test('a transaction is found in SEP-31 first, then SEP-24, then SEP-6', async () => {
  const kinds = [SEP_KINDS[2]!, SEP_KINDS[0]!, SEP_KINDS[6]!]
  emulator.setState(stateWith(kinds.map((one) => transactionOf(one, 'incomplete'))))
  const read = await fetch(`${emulator.url}/transactions/tx-1`)
  expect(await read.json()).toMatchObject({ sep: '31', kind: 'receive' })
})

test('the transactions of one SEP are listed by time in pages, unset times last', async () => {
  const deposit = { sep: '24', kind: 'deposit' } as const
  const at = (id: string, startedAt: string | undefined, status: 'incomplete' | 'error') => ({
    ...transactionOf(deposit, status, { started_at: startedAt }),
    id,
  })
  emulator.setState(
    stateWith([
      at('d', undefined, 'incomplete'),
      at('c', '2026-01-03T00:00:00Z', 'error'),
      at('b', '2026-01-02T00:00:00Z', 'incomplete'),
      at('a', '2026-01-02T00:00:00Z', 'incomplete'),
      { ...transactionOf({ sep: '6', kind: 'deposit' }, 'incomplete'), id: 'z' },
    ]),
  )
  const list = async (query: string) => {
    const response = await fetch(`${emulator.url}/transactions?${query}`)
    const { records } = (await response.json()) as { records: { id: string }[] }
    return records.map(({ id }) => id).join('')
  }
  expect(await list('sep=24')).toBe('abcd')
  expect(await list('sep=SEP_24&order=desc')).toBe('cabd')
  expect(await list('sep=24&statuses=error,completed')).toBe('c')
  expect(await list('sep=24&page_size=3&page_number=1')).toBe('d')
  expect(await list('sep=24&order_by=TRANSFER_RECEIVED_AT')).toBe('abcd')
  expect(await list('sep=31')).toBe('')
  expect((await fetch(`${emulator.url}/transactions?sep=12`)).status).toBe(500)
})
