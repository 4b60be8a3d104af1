import { describe, expect, test } from 'vitest'
import { useService } from './service.ts'
import {
  DEPOSIT_AMOUNTS,
  deposit,
  incomplete,
  item,
  refundOf,
  stellarPayment,
  USD,
  USDC,
  WITHDRAWAL_AMOUNTS,
  withdrawal,
  XLM,
} from './transactions.ts'

const service = useService()
type Step = [method: string, status: string, params?: Record<string, unknown>]

/** Runs steps in one request each, or all in one request. @returns the status after each step, or its error */
async function run(id: string, steps: Step[], inOne = false): Promise<unknown[]> {
  const items = steps.map(([method, , params]) => item(method, { transaction_id: id, ...params }))
  const answers = []
  for (const batch of inOne ? [items] : items.map((one) => [one])) {
    answers.push(...(await service.rpc(batch)).body)
  }
  return answers.map(({ result, error }) => result?.status ?? error)
}

const { hash, ledger_fixture } = stellarPayment()

const CONVERSATIONS: { name: string; held: ReturnType<typeof deposit>; steps: Step[] }[] = [
  {
    name: 'a deposit is completed',
    held: deposit('t', incomplete),
    steps: [
      ['notify_interactive_flow_completed', 'pending_anchor', DEPOSIT_AMOUNTS],
      ['request_offchain_funds', 'pending_user_transfer_start', DEPOSIT_AMOUNTS],
      [
        'notify_offchain_funds_received',
        'pending_anchor',
        { external_transaction_id: 'e-1', amount_in: { amount: '100' } },
      ],
      ['notify_onchain_funds_sent', 'completed', { stellar_transaction_id: hash }],
    ],
  },
  {
    name: 'a withdrawal is completed',
    held: withdrawal('t', incomplete),
    steps: [
      ['request_onchain_funds', 'pending_user_transfer_start', WITHDRAWAL_AMOUNTS],
      ['notify_onchain_funds_received', 'pending_anchor', { stellar_transaction_id: hash }],
      [
        'notify_amounts_updated',
        'pending_anchor',
        { amount_out: { amount: '94' }, amount_fee: { amount: '6' } },
      ],
      ['notify_offchain_funds_sent', 'completed', { external_transaction_id: 'e-2' }],
    ],
  },
  {
    name: 'a withdrawal is refunded in two parts',
    held: withdrawal('t'),
    steps: [
      ['notify_refund_sent', 'pending_anchor', refundOf('r1', '60', USDC)],
      ['notify_refund_sent', 'refunded', refundOf('r2', '40', USDC)],
    ],
  },
  {
    name: 'a deposit is refunded after an announcement',
    held: deposit('t'),
    steps: [
      ['notify_refund_pending', 'pending_external', refundOf('r1', '100', USD)],
      ['notify_refund_sent', 'refunded', refundOf('r1', '100', USD)],
    ],
  },
  {
    name: 'a withdrawal fails, recovers and is completed',
    held: withdrawal('t'),
    steps: [
      ['notify_transaction_error', 'error', { message: 'bank closed' }],
      ['notify_transaction_recovery', 'pending_anchor'],
      ['notify_offchain_funds_pending', 'pending_external', { external_transaction_id: 'e-3' }],
      ['notify_offchain_funds_sent', 'completed', { external_transaction_id: 'e-3' }],
    ],
  },
  {
    name: 'a withdrawal is held, and released by the receipt of its payment',
    held: withdrawal('t'),
    steps: [
      ['notify_transaction_on_hold', 'on_hold', { message: 'a question' }],
      ['notify_onchain_funds_received', 'pending_anchor', { stellar_transaction_id: hash }],
    ],
  },
]

describe.each([
  ['one request each', false],
  ['all in one request', true],
] as const)('%s', (_manner, inOne) => {
  test.each(CONVERSATIONS)('$name', async ({ held, steps }) => {
    service.platformHas([held], { ledger_fixture })
    const statuses = steps.map(([, status]) => status)
    expect(await run('t', steps, inOne)).toEqual(statuses)
    expect(service.statusAtPlatform('t')).toBe(statuses.at(-1))
    expect(service.applied()).toBe(steps.length)

    const { body } = await service.show('t')
    expect(body.transaction.status).toBe(statuses.at(-1))
    expect(body.attempts.map(({ state }: { state: string }) => state)).toEqual(
      steps.map(() => 'APPLIED'),
    )
    const changes = [held.status, ...statuses].filter((one, at, all) => one !== all[at - 1])
    expect(body.history.map(({ status }: { status: string }) => status)).toEqual(changes)
    expect((await service.settle()).body).toMatchObject({ settled: 0, remaining: 0 })
  })
})

