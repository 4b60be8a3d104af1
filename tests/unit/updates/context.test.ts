import { expect, test } from 'vitest'
import { readStoredUpdate } from '../../../lib/updates/context.ts'

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
