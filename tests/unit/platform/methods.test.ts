import { glob, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { resolveMethod, rpcMethods } from '../../../lib/platform/methods.ts'
import { RELEASES } from '../../../lib/platform/releases/families.ts'
import { expectedStatuses } from '../../../lib/platform/status-rules.ts'
import { readPlatformTransaction } from '../../../lib/platform/transaction.ts'

const START = 'pending_user_transfer_start'
const REFUND = 'refunded,pending_anchor'

/** SEP, kind and status of a transaction, with (+) or without (-) funds received, with custody (c). */
test.each([
  ['notify_interactive_flow_completed', '24 deposit incomplete -', 'pending_anchor'],
  ['notify_interactive_flow_completed', '6 deposit incomplete -', ''],
  ['request_offchain_funds', '24 deposit incomplete -', START],
  ['request_offchain_funds', '24 deposit pending_anchor +', ''],
  ['request_offchain_funds', '6 deposit-exchange pending_customer_info_update -', START],
  ['request_offchain_funds', '24 withdrawal incomplete -', ''],
  ['notify_offchain_funds_sent', `24 deposit ${START} -`, 'pending_external'],
  ['notify_offchain_funds_sent', '24 withdrawal pending_anchor +', 'completed'],
  ['notify_offchain_funds_sent', '24 withdrawal pending_anchor -', ''],
  ['notify_offchain_funds_sent', '31 receive pending_external -', 'completed'],
  ['notify_offchain_funds_received', `24 deposit ${START} -`, 'pending_anchor'],
  ['notify_offchain_funds_received', '24 deposit pending_external -', ''],
  ['notify_offchain_funds_received', '24 deposit on_hold +', 'pending_anchor'],
  ['notify_refund_pending', '24 deposit pending_anchor -', 'pending_external'],
  ['notify_refund_pending', '6 withdrawal pending_external +', 'pending_anchor'],
  ['notify_refund_sent', '24 deposit pending_external +', REFUND],
  ['notify_refund_sent', '24 withdrawal pending_stellar -', REFUND],
  ['notify_refund_sent', '31 receive pending_receiver -', REFUND],
  ['request_trust', '24 deposit pending_anchor +', 'pending_trust'],
  ['request_trust', '24 deposit pending_anchor + c', ''],
  ['notify_trust_set', '24 deposit pending_trust +', 'pending_anchor'],
  ['notify_trust_set', '24 deposit pending_trust + c', 'pending_stellar'],
  ['request_customer_info_update', '31 receive pending_receiver -', 'pending_customer_info_update'],
  ['request_customer_info_update', '24 deposit incomplete -', ''],
  ['notify_customer_info_updated', '31 receive pending_customer_info_update -', 'pending_receiver'],
  ['do_stellar_payment', '24 deposit pending_anchor + c', 'pending_stellar,pending_trust'],
  ['do_stellar_payment', '24 deposit pending_anchor +', ''],
  ['notify_onchain_funds_sent', '24 deposit pending_anchor +', 'completed'],
  ['notify_onchain_funds_sent', '24 deposit pending_stellar -', 'completed'],
  ['notify_onchain_funds_sent', `24 deposit ${START} +`, ''],
  ['notify_onchain_funds_received', `24 withdrawal ${START} -`, 'pending_anchor'],
  ['notify_onchain_funds_received', '31 receive pending_sender -', 'pending_receiver'],
  ['notify_offchain_funds_available', '24 withdrawal on_hold +', 'pending_user_transfer_complete'],
  ['notify_offchain_funds_pending', '31 receive pending_receiver -', 'pending_external'],
  ['notify_transaction_error', '24 deposit on_hold +', 'error'],
  ['notify_transaction_error', '24 deposit completed +', ''],
  ['notify_transaction_expired', '24 deposit incomplete -', 'expired'],
  ['notify_transaction_expired', '24 deposit incomplete +', ''],
  ['do_stellar_refund', '31 receive pending_receiver - c', 'pending_stellar'],
  ['do_stellar_refund', '24 withdrawal pending_anchor +', ''],
  ['request_onchain_funds', '6 withdrawal-exchange pending_customer_info_update +', START],
  ['request_onchain_funds', '24 withdrawal pending_anchor +', ''],
  ['notify_amounts_updated', '24 withdrawal pending_anchor +', 'pending_anchor'],
  ['notify_amounts_updated', '24 deposit pending_anchor +', ''],
  ['notify_transaction_recovery', '31 receive error +', 'pending_receiver'],
  ['notify_transaction_recovery', '24 deposit error -', ''],
  ['notify_transaction_on_hold', '24 withdrawal pending_anchor -', 'on_hold'],
  ['notify_transaction_on_hold', '24 deposit pending_anchor -', ''],
])('%s of %s leads to "%s"', (method, start, to) => {
  const [sep = '', kind = '', status = '', funds, custody] = start.split(' ')
  const state = { sep, kind, status, fundsReceived: funds === '+' }
  const profile = { release: '2.8', custody: custody === 'c' } as const
  const row = resolveMethod(method, profile)
  expect(rpcMethods('2.8').get(method)).toBe(row)
  expect(expectedStatuses(row, state, profile, { success: true }).join()).toBe(to)
})

test.each([
  ['notify_amounts_updated', '24 deposit pending_anchor', true, 'pending_anchor'],
  ['notify_offchain_funds_received', '24 deposit pending_external', false, 'pending_anchor'],
  ['request_onchain_funds', '31 receive pending_receiver', false, 'pending_sender'],
  ['notify_trust_set', '6 deposit pending_trust', true, 'pending_anchor'],
  [
    'notify_customer_info_updated',
    '6 withdrawal incomplete',
    false,
    'pending_anchor,pending_customer_info_update,error',
  ],
  ['do_stellar_payment', '24 deposit pending_anchor', true, ''],
])('in 4.3.0 %s of %s with funds received %s leads to "%s"', (method, start, fundsReceived, to) => {
  const [sep = '', kind = '', status = ''] = start.split(' ')
  const state = { sep, kind, status, fundsReceived }
  const profile = { release: '4.2', custody: false } as const
  expect(expectedStatuses(resolveMethod(method, profile), state, profile).join()).toBe(to)
})

test.each(RELEASES)(
  'in %s a repeat is refused by the status rules exactly if its row says so',
  (release) => {
    for (const { name, rules, repeat } of rpcMethods(release).values()) {
      const isLegalAgain = rules.some(({ sep, kinds, to }) =>
        rules.some(
          (next) =>
            next.sep === sep &&
            next.kinds.some((kind) => kinds.includes(kind)) &&
            next.from.some((from) => to.includes(from)),
        ),
      )
      if (repeat === 'illegal') expect(isLegalAgain, name).toBe(false)
      if (repeat === 'harmless')
        expect(isLegalAgain || release === '2.8' || release === '2.9', name).toBe(true)
      expect(repeat === undefined, name).toBe(rules.length === 0)
    }
  },
)

test('a transaction is read with null for each absent key, and its document is kept whole', () => {
  const answer = {
    id: 'T',
    sep: '31',
    kind: 'receive',
    status: 'new_one',
    amount_in: {},
    more: [1],
  }
  const read = readPlatformTransaction(answer)
  expect(read).toMatchObject({
    amount_in: { amount: null, asset: null },
    amount_fee: { amount: null, asset: null },
    refunds: null,
    stellar_transactions: [],
    updated_at: null,
  })
  expect(read?.document).toEqual(answer)
})

test.each([null, [], 'T', {}, { id: 'T' }, { id: 'T', sep: 24, kind: 'deposit', status: 'error' }])(
  '%j is not read as a transaction',
  (value) => {
    expect(readPlatformTransaction(value)).toBeNull()
  },
)

test('no source file and no migration names a method, except the table of methods, what each release changes in it, and what to do instead', async () => {
  const names = RELEASES.flatMap((release) => [...rpcMethods(release).keys()])
  const named = new RegExp(`\\b(?:${[...new Set(names)].join('|')})\\b`, 'g')
  const root = new URL('../../..', import.meta.url)
  const found: Record<string, string[]> = {}
  for await (const file of glob(['{lib,api}/**/*.ts', 'supabase/migrations/*.sql'], {
    cwd: root,
  })) {
    const matches = (await readFile(new URL(file, root), 'utf8')).match(named)
    if (matches !== null) found[file] = matches
  }
  expect(Object.keys(found).sort()).toEqual([
    'lib/platform/methods.ts',
    'lib/platform/releases/families.ts',
    'lib/platform/releases/instead.ts',
    'lib/platform/releases/methods-2-8.ts',
  ])
})
