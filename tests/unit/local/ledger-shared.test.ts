import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFetchUntrusted } from '../../../lib/net/fetch-untrusted.ts'
import { createHorizonEndpoint } from '../../../local/ledger/horizon/endpoint.ts'
import { fetchInProcess } from '../../../local/ledger/in-process-fetch.ts'
import {
  createSimulatedLedger,
  type SimulatedLedger,
} from '../../../local/ledger/simulated-ledger.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../local/platform/server.ts'
import { simulatedAccountId } from '../../../local/world/simulated-keys.ts'
import { startWorld } from '../../../local/world/simulated-world.ts'
import { HASH, ISSUER } from './platform/fixtures.ts'

const ANCHOR = simulatedAccountId('anchor')
const USER = simulatedAccountId('user')

let ledger: SimulatedLedger
let emulator: PlatformEmulator
beforeEach(async () => {
  ledger = createSimulatedLedger()
  emulator = await startPlatformEmulator({ ledger, state: { transactions: [WITHDRAWAL] } })
})
afterEach(() => emulator.close())

const WITHDRAWAL = {
  sep: '24',
  id: 'w1',
  kind: 'withdrawal',
  status: 'pending_user_transfer_start',
  request_asset_code: 'native',
  amount_in: '400',
  amount_in_asset: 'stellar:native',
} as const

async function pay(body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${emulator.url}/_ledger/payments`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function received(hash: unknown): Promise<unknown> {
  const params = { transaction_id: 'w1', stellar_transaction_id: hash }
  const item = { jsonrpc: '2.0', id: '1', method: 'notify_onchain_funds_received', params }
  const answer = await fetch(emulator.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([item]),
  })
  return answer.json()
}

test('the emulated platform and Horizon show the same payment of a simulated user', async () => {
  const memo = Buffer.alloc(32, 7).toString('base64')
  const { status, body } = await pay({
    from: USER,
    to: ANCHOR,
    amount: '400',
    memo,
    memo_type: 'hash',
  })
  expect(status).toBe(200)
  const { hash, operationId } = body
  expect(await received(hash)).toMatchObject([
    {
      result: {
        status: 'pending_anchor',
        stellar_transactions: [
          {
            id: hash,
            payments: [
              {
                id: operationId,
                amount: { amount: '400.0000000', asset: 'native' },
                source_account: USER,
                destination_account: ANCHOR,
              },
            ],
          },
        ],
      },
    },
  ])
  const world = await startWorld({ anchors: [], ledger })
  const client = createFetchUntrusted(world.policy)
  try {
    const url = `${world.horizonUrl}/transactions/${hash}`
    const { text } = await client.fetch(url, { maxBytes: 10_000 })
    expect(JSON.parse(text)).toMatchObject({ hash, memo, memo_type: 'hash', successful: true })
    const inProcess = fetchInProcess(createHorizonEndpoint(ledger, world.horizonUrl).answer)
    expect((await inProcess(url, { maxBytes: 10_000 })).text).toBe(text)
  } finally {
    await client.close()
    await world.close()
  }
})

test('a transaction in the fixture of the emulator is put on the ledger', () => {
  const operation = {
    type: 'payment',
    created_at: '2026-11-20T00:00:00Z',
    from: USER,
    to: ANCHOR,
    amount: '100.0000000',
    asset: `USDC:${ISSUER}`,
  }
  const state = { transactions: [WITHDRAWAL], ledger_fixture: { [HASH]: [operation] } }
  emulator.setState(state)
  emulator.setState(state)
  expect(ledger.transaction(HASH)).toMatchObject({
    hash: HASH,
    operations: [{ form: { type: 'payment', to: ANCHOR, asset: `stellar:USDC:${ISSUER}` } }],
  })
})

test('the emulated platform refuses a hash that is not on the ledger', async () => {
  expect(await received(HASH)).toMatchObject([{ error: { code: -32603 } }])
})

test.each([
  [{ to: ANCHOR }, 'amount'],
  [{ to: 'nobody', amount: '1' }, 'account id'],
  [{ to: ANCHOR, amount: '1,5' }, 'Amount refused'],
  [{ to: ANCHOR, amount: '1', asset: 'USDC' }, 'Asset refused'],
  [{ to: ANCHOR, amount: '1', memo: 'x', memo_type: 'id' }, 'Memo refused'],
  [{ to: ANCHOR, amount: '1', note: 'x' }, 'note'],
])('the payment %o is refused with the reason %s', async (body, reason) => {
  expect(await pay(body)).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining(reason) },
  })
  expect(ledger.latestSequence()).toBe(1)
})
