import { describe, expect, test } from 'vitest'
import { findEvidence } from '../../../lib/platform/evidence.ts'
import { type PlatformProfile, resolveMethod } from '../../../lib/platform/methods.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'

const PLAIN: PlatformProfile = { release: '2.8', custody: false }
const CUSTODY: PlatformProfile = { release: '2.8', custody: true }
const EARLIER = '2024-07-01T00:00:00.123456Z'
const LATER = '2024-07-01T00:00:05Z'
const HASH = 'a6d3819777fc7f4f92b8085d0020951b89014c746418316024786776db100b15'
const USD = 'iso4217:USD'

function transaction(fields: Record<string, unknown>): PlatformTransaction {
  const base = { id: 'T', sep: '24', kind: 'deposit', updated_at: EARLIER, message: 'old' }
  const read = readPlatformTransaction({ ...base, ...fields })
  if (read === null) throw new Error('The fields are not a transaction')
  return read
}

function updateOf(method: string, params: Record<string, unknown>) {
  return { method: resolveMethod(method, PLAIN), params: { transaction_id: 'T', ...params } }
}

function evidence(
  method: string,
  params: Record<string, unknown>,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  profile = PLAIN,
) {
  const update = updateOf(method, params)
  const now = transaction({ ...before, updated_at: LATER, ...after })
  return findEvidence(update, transaction(before), now, profile)
}

const ANCHOR = { status: 'pending_anchor' }
const sent = { stellar_transaction_id: HASH }
const shown = { stellar_transactions: [{ id: HASH }] }

describe('a Stellar transaction', () => {
  test('that is new proves the update', () => {
    const after = { status: 'completed', ...shown }
    expect(evidence('notify_onchain_funds_sent', sent, ANCHOR, after)).toBe('applied')
    const capitals = { stellar_transaction_id: HASH.toUpperCase() }
    expect(evidence('notify_onchain_funds_sent', capitals, ANCHOR, after)).toBe('applied')
  })

  test.each([
    ['it was there before', { ...ANCHOR, ...shown }, { status: 'completed' }],
    ['it is not there', ANCHOR, { status: 'completed' }],
    ['another is there', ANCHOR, { status: 'completed', stellar_transactions: [{ id: 'b' }] }],
    ['the status is another', ANCHOR, { status: 'error', ...shown }],
    ['the status went further', { status: 'pending_trust' }, { status: 'completed', ...shown }],
    [
      'updated_at went back',
      ANCHOR,
      { ...shown, status: 'completed', updated_at: '2024-06-01T00:00:00Z' },
    ],
    ['updated_at is gone', ANCHOR, { ...shown, status: 'completed', updated_at: null }],
    ['updated_at is not a time', ANCHOR, { ...shown, status: 'completed', updated_at: 'now' }],
    ['it is another transaction', ANCHOR, { ...shown, status: 'completed', id: 'U' }],
  ])('proves nothing when %s', (_, before, after) => {
    expect(evidence('notify_onchain_funds_sent', sent, before, after)).toBe('changed')
  })

  test('proves nothing when the message is not that of the update', () => {
    const params = { ...sent, message: 'Paid' }
    const after = { status: 'completed', ...shown }
    expect(
      evidence('notify_onchain_funds_sent', params, ANCHOR, {
        ...after,
        message: 'Outgoing payment sent',
      }),
    ).toBe('changed')
    expect(
      evidence('notify_onchain_funds_sent', params, ANCHOR, { ...after, message: 'Paid' }),
    ).toBe('applied')
  })

  test('that is shown once more proves that it was reported again', () => {
    const twice = { stellar_transactions: [{ id: HASH }, { id: HASH }] }
    const before = { kind: 'withdrawal', status: 'on_hold', ...shown }
    expect(evidence('notify_onchain_funds_received', sent, before, { ...twice, ...ANCHOR })).toBe(
      'applied',
    )
    expect(evidence('notify_onchain_funds_received', sent, before, ANCHOR)).toBe('changed')
  })
})

describe('updated_at', () => {
  const silent = updateOf('request_trust', {})
  const at = (time: string | null) => transaction({ status: 'pending_anchor', updated_at: time })

  test.each([
    [EARLIER, EARLIER],
    [null, null],
    ['2024-07-01T00:00:00.123456Z', '2024-07-01T00:00:00.123456400Z'],
    ['2024-07-01T00:00:00.123457Z', '2024-07-01T00:00:00.123456600Z'],
    ['2024-07-01T00:00:00Z', '2024-07-01T02:00:00+02:00'],
  ])('is unchanged from %s to %s', (before, after) => {
    expect(findEvidence(silent, at(before), at(after), PLAIN)).toBe('unchanged')
  })

  test('is changed when it is a microsecond later', () => {
    const after = at('2024-07-01T00:00:00.123457Z')
    expect(findEvidence(silent, at(EARLIER), after, PLAIN)).toBe('changed')
  })

  test('proves a change when it stays and the status does not', () => {
    const after = transaction({ status: 'error', updated_at: EARLIER })
    expect(findEvidence(silent, at(EARLIER), after, PLAIN)).toBe('changed')
  })

  test('proves nothing without an earlier reading', () => {
    expect(findEvidence(silent, null, at(LATER), PLAIN)).toBe('changed')
  })
})

