import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import type { MethodName } from '../../../../local/platform/methods/table.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import type { Status, StoredTransaction } from '../../../../local/platform/stored-transaction.ts'
import {
  goodParams,
  HASH,
  item,
  PAID_AT,
  post,
  stateWith,
  transactionOf,
  USD,
  USDC,
} from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator()
})
afterAll(() => emulator.close())

interface Setting {
  kind: 'deposit' | 'withdrawal'
  status: Status
  columns?: Partial<StoredTransaction>
  config?: StateForm['config']
}

async function callWith(method: MethodName, params: object, setting: Setting) {
  const { kind, status, columns, config } = setting
  emulator.setState(stateWith([transactionOf({ sep: '24', kind }, status, columns)], config))
  const before = emulator.state().transactions
  const answer = await post(emulator.url, [
    item(method, { ...goodParams(method, kind), ...params }),
  ])
  return {
    ...answer,
    unchanged: JSON.stringify(before) === JSON.stringify(emulator.state().transactions),
  }
}

const STARTED: Setting = { kind: 'deposit', status: 'pending_user_transfer_start' }
const NEW_DEPOSIT: Setting = { kind: 'deposit', status: 'incomplete' }
const NEW_WITHDRAWAL: Setting = { kind: 'withdrawal', status: 'incomplete' }
const FUNDED: Setting = {
  kind: 'withdrawal',
  status: 'pending_anchor',
  columns: { transfer_received_at: PAID_AT },
}
const NONE_GENERATOR = { sep24_deposit_info_generator_type: 'none' } as const
const ONE_FEE = 'Either amount_fee or fee_details must be set'
const COMBINATION =
  'Invalid amounts combination provided: all, none or only amount_in should be set'
const SUM = 'fee_details.total is not equal to the sum of (fee_details.details.amount)'
const feeDetails = (...amounts: (string | undefined)[]) => ({
  amount_fee: null,
  fee_details: {
    total: '5',
    asset: USD,
    details: amounts.map((amount) => ({ name: 'n', amount })),
  },
})

const NULL_AUGEND = 'Cannot read field "intCompact" because "augend" is null'
const amount = (value: string, asset?: string) => ({
  amount: value,
  ...(asset === undefined ? {} : { asset }),
})
const CUSTODY = { config: { custody_type: 'fireblocks' } } as const
const ON_HOLD: Setting = { kind: 'withdrawal', status: 'on_hold' }
const WITHOUT_MEMOS = { ...NEW_WITHDRAWAL, config: NONE_GENERATOR }
const OTHER_FEE = { total: '5', asset: USD }

type Refusal = [params: object, setting: Setting, message: string, code?: number]

/** The refusals that the recorded conversations do not show, by method; the code is -32602 unless another one is given. */
const REFUSALS: Partial<Record<MethodName, Refusal[]>> = {
  notify_interactive_flow_completed: [
    [{ amount_in: amount('1', USDC) }, NEW_DEPOSIT, 'amount_in.asset should be non-stellar asset'],
    [{ amount_expected: amount('0') }, NEW_DEPOSIT, 'amount_expected.amount should be positive'],
    [{ amount_fee: amount('5', USDC) }, NEW_DEPOSIT, 'fee asset should be a non-stellar asset'],
  ],
  request_offchain_funds: [
    [feeDetails(), NEW_DEPOSIT, SUM],
    [feeDetails(undefined), NEW_DEPOSIT, NULL_AUGEND, -32603],
    [
      { user_action_required_by: 1 },
      NEW_DEPOSIT,
      "Text '1' could not be parsed at index 0",
      -32603,
    ],
  ],
  notify_offchain_funds_received: [
    [{ amount_out: amount('1') }, STARTED, COMBINATION],
    [{ amount_in: amount('-1') }, STARTED, 'amount_in.amount should be positive'],
  ],
  notify_onchain_funds_received: [[{ stellar_transaction_id: ' ' }, ON_HOLD, 'must not be blank']],
  notify_amounts_updated: [
    [{ amount_fee: null }, FUNDED, ONE_FEE],
    [{ amount_out: null }, FUNDED, 'must not be null'],
    [
      { amount_fee: null, fee_details: OTHER_FEE },
      FUNDED,
      `fee_details.asset is different from expected database asset (${USDC})`,
    ],
  ],
  request_trust: [
    [
      {},
      { ...FUNDED, kind: 'deposit', ...CUSTODY },
      'RPC method[request_trust] requires disabled custody integration',
      -32600,
    ],
  ],
  request_onchain_funds: [
    [
      {},
      { ...NEW_WITHDRAWAL, ...CUSTODY },
      'Memo type[hash] is not supported for custody type[fireblocks]',
    ],
  ],
}