describe('digits', () => {
  const numbers = (amountIn: string, amountOut = '95') =>
    `[{"jsonrpc":"2.0","id":1,"method":"request_offchain_funds","params":{"transaction_id":"t",
      "amount_in":{"amount":${amountIn},"asset":"${USD}"},"amount_out":{"amount":${amountOut},"asset":"${XLM}"},
      "amount_fee":{"amount":0.0000001,"asset":"${USD}"}}}]`

  test.each([
    '10',
    '10.50',
    '10.0',
    '0.0001',
    '12345678.5',
    '922337203685.4775807',
    '100000000000.0000001',
  ])(
    '%s written as a JSON number keeps its digits at the platform, in the row and in every answer',
    async (digits) => {
      service.platformHas([deposit('t', incomplete)])
      const answer = await service.rpc(numbers(digits, digits))
      expect(answer.body[0].error).toBeUndefined()
      expect(answer.body[0].result).toMatchObject({
        amount_in: { amount: digits, asset: USD },
        amount_out: { amount: digits, asset: XLM },
        amount_fee: { amount: '0.0000001' },
      })
      const [held] = service.emulator.state().transactions
      expect([held?.amount_in, held?.amount_out]).toEqual([digits, digits])
      const [row] = await service.query(
        `select amount_in, document #>> '{amount_out,amount}' as amount_out from anchor_ops.transaction`,
      )
      expect(row).toEqual({ amount_in: digits, amount_out: digits })
      const [attempt] = await service.query('select params from anchor_ops.attempt')
      expect(attempt?.['params']).toMatchObject({ amount_in: { amount: digits } })
      const shown = await service.show('t', { refresh: 'true' })
      expect(shown.body.transaction.amount_in.amount).toBe(digits)
      expect(shown.body.attempts[0].params.amount_out.amount).toBe(digits)
    },
  )

  test.each(['-1', '-1e2', '1e400'])(
    '%s written as a JSON number is refused before it is sent',
    async (digits) => {
      service.platformHas([deposit('t', incomplete)])
      const { body } = await service.rpc(numbers(digits))
      expect(body[0].error.code).toBe(-32602)
      expect(service.sent()).toEqual([])
    },
  )

  test.each([
    ['1.2E7', '12000000'],
    ['1e-7', '0.0000001'],
  ])('%s, as serialisers write it, is sent as %s', async (digits, plain) => {
    service.platformHas([deposit('t', incomplete)])
    const { body } = await service.rpc(numbers(digits, digits))
    expect(body[0].result).toMatchObject({
      amount_in: { amount: plain },
      amount_out: { amount: plain },
    })
  })

  test('an update by URL accepts numbers, and its repeat by key gets the same digits', async () => {
    service.platformHas([deposit('t', incomplete)])
    const params = `{"amount_in":{"amount":922337203685.4775807,"asset":"${USD}"},
      "amount_out":{"amount":"922337203685.4775807","asset":"${XLM}"},"amount_fee":{"amount":10.50,"asset":"${USD}"}}`
    const call = () =>
      service.update('t', 'request_offchain_funds', params, { 'idempotency-key': 'd' })
    const first = await call()
    expect(first.body.transaction.amount_in.amount).toBe('922337203685.4775807')
    expect(first.body.transaction.amount_fee.amount).toBe('10.50')
    expect((await call()).text).toBe(first.text)
  })

  test('a transaction id written as a number is read as its digits', async () => {
    service.platformHas([withdrawal('12345678901234567890')])
    const { text } = await service.rpc(
      '[{"jsonrpc":"2.0","id":12345678901234567890,"method":"notify_transaction_error","params":{"transaction_id":12345678901234567890,"message":1}}]',
    )
    expect(text).toContain('"id":12345678901234567890}')
    expect(JSON.parse(text)[0].result).toMatchObject({ id: '12345678901234567890', message: '1' })
  })
})
