import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MethodName } from '../../../../local/platform/methods/table.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import type { Kind, Status } from '../../../../local/platform/stored-transaction.ts'
import {
  assetIn,
  assetOut,
  clock,
  goodParams,
  HASH,
  ISSUER,
  item,
  NOW,
  PAID_AT,
  post,
  type Sep,
  stateWith,
  transactionOf,
} from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator({ now: clock })
})
afterAll(() => emulator.close())

type Step = [MethodName, Status]
interface Conversation {
  sep: Sep
  kind: Kind
  start: Status
  steps: Step[]
}

const DEPOSIT: Step[] = [
  ['request_offchain_funds', 'pending_user_transfer_start'],
  ['notify_offchain_funds_received', 'pending_anchor'],
  ['notify_onchain_funds_sent', 'completed'],
]
const WITHDRAWAL: Step[] = [
  ['request_onchain_funds', 'pending_user_transfer_start'],
  ['notify_onchain_funds_received', 'pending_anchor'],
  ['notify_amounts_updated', 'pending_anchor'],
  ['notify_offchain_funds_pending', 'pending_external'],
  ['notify_offchain_funds_sent', 'completed'],
]

const CONVERSATIONS: Conversation[] = [
  {
    sep: '24',
    kind: 'deposit',
    start: 'incomplete',
    steps: [
      ['notify_interactive_flow_completed', 'pending_anchor'],
      ['request_offchain_funds', 'pending_user_transfer_start'],
      ['notify_transaction_on_hold', 'on_hold'],
      ['notify_offchain_funds_received', 'pending_anchor'],
      ['request_trust', 'pending_trust'],
      ['notify_trust_set', 'pending_anchor'],
      ['notify_transaction_error', 'error'],
      ['notify_transaction_recovery', 'pending_anchor'],
      ['notify_onchain_funds_sent', 'completed'],
    ],
  },
  { sep: '24', kind: 'withdrawal', start: 'incomplete', steps: WITHDRAWAL },
  { sep: '6', kind: 'deposit', start: 'incomplete', steps: DEPOSIT },
  {
    sep: '6',
    kind: 'deposit-exchange',
    start: 'incomplete',
    steps: [['request_customer_info_update', 'pending_customer_info_update'], ...DEPOSIT],
  },
  { sep: '6', kind: 'withdrawal', start: 'incomplete', steps: WITHDRAWAL },
  {
    sep: '6',
    kind: 'withdrawal-exchange',
    start: 'incomplete',
    steps: [
      ['request_onchain_funds', 'pending_user_transfer_start'],
      ['notify_onchain_funds_received', 'pending_anchor'],
      ['notify_offchain_funds_available', 'pending_user_transfer_complete'],
      ['notify_refund_pending', 'pending_anchor'],
      ['notify_refund_sent', 'refunded'],
    ],
  },
  {
    sep: '31',
    kind: 'receive',
    start: 'pending_sender',
    steps: [
      ['notify_onchain_funds_received', 'pending_receiver'],
      ['request_customer_info_update', 'pending_customer_info_update'],
      ['notify_customer_info_updated', 'pending_receiver'],
      ['notify_offchain_funds_pending', 'pending_external'],
      ['notify_offchain_funds_sent', 'completed'],
    ],
  },
]

test.each(CONVERSATIONS)(
  'a SEP-$sep $kind goes from $start to its end in one request of several calls',
  async ({ sep, kind, start, steps }) => {
    emulator.setState(stateWith([transactionOf({ sep, kind }, start)]))
    const calls = steps.map(([method]) => item(method, goodParams(method, kind)))
    const { status, answers } = await post(emulator.url, calls)
    expect(status).toBe(200)
    expect(answers.map(({ result, error }) => result?.['status'] ?? error)).toEqual(
      steps.map(([, next]) => next),
    )
    expect(answers.map(({ id }) => id)).toEqual(calls.map(({ id }) => id))
    const last = answers.at(-1)?.result
    expect(last).toMatchObject({
      id: 'tx-1',
      sep,
      kind,
      amount_in: { amount: '100', asset: assetIn(kind) },
      amount_out: { amount: '95', asset: assetOut(kind) },
      fee_details: { total: '5', asset: assetIn(kind) },
      updated_at: NOW.toISOString(),
      completed_at: NOW.toISOString(),
      message: `about ${steps.at(-1)?.[0]}`,
    })
    expect(emulator.state().events_published).toBe(steps.length)
    const read = await fetch(`${emulator.url}/transactions/tx-1`)
    expect(await read.json()).toEqual(last)
  },
)

test('a payment found on the ledger is stored, and SEP-24 does not show its time', async () => {
  const withdrawal = transactionOf(
    { sep: '24', kind: 'withdrawal' },
    'pending_user_transfer_start',
    { memo: '12', memo_type: 'id' },
  )
  emulator.setState(stateWith([withdrawal]))
  const call = item(
    'notify_onchain_funds_received',
    goodParams('notify_onchain_funds_received', 'withdrawal'),
  )
  const { answers } = await post(emulator.url, [call])
  expect(answers[0]?.result).not.toHaveProperty('transfer_received_at')
  expect(answers[0]?.result?.['stellar_transactions']).toMatchObject([
    {
      id: HASH,
      memo: '12',
      memo_type: 'id',
      created_at: PAID_AT,
      payments: [{ amount: { amount: '100.0000000', asset: `USDC:${ISSUER}` } }],
    },
  ])
  expect(emulator.state().transactions[0]).toMatchObject({
    transfer_received_at: PAID_AT,
    stellar_transaction_id: HASH,
  })
})

test('a call without a message keeps the old message, and a call that ends an error clears it', async () => {
  const failed = transactionOf({ sep: '31', kind: 'receive' }, 'error', {
    transfer_received_at: PAID_AT,
    required_info_message: 'went wrong',
    user_action_required_by: '2020-01-01T00:00:00Z',
  })
  emulator.setState(stateWith([failed]))
  const { answers } = await post(emulator.url, [
    item('notify_transaction_recovery', { transaction_id: 'tx-1' }),
    item('request_customer_info_update', { transaction_id: 'tx-1', message: 'more, please' }),
    item('notify_customer_info_updated', { transaction_id: 'tx-1' }),
  ])
  expect(answers.map(({ result }) => result?.['message'])).toEqual([
    undefined,
    'more, please',
    'more, please',
  ])
  expect(answers[0]?.result).not.toHaveProperty('user_action_required_by')
})