describe('the emulator refuses', () => {
  test.each(
    Object.entries(REFUSALS).flatMap(([method, rows]) =>
      rows.map((row): [MethodName, ...Refusal] => [method as MethodName, ...row]),
    ),
  )('%s with %j', async (method, params, setting, message, code = -32602) => {
    const { status, answers, unchanged } = await callWith(method, params, setting)
    expect(status).toBe(200)
    expect(answers[0]?.error).toEqual({ id: 'tx-1', code, message })
    expect(unchanged).toBe(true)
  })

  test.each<[MethodName, object, Setting]>([
    ['request_onchain_funds', { memo: 'x', memo_type: 'ID' }, WITHOUT_MEMOS],
    ['request_onchain_funds', { memo: 'x', memo_type: 'return' }, WITHOUT_MEMOS],
    ['notify_onchain_funds_received', {}, { ...ON_HOLD, config: { horizon_reachable: false } }],
  ])('%s with %j breaks the whole answer', async (method, params, setting) => {
    const { status, text, unchanged } = await callWith(method, params, setting)
    expect(status).toBe(500)
    expect(text).toContain('Could not write JSON: Failed making field')
    expect(unchanged).toBe(true)
  })
})

test('amounts are stored as they were written, and JSON numbers as Java prints them', async () => {
  const params = {
    amount_in: { amount: '+1e2', asset: USD },
    amount_out: { amount: 95.5, asset: USDC },
    amount_fee: { amount: '5.00', asset: USD },
  }
  await callWith('request_offchain_funds', params, NEW_DEPOSIT)
  expect(emulator.state().transactions[0]).toMatchObject({
    amount_in: '+1e2',
    amount_out: '95.5',
    amount_fee: '5.00',
    amount_expected: '+1e2',
  })
})

test('a hash memo is stored as hex, and the sent account is shown', async () => {
  const bytes = Buffer.alloc(32, 0xab)
  const { answers } = await callWith(
    'request_onchain_funds',
    { memo: bytes.toString('base64'), memo_type: 'hash', destination_account: 'GHERE' },
    { ...NEW_WITHDRAWAL, config: NONE_GENERATOR },
  )
  expect(answers[0]?.result).toMatchObject({
    memo: bytes.toString('hex'),
    memo_type: 'hash',
    destination_account: 'GHERE',
  })
})

test('a transaction without payments moves on, but its funds do not count as received', async () => {
  const withdrawal = transactionOf({ sep: '24', kind: 'withdrawal' }, 'pending_user_transfer_start')
  emulator.setState({
    initial_transactions: [withdrawal],
    ledger_fixture: { [HASH]: [{ type: 'create_account', created_at: PAID_AT }] },
  })
  const params = goodParams('notify_onchain_funds_received', 'withdrawal')
  const { answers } = await post(emulator.url, [item('notify_onchain_funds_received', params)])
  expect(answers[0]?.result?.['status']).toBe('pending_anchor')
  expect(emulator.state().transactions[0]).not.toHaveProperty('transfer_received_at')
})

test('a deposit that was announced without an external id can never be received', async () => {
  const { answers } = await callWith('notify_offchain_funds_sent', {}, STARTED)
  expect(answers[0]?.result?.['status']).toBe('pending_external')
  const next = await post(emulator.url, [
    item('notify_offchain_funds_received', { transaction_id: 'tx-1' }),
  ])
  expect(next.answers[0]?.error?.code).toBe(-32600)
})

test.each([
  ['TRUE', 'pending_stellar'],
  [true, 'pending_stellar'],
  ['yes', 'pending_anchor'],
  [null, 'pending_anchor'],
  [1, -32603],
])('with custody, success %j leads to %s', async (success, outcome) => {
  const { answers } = await callWith(
    'notify_trust_set',
    { success },
    { kind: 'deposit', status: 'pending_trust', config: { custody_type: 'fireblocks' } },
  )
  expect(answers[0]?.result?.['status'] ?? answers[0]?.error?.code).toBe(outcome)
})

test('a call without a message keeps the old one, and a recovery clears the message and the deadline', async () => {
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

describe('a text of 256 characters', () => {
  const long = '1'.repeat(256)
  const fee = { amount: '5' }

  test.each([
    ['notify_offchain_funds_available', { external_transaction_id: long }],
    ['notify_amounts_updated', { amount_out: { amount: long }, amount_fee: fee }],
  ] as const)('in %s is refused, and nothing is saved', async (method, params) => {
    const { answers, unchanged } = await callWith(method, params, {
      ...{ kind: 'withdrawal', status: 'pending_anchor' },
      columns: { transfer_received_at: PAID_AT },
    })
    expect(answers[0]?.error?.code).toBe(-32603)
    expect(unchanged).toBe(true)
  })

  test('is taken as a message', async () => {
    const params = { message: long }
    const setting = { kind: 'deposit', status: 'pending_anchor' } as const
    const { answers } = await callWith('notify_transaction_error', params, setting)
    expect(answers[0]?.result?.['message']).toBe(long)
  })
})