describe('refunds', () => {
  const usd = (amount: string) => ({ amount, asset: USD })
  const payment = (id: string, amount = '4.50', fee = '0.5') => ({
    id,
    amount: usd(amount),
    fee: usd(fee),
  })
  const holding = (...payments: unknown[]) => ({ refunds: { payments } })
  const params = { refund: { id: 'r1', amount: usd('4.5'), amount_fee: usd('0.5') } }
  const external = { status: 'pending_external' }

  test('a new refund with the id and the amounts proves the update', () => {
    expect(evidence('notify_refund_sent', params, ANCHOR, holding(payment('r1')))).toBe('applied')
    expect(
      evidence(
        'notify_refund_sent',
        params,
        { ...ANCHOR, ...holding(payment('r0')) },
        holding(payment('r0'), payment('r1')),
      ),
    ).toBe('applied')
  })

  test.each([
    ['another id', holding(payment('r2'))],
    ['another amount', holding(payment('r1', '5'))],
    ['another fee', holding(payment('r1', '4.5', '0'))],
    ['no refund', {}],
  ])('a refund with %s proves nothing', (_, after) => {
    expect(evidence('notify_refund_sent', params, ANCHOR, after)).toBe('changed')
  })

  test('a refund that was there before proves nothing, unless no other method leads to the status', () => {
    const before = { ...external, ...holding(payment('r1')) }
    expect(evidence('notify_refund_sent', params, before, ANCHOR)).toBe('changed')
    expect(evidence('notify_refund_sent', params, before, { status: 'refunded' })).toBe('applied')
  })

  test('a pending refund is proved by one more entry', () => {
    const before = { ...ANCHOR, ...holding(payment('r1')) }
    const after = { ...external, ...holding(payment('r1'), payment('r1')) }
    expect(evidence('notify_refund_pending', params, before, after)).toBe('applied')
    expect(evidence('notify_refund_pending', params, before, external)).toBe('changed')
  })

  test('a pending refund of a withdrawal is proved by the only step to its status, and by its message', () => {
    const before = { kind: 'withdrawal', status: 'pending_external' }
    const withMessage = { ...params, message: 'Returned' }
    expect(evidence('notify_refund_pending', params, before, ANCHOR)).toBe('applied')
    expect(evidence('notify_refund_pending', withMessage, before, ANCHOR)).toBe('changed')
    expect(
      evidence('notify_refund_pending', withMessage, before, { ...ANCHOR, message: 'Returned' }),
    ).toBe('applied')
  })
})

