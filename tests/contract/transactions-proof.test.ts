import { describe, expect, test } from 'vitest'
import { EVENT_QUEUE_AWAY_MS } from '../../local/platform/faults.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { amountsUpdated, deposit, refundOf, USD, withdrawal } from './transactions.ts'

const AMOUNTS = 'notify_amounts_updated'
const update = amountsUpdated('t', 'ours', '4')
const START = { status: 'pending_user_transfer_start', transfer_received_at: undefined } as const

describeOnReal('two instances: proof that an update was applied', (kind) => {
  const { a, b, proxy } = useInstances(kind, { sleep: 'none' })

  const readings = () =>
    a.emulator.requests().filter(({ path }) => path === '/transactions/t').length
  const settleLater = async (by: typeof a, seconds: number) => {
    await by.age(seconds)
    return (await by.settle()).body
  }

  describe('in the request', () => {
    test('is the first reading, a second after the send, if the platform saves at once and answers after 120 s', async () => {
      a.platformHas([withdrawal('t')])
      const match = { path: '/' }
      a.emulator.setFaults([{ kind: 'event_delay', delayMs: EVENT_QUEUE_AWAY_MS, match }])
      const { body } = await a.update('t', update.method, update.params)
      expect(body).toMatchObject({
        attempt: { state: 'APPLIED' },
        transaction: { message: 'ours' },
      })
      expect(a.sleeps[0]).toBe(1_000)
      expect(await b.attempts('t')).toEqual([`${AMOUNTS} APPLIED`])
    })

    test('is looked for 1, 3, 10, 30 and 60 s after the send while the call hangs', async () => {
      a.deploy({}, { platformTimeoutMs: 1_000 })
      a.platformHas([withdrawal('t')])
      a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
      const before = readings()
      expect((await a.update('t', update.method, update.params)).status).toBe(202)
      expect(a.sleeps.slice(0, 5)).toEqual([1_000, 2_000, 7_000, 20_000, 30_000])
      // Before the send, after each wait, and when the answer did not come.
      expect(readings() - before).toBe(7)
    })

    test('lets the next update of the other instance go out while the first call still hangs', async () => {
      a.platformHas([withdrawal('t')])
      const match = { path: '/' }
      a.emulator.setFaults([{ kind: 'event_delay', delayMs: EVENT_QUEUE_AWAY_MS, match }])
      expect((await a.rpc([update])).body[0]).toHaveProperty('result')
      expect((await b.rpc([amountsUpdated('t', 'next')])).body[0]).toHaveProperty('result')
      expect(a.sent()).toHaveLength(2)
    })
  })

  test('is looked for by the settler of the other instance 10, 30, 60 and 180 s after the send', async () => {
    a.deploy({}, { platformTimeoutMs: 300 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    expect((await a.update('t', update.method, update.params)).status).toBe(202)
    await b.query(`update anchor_ops.attempt set sent_at = clock_timestamp() - interval '3 s',
      settle_at = clock_timestamp() + interval '7 s'`)
    // The attempt is 3 s old. Each wait is a second longer than the time to the next reading.
    for (const seconds of [8, 20, 30]) {
      const before = readings()
      expect(await settleLater(b, seconds)).toMatchObject({ settled: 0, remaining: 1 })
      expect(await settleLater(b, 0)).toMatchObject({ settled: 0, remaining: 0 })
      expect(readings() - before).toBe(1)
    }
    expect(await settleLater(b, 120)).toMatchObject({ settled: 1, applied: 1 })
    expect(a.sent()).toHaveLength(2)
  })

  test('is found by the settler of the other instance a minute after the sender died', async () => {
    a.platformHas([withdrawal('t')])
    proxy.setFaults([{ call: 'record_outcome', kind: 'cut', times: 9 }])
    await a.update('t', update.method, update.params)
    proxy.setFaults([])
    expect(await settleLater(b, 30)).toMatchObject({ settled: 0, remaining: 0 })
    expect(await b.attempts('t')).toEqual([`${AMOUNTS} SENDING`])
    expect(await settleLater(b, 31)).toMatchObject({ settled: 1, applied: 1 })
    expect(a.sent()).toHaveLength(1)
  })

  test('settles the update in a fresh reading of the other instance', async () => {
    a.deploy({}, { platformTimeoutMs: 300 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'late_apply', delayMs: 600_000, match: { path: '/' } }])
    expect((await a.update('t', update.method, update.params)).status).toBe(202)
    a.emulator.endDelays()
    await expect.poll(() => a.applied()).toBe(1)
    const { body } = await b.show('t', { refresh: 'true' })
    expect(body).toMatchObject({ atPlatform: true, attempts: [{ state: 'APPLIED' }] })
    expect(await a.attempts('t')).toEqual([`${AMOUNTS} APPLIED`])
  })

  test('is not taken from somebody else’s change', async () => {
    a.deploy({}, { platformTimeoutMs: 300 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    const sent = { external_transaction_id: 'ours' }
    expect((await a.update('t', 'notify_offchain_funds_sent', sent)).status).toBe(202)
    const theirs = { external_transaction_id: 'theirs', updated_at: '2030-01-01T00:00:00Z' }
    a.platformHas([withdrawal('t', { ...theirs, status: 'completed' })])
    expect((await b.show('t', { refresh: 'true' })).body.attempts[0].state).toBe('UNKNOWN')
    expect(await settleLater(b, 200)).toMatchObject({ applied: 0, manual: 1 })
  })

  test('is asked of a platform that lost the transaction: a reader hears so, and a person decides', async () => {
    a.deploy({}, { platformTimeoutMs: 300 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    await a.update('t', update.method, update.params)
    a.platformHas([])
    const { status, body } = await b.show('t', { refresh: 'true' })
    expect([status, body.atPlatform, body.attempts[0].state]).toEqual([200, false, 'UNKNOWN'])
    expect(await settleLater(b, 200)).toMatchObject({ settled: 1, manual: 1 })
  })

  interface Lost {
    what: string
    held: StoredTransaction
    method: string
    params: object
    /** How often it is sent, and what becomes of it. */
    sends: number
    end: 'APPLIED' | 'MANUAL'
    environment?: Record<string, string>
  }
  const announced = (amount: string) => {
    const { refund } = refundOf('r1', amount, USD)
    return deposit('t', {
      status: 'pending_external',
      refunds: {
        amount_refunded: { amount, asset: USD },
        amount_fee: { amount: '0', asset: USD },
        payments: [
          { id: 'r1', id_type: 'external', amount: refund.amount, fee: refund.amount_fee },
        ],
      } as unknown as NonNullable<StoredTransaction['refunds']>,
    })
  }
  const stored = { amount_out: { amount: '95' }, amount_fee: { amount: '5' } }
  const once = { sends: 1, end: 'APPLIED' } as const
  const custody = { ANCHOR_PLATFORM_CUSTODY: 'true' }
  const SEP_31 = { sep: '31', kind: 'receive', status: 'pending_customer_info_update' } as const

  const LOST: Lost[] = [
    {
      what: 'the stored amounts',
      held: withdrawal('t'),
      method: AMOUNTS,
      params: stored,
      sends: 2,
      end: 'APPLIED',
    },
    {
      what: 'received funds without a new value',
      held: deposit('t', START),
      method: 'notify_offchain_funds_received',
      params: {},
      ...once,
    },
    {
      what: 'sent funds of a withdrawal without an id',
      held: withdrawal('t'),
      method: 'notify_offchain_funds_sent',
      params: {},
      ...once,
    },
    {
      what: 'sent funds of a deposit without an id',
      held: deposit('t', START),
      method: 'notify_offchain_funds_sent',
      params: {},
      ...once,
    },
    {
      what: 'a trustline that was set',
      held: deposit('t', { status: 'pending_trust' }),
      method: 'notify_trust_set',
      params: { success: true },
      ...once,
    },
    {
      what: 'a trustline that makes a custody service pay',
      held: deposit('t', { status: 'pending_trust' }),
      method: 'notify_trust_set',
      params: { success: true },
      sends: 1,
      end: 'MANUAL',
      environment: custody,
    },
    {
      what: 'updated customer info',
      held: deposit('t', SEP_31),
      method: 'notify_customer_info_updated',
      params: {},
      ...once,
    },
    {
      what: 'a pending refund of a withdrawal',
      held: withdrawal('t', { status: 'pending_external' }),
      method: 'notify_refund_pending',
      params: refundOf('r1', '10'),
      ...once,
    },
    {
      what: 'the whole announced refund',
      held: announced('100'),
      method: 'notify_refund_sent',
      params: refundOf('r1', '100', USD),
      ...once,
    },
    {
      what: 'a part that was announced, which may count twice',
      held: announced('60'),
      method: 'notify_refund_sent',
      params: refundOf('r1', '60', USD),
      sends: 1,
      end: 'MANUAL',
    },
  ]

  test.each(LOST)(
    'an answer that is lost and leaves no trace: $what ends $end after $sends sends',
    async ({ held, method, params, sends, end, environment = {} }) => {
      for (const one of [a, b]) one.deploy(environment)
      const config = {
        custody_type: 'fireblocks',
        sep24_deposit_info_generator_type: 'custody',
        destination_has_trustline: true,
      }
      a.platformHas([held], environment === custody ? { config } : {})
      a.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
      const { body } = await a.update('t', method, params)
      expect(body.attempt.state).toMatch(/APPLIED|UNKNOWN/)
      for (let run = 0; run < 3; run += 1) await settleLater(b, 200)
      expect(await b.attempts('t')).toEqual([`${method} ${end}`])
      expect(a.sent()).toHaveLength(sends)
    },
  )
})
