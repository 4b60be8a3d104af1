import { expect, test } from 'vitest'
import {
  type PlatformProfile,
  resolveMethod,
  rpcMethods,
  unknownMethodMessage,
} from '../../../lib/platform/methods.ts'
import {
  explainStatusRefusal,
  legality,
  legalMethods,
  stateOf,
} from '../../../lib/platform/status-rules.ts'
import { readPlatformTransaction } from '../../../lib/platform/transaction.ts'
import { isCustodyMoney, naturalKey, reportedRefund } from '../../../lib/updates/identity.ts'

const PLAIN: PlatformProfile = { release: '2.8', custody: false }
const NEWER: PlatformProfile = { release: '4.2', custody: false }
const CUSTODY: PlatformProfile = { release: '2.8', custody: true }

function state(sep: string, kind: string, status: string, received?: string) {
  const fields = { id: 'T', sep, kind, status, transfer_received_at: received }
  const transaction = readPlatformTransaction(fields)
  if (transaction === null) throw new Error('no transaction')
  return stateOf(transaction)
}

const row = (name: string) => resolveMethod(name, PLAIN)

test('2.8.4 has 22 updates; 4.x has 19 of them and 3 methods that read', () => {
  const [old, newer] = [rpcMethods('2.8'), rpcMethods('4.2')]
  expect(old.size).toBe(22)
  expect([...old.keys()].filter((name) => !newer.has(name))).toEqual([
    'request_customer_info_update',
    'do_stellar_payment',
    'do_stellar_refund',
  ])
  const reads = [...newer.values()].filter(({ rules }) => rules.length === 0)
  expect(reads.map(({ name }) => name)).toEqual([
    'get_transaction',
    'get_transactions',
    'get_quote',
  ])
  expect([...newer.values()].some(({ params }) => 'amount_fee' in params)).toBe(false)
})

test.each(['constructor', '__proto__', 'toString', '', 'Request_trust'])(
  '%j is not a method',
  (name) => {
    expect(rpcMethods('2.8').get(name)).toBeUndefined()
  },
)

test('an unknown method is refused with the text of the platform', () => {
  expect(unknownMethodMessage('x', PLAIN)).toBe('No matching RPC method[x]')
  expect(unknownMethodMessage('do_stellar_refund', NEWER)).toBe(
    'RPC method[do_stellar_refund] handler is not found',
  )
  expect(unknownMethodMessage('request_customer_info_update', NEWER)).toBe(
    'No matching RPC method[request_customer_info_update]',
  )
})

test('in SEP-24 the legality of a method that needs the receipt of funds is unknown', () => {
  const hidden = state('24', 'deposit', 'pending_anchor')
  expect(legality(row('notify_onchain_funds_sent'), hidden, PLAIN)).toBe('unknown')
  expect(legality(row('request_offchain_funds'), hidden, PLAIN)).toBe('unknown')
  expect(legality(row('notify_transaction_error'), hidden, PLAIN)).toBe('legal')
  expect(legality(row('notify_trust_set'), hidden, PLAIN)).toBe('illegal')
})

test('in SEP-6 the receipt of funds decides the legality', () => {
  const waiting = state('6', 'deposit', 'pending_anchor')
  const funded = state('6', 'deposit', 'pending_anchor', '2024-07-01T00:00:00Z')
  expect(legality(row('notify_onchain_funds_sent'), waiting, PLAIN)).toBe('illegal')
  expect(legality(row('notify_onchain_funds_sent'), funded, PLAIN)).toBe('legal')
})

test('in an unknown status, kind or SEP every method is illegal', () => {
  expect(legalMethods(state('24', 'deposit', 'toString'), PLAIN)).toEqual([])
  expect(legalMethods(state('24', 'constructor', 'incomplete'), PLAIN)).toEqual([])
  expect(legalMethods(state('38', 'deposit', 'incomplete'), PLAIN)).toEqual([])
})

test('the explanation of a status refusal names the allowed statuses and the legal methods', () => {
  const started = state('24', 'deposit', 'pending_user_transfer_start')
  expect(explainStatusRefusal(row('notify_onchain_funds_sent'), started, PLAIN)).toEqual({
    sentence:
      'notify_onchain_funds_sent is refused for this SEP-24 deposit in status pending_user_transfer_start; ' +
      'allowed: pending_stellar; pending_anchor with funds received. Legal now: notify_offchain_funds_sent, ' +
      'notify_offchain_funds_received, notify_transaction_error, notify_transaction_expired, notify_transaction_on_hold.',
    legalMethods: [
      'notify_offchain_funds_sent',
      'notify_offchain_funds_received',
      'notify_transaction_error',
      'notify_transaction_expired',
      'notify_transaction_on_hold',
    ],
  })
  const done = state('31', 'receive', 'completed')
  expect(explainStatusRefusal(row('request_trust'), done, PLAIN).sentence).toBe(
    'request_trust is refused for this SEP-31 receive in status completed without funds received; ' +
      'allowed: never for this kind. Legal now: nothing.',
  )
  const funded = state('6', 'deposit', 'pending_anchor', '2024-07-01T00:00:00Z')
  expect(explainStatusRefusal(row('request_trust'), funded, CUSTODY).sentence).toContain(
    'with funds received; allowed: only without custody.',
  )
})

const update = (name: string, fields: Record<string, unknown>) => ({
  method: row(name),
  params: { transaction_id: 'T', ...fields },
})

test('the natural key names the Stellar transaction or the refund that is reported once', () => {
  const key = (name: string, fields: Record<string, unknown>) => naturalKey(update(name, fields))
  const hash = { stellar_transaction_id: 'AB' }
  expect(key('notify_onchain_funds_sent', hash)).toBe('["notify_onchain_funds_sent","T","ab"]')
  expect(key('notify_onchain_funds_received', hash)).not.toBe(
    key('notify_onchain_funds_sent', hash),
  )
  expect(key('notify_refund_sent', { refund: { id: 'R' } })).toBe('["notify_refund_sent","T","R"]')
  expect(key('notify_refund_sent', {})).toBeNull()
  expect(key('notify_transaction_error', { message: 'x' })).toBeNull()
})

test('custody pays on every call of two methods, and of one only with custody and success', () => {
  const pays = (name: string, fields: Record<string, unknown>, profile: PlatformProfile) =>
    isCustodyMoney(update(name, fields), profile)
  expect(pays('do_stellar_payment', {}, PLAIN)).toBe(true)
  expect(pays('do_stellar_refund', {}, CUSTODY)).toBe(true)
  expect(pays('notify_trust_set', { success: true }, CUSTODY)).toBe(true)
  expect(pays('notify_trust_set', { success: false }, CUSTODY)).toBe(false)
  expect(pays('notify_trust_set', { success: true }, PLAIN)).toBe(false)
  expect(pays('notify_onchain_funds_sent', {}, CUSTODY)).toBe(false)
})

test('a refund is recorded only if it is whole', () => {
  const refund = {
    id: 'R',
    amount: { amount: '1', asset: 'iso4217:USD' },
    amount_fee: { amount: '0', asset: 'iso4217:USD' },
  }
  const whole = { id: 'R', amount: '1', fee: '0', asset: 'iso4217:USD' }
  expect(reportedRefund(update('notify_refund_sent', { refund }))).toEqual(whole)
  expect(reportedRefund(update('do_stellar_refund', { refund }))).toBeNull()
  const { amount_fee: _, ...part } = refund
  expect(reportedRefund(update('notify_refund_sent', { refund: part }))).toBeNull()
})
