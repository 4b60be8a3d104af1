import { describe, expect, test } from 'vitest'
import {
  documentsOf,
  readFromPlatform,
  readStoredUpdate,
  tryReading,
} from '../../../lib/updates/context.ts'
import { documentOf, machine, type Shown, shownAs, unread } from './machine.ts'

const FEE = { amount: '1.10', asset: 'iso4217:USD' }

test('a stored update is sent with its fee in the form that the release of today reads', () => {
  const stored = {
    method: 'notify_amounts_updated',
    params: { transaction_id: 'T', amount_out: { amount: '9' }, amount_fee: FEE },
  }
  const before = readStoredUpdate(stored, { release: '2.8', custody: false })
  expect(before.params).toEqual(stored.params)
  const after = readStoredUpdate(stored, { release: '4.2', custody: false })
  expect(after.params).toEqual({
    transaction_id: 'T',
    amount_out: { amount: '9' },
    fee_details: { total: '1.10', asset: 'iso4217:USD' },
  })
})

const READ_BY_ANOTHER_RELEASE = { transaction_id: 'T', customer_type: false, amount_fee: 'none' }
const PAST_THE_YEAR_9999 = { transaction_id: 'T', funds_sent_at: '+010000-01-01T11:59Z' }

test.each([
  ['notify_customer_info_updated', '2.8', READ_BY_ANOTHER_RELEASE],
  ['notify_customer_info_updated', '4.2', READ_BY_ANOTHER_RELEASE],
  ['notify_amounts_updated', '2.8', READ_BY_ANOTHER_RELEASE],
  ['notify_offchain_funds_sent', '2.8', PAST_THE_YEAR_9999],
] as const)(
  'a stored update of %s keeps its params at a platform of %s',
  (name, release, params) => {
    const { method, params: read } = readStoredUpdate(
      { method: name, params },
      { release, custody: false },
    )
    expect(method.name).toBe(name)
    expect(read).toEqual(params)
  },
)

test.each([{}, { transaction_id: 7 }, [], 'T'])(
  'a stored update with the params %j is a fault: it is not sent',
  (params) => {
    const stored = { method: 'notify_amounts_updated', params: params as object }
    expect(() => readStoredUpdate(stored, { release: '2.8', custody: false })).toThrow(
      expect.objectContaining({
        code: 'internal_error',
        message: 'A stored update cannot be read.',
      }),
    )
  },
)

test('a stored fee that this release would refuse is sent as it was read', () => {
  const params = { transaction_id: 'T', amount_fee: 'none' }
  const stored = { method: 'notify_amounts_updated', params }
  expect(readStoredUpdate(stored, { release: '4.2', custody: false }).params).toBe(params)
})

describe('a reading of the platform', () => {
  const failed = { failure: 'the platform is unreachable', code: 'unreachable' }

  test.each<[string, Shown, object]>([
    ['its transaction', documentOf(), { transaction: shownAs() }],
    ['none', null, { transaction: null }],
    ['why it failed', unread(), failed],
  ])('says %s', async (_case, shown, reading) => {
    const { io } = machine({ readings: [shown] })
    expect(await tryReading('t-1', io)).toEqual(reading)
    expect(await readFromPlatform('t-1', io)).toEqual(reading)
  })

  test('before a send fails at a platform that lets everybody in', async () => {
    const { io } = machine({ refusal: 'it is unprotected' })
    expect(await readFromPlatform('t-1', io)).toEqual({
      failure: 'it is unprotected',
      code: 'unprotected',
    })
  })

  test('gives the own object of the transaction, or nothing', async () => {
    const listed = (shown: Shown) => documentsOf('t-1', machine({ readings: [shown] }).io)
    expect(await listed(documentOf())).toEqual([documentOf()])
    expect(await listed(null)).toEqual([])
    expect(await listed(unread())).toEqual([])
  })
})