describe('updates without a trace of their own', () => {
  test('are proved by a new message', () => {
    const params = { message: 'Add USDC' }
    const trust = { status: 'pending_trust' }
    expect(evidence('request_trust', params, ANCHOR, { ...trust, message: 'Add USDC' })).toBe(
      'applied',
    )
    expect(evidence('request_trust', params, ANCHOR, trust)).toBe('changed')
  })

  test('are proved by a status to which no other method leads', () => {
    expect(evidence('request_trust', {}, ANCHOR, { status: 'pending_trust' })).toBe('applied')
    expect(evidence('do_stellar_payment', {}, ANCHOR, { status: 'pending_trust' }, CUSTODY)).toBe(
      'applied',
    )
  })

  test.each([
    ['notify_transaction_on_hold', 'withdrawal', 'pending_anchor', 'on_hold'],
    ['request_trust', 'deposit', 'pending_anchor', 'pending_trust'],
    ['notify_refund_sent', 'withdrawal', 'pending_stellar', 'refunded'],
  ])(
    '%s of a %s is not proved by the status if the message of another update came with it',
    (method, kind, from, to) => {
      const before = { kind, status: from }
      expect(evidence(method, {}, before, { status: to })).toBe('applied')
      expect(evidence(method, {}, before, { status: to, message: 'by another' })).toBe('changed')
    },
  )

  test.each([
    ['notify_trust_set', 'deposit', 'pending_trust', 'pending_anchor'],
    ['notify_offchain_funds_received', 'deposit', 'pending_user_transfer_start', 'pending_anchor'],
    ['notify_offchain_funds_sent', 'deposit', 'pending_user_transfer_start', 'pending_external'],
    ['notify_refund_pending', 'withdrawal', 'pending_external', 'pending_anchor'],
  ])('%s of a %s is proved by the only step from %s to %s', (method, kind, from, to) => {
    const before = { kind, status: from }
    expect(evidence(method, {}, before, { status: to })).toBe('applied')
    // The message of another update shows that another update was applied.
    expect(evidence(method, {}, before, { status: to, message: 'by another' })).toBe('changed')
    expect(evidence(method, { message: 'm' }, before, { status: to })).toBe('changed')
  })

  test('are not proved by a step that another method may make as well', () => {
    const external = { status: 'pending_external' }
    expect(evidence('notify_offchain_funds_received', {}, external, ANCHOR)).toBe('changed')
  })

  test('a payment by custody is not proved by a status to which another method leads too', () => {
    const paid = { status: 'pending_stellar' }
    expect(evidence('do_stellar_payment', {}, ANCHOR, paid, CUSTODY)).toBe('changed')
    const set = { success: true }
    expect(evidence('notify_trust_set', set, { status: 'pending_trust' }, paid, CUSTODY)).toBe(
      'changed',
    )
    const message = { success: true, message: 'Set' }
    const back = { ...ANCHOR, message: 'Set' }
    expect(evidence('notify_trust_set', message, { status: 'pending_trust' }, back, CUSTODY)).toBe(
      'changed',
    )
  })

  test('a recovery without a message is proved by the cleared message', () => {
    const failed = { status: 'error' }
    expect(evidence('notify_transaction_recovery', {}, failed, { ...ANCHOR, message: null })).toBe(
      'applied',
    )
    expect(evidence('notify_transaction_recovery', {}, failed, ANCHOR)).toBe('changed')
    const mute = { status: 'error', message: null }
    expect(evidence('notify_transaction_recovery', {}, mute, { ...ANCHOR, message: null })).toBe(
      'applied',
    )
  })

  test('an empty message is a trace', () => {
    const expired = { status: 'expired', message: '' }
    const open = { status: 'incomplete' }
    expect(evidence('notify_transaction_expired', { message: '' }, open, expired)).toBe('applied')
  })
})

describe('every trace is needed', () => {
  const params = {
    message: 'm',
    external_transaction_id: 'x1',
    amount_in: { amount: '100.0', asset: 'ignored' },
    amount_out: { amount: '95' },
    fee_details: { total: '5', asset: USD },
  }
  const before = { status: 'pending_user_transfer_start', user_action_required_by: LATER }
  const after = {
    ...ANCHOR,
    message: 'm',
    external_transaction_id: 'x1',
    amount_in: { amount: '100', asset: USD },
    amount_out: { amount: '95', asset: 'stellar:native' },
    fee_details: { total: '5.00', asset: USD },
    user_action_required_by: null,
  }

  test('all traces together prove the update', () => {
    expect(evidence('notify_offchain_funds_received', params, before, after)).toBe('applied')
  })

  test.each([
    ['message', null],
    ['external_transaction_id', 'x2'],
    ['amount_in', { amount: '100.0000001', asset: USD }],
    ['amount_out', null],
    ['fee_details', { total: '5', asset: 'iso4217:CAD' }],
    ['user_action_required_by', LATER],
    ['status', 'on_hold'],
  ])('a wrong %s proves nothing', (field, value) => {
    const wrong = { ...after, [field]: value }
    expect(evidence('notify_offchain_funds_received', params, before, wrong)).toBe('changed')
  })

  test('a fee under amount_fee, as in older answers, is a trace', () => {
    const old = { ...after, fee_details: null, amount_fee: { amount: '5', asset: USD } }
    expect(evidence('notify_offchain_funds_received', params, before, old)).toBe('applied')
  })

  test('a hash memo that is sent in base64 is found in hex', () => {
    const memo = Buffer.alloc(32, 0xab)
    const call = { memo: memo.toString('base64'), memo_type: 'hash', destination_account: 'G1' }
    const start = { kind: 'withdrawal', status: 'incomplete' }
    const shows = {
      status: 'pending_user_transfer_start',
      memo: memo.toString('hex'),
      memo_type: 'hash',
      destination_account: 'G1',
    }
    expect(evidence('request_onchain_funds', call, start, shows)).toBe('applied')
    for (const wrong of [{ memo: 'ab' }, { memo_type: 'text' }, { destination_account: 'G2' }]) {
      expect(evidence('request_onchain_funds', call, start, { ...shows, ...wrong })).toBe('changed')
    }
  })
})
