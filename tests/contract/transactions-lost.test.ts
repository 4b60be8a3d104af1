import { beforeEach, describe, expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { KEY, PLATFORM_SECRET } from './service.ts'
import { amountsUpdated, stellarPayment, withdrawal } from './transactions.ts'

const AMOUNTS = 'notify_amounts_updated'
const RECEIVED = 'notify_onchain_funds_received'
const AWAITING = { status: 'pending_user_transfer_start', transfer_received_at: undefined } as const

describeOnReal('two instances: an applied update that another writer undoes', (kind) => {
  const { a, b, proxy } = useInstances(kind)
  const before = { ...withdrawal('t'), amount_out: '96', amount_fee: '4' }

  const apply = async (by = a) => {
    a.platformHas([before])
    const { body } = await by.rpc([amountsUpdated('t', 'ours', '5')])
    expect(body[0]).toHaveProperty('result')
  }
  /** The other writer saves the row that it read before our update, with a message of its own. */
  const undo = (row = before) =>
    a.platformHas([{ ...row, message: 'theirs', updated_at: '2030-01-01T00:00:00Z' }])
  const settleLater = async (by: typeof a, seconds: number) => {
    await by.age(seconds)
    return (await by.settle()).body
  }
  const decide = async (by: typeof a, decision: string) => {
    const { attempts } = (await by.show('t')).body
    const path = `/api/transactions/t/attempts/${attempts[0].attemptId}`
    const body = { decision, note: 'seen' }
    return (await by.call({ method: 'POST', path, body, headers: KEY })).body.attempt.state
  }

  test.each<[string, () => Promise<unknown>]>([
    ['before an update that the other instance sends', () => b.rpc([amountsUpdated('t', 'm')])],
    ['that a reader asks the other instance for', () => b.show('t', { refresh: 'true' })],
    ['of the other instance’s settler, a minute later', () => settleLater(b, 61)],
  ])('is LOST after the reading %s, and waits for a person with both readings', async (_, read) => {
    await apply()
    undo()
    await read()
    expect(b.log.join('')).toContain('update_lost')
    const { attempts } = (await a.show('t')).body
    expect(attempts[0]).toMatchObject({
      state: 'LOST',
      outcome: {
        shown: { amount_out: { amount: '95' }, message: 'ours' },
        now: { amount_out: { amount: '96' }, message: 'theirs' },
      },
    })
    const health = await a.call({ path: '/api/health', headers: KEY })
    expect(health.body.checks.unsettled).toEqual({ status: 'warning' })
  })

  test('is LOST when the platform itself lets a slower writer overwrite it', async () => {
    a.platformHas([before])
    const method = 'notify_transaction_on_hold'
    a.emulator.setFaults([{ kind: 'slow_save', delayMs: 2_000, match: { path: '/', method } }])
    const slower = fetch(a.emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': PLATFORM_SECRET },
      body: JSON.stringify([{ jsonrpc: '2.0', id: '1', method, params: { transaction_id: 't' } }]),
    })
    await expect.poll(() => a.emulator.faults()[0]?.hits).toBe(1)
    expect((await a.rpc([amountsUpdated('t', 'ours', '5')])).body[0]).toHaveProperty('result')
    expect(await (await slower).json()).toMatchObject([{ result: { status: 'on_hold' } }])
    await settleLater(b, 61)
    expect(await a.attempts('t')).toEqual([`${AMOUNTS} LOST`])
  })

  describe('and is LOST', () => {
    beforeEach(async () => {
      await apply()
      undo()
      await b.show('t', { refresh: 'true' })
    })

    test('is not repeated by itself, and refuses later updates of both instances', async () => {
      for (const one of [a, b]) await settleLater(one, 500)
      for (const one of [a, b]) {
        const { status, body } = await one.update('t', AMOUNTS, { message: 'later' })
        expect([status, body.data.reason]).toEqual([409, 'blocked_by_manual'])
      }
      expect(await a.attempts('t')).toEqual([`${AMOUNTS} LOST`])
      expect(a.sent()).toHaveLength(1)
    })

    test.each([
      ['applied', 'APPLIED'],
      ['rejected', 'REJECTED'],
      ['not_applied', 'NOT_APPLIED'],
    ])(
      'ends by a person’s decision %s, which lets later updates through',
      async (decision, end) => {
        expect(await decide(b, decision)).toBe(end)
        expect((await a.rpc([amountsUpdated('t', 'again')])).body[0]).toHaveProperty('result')
        await settleLater(b, 61)
        expect(await a.attempts('t')).toEqual([`${AMOUNTS} ${end}`, `${AMOUNTS} APPLIED`])
      },
    )
  })

  describe('and that reported a payment', () => {
    let hash: string
    const report = (by: typeof a, id: string) =>
      by.update(id, RECEIVED, { stellar_transaction_id: hash })

    beforeEach(async () => {
      const payment = stellarPayment()
      hash = payment.hash
      const rows = [withdrawal('t', AWAITING), withdrawal('u', AWAITING)]
      a.platformHas(rows, payment)
      expect((await report(a, 't')).status).toBe(200)
      const undone = { ...withdrawal('t', AWAITING), updated_at: '2030-01-01T00:00:00Z' }
      a.platformHas([undone, withdrawal('u', AWAITING)], payment)
      await b.show('t', { refresh: 'true' })
    })

    test('keeps its key and its claim while it is LOST', async () => {
      const { status, body } = await report(b, 't')
      expect([status, body.attempt.state]).toEqual([202, 'LOST'])
      expect((await report(b, 'u')).body.data.reason).toBe('stellar_operation_claimed')
      expect(a.sent()).toHaveLength(1)
    })

    test('keeps them after the decision applied', async () => {
      expect(await decide(b, 'applied')).toBe('APPLIED')
      expect((await report(a, 't')).status).toBe(202)
      expect((await report(a, 'u')).body.data.reason).toBe('stellar_operation_claimed')
      expect(a.sent()).toHaveLength(1)
    })

    test('frees them when the decision applied is corrected 180 s later', async () => {
      expect(await decide(b, 'applied')).toBe('APPLIED')
      await a.query(`update anchor_ops.attempt set updated_at = updated_at - interval '181 s'`)
      expect(await decide(a, 'not_applied')).toBe('NOT_APPLIED')
      expect((await report(a, 't')).status).toBe(200)
    })

    test.each(['t', 'u'])('frees them by the decision not_applied: for %s', async (id) => {
      expect(await decide(b, 'not_applied')).toBe('NOT_APPLIED')
      expect((await report(a, id)).status).toBe(200)
      expect(a.sent()).toEqual([`t ${RECEIVED}`, `${id} ${RECEIVED}`])
    })
  })

  test.each([
    ['after the database began the send', {}],
    // Such an update is begun only with the reading.
    ['after it read the transaction', { expires_in_seconds: 3_600 }],
  ])('is LOST although the sender of the next update died %s', async (_, more) => {
    await apply()
    undo()
    proxy.setFaults([{ call: 'record_outcome', kind: 'cut', times: 9 }])
    const next = { amount_out: { amount: '95' }, amount_fee: { amount: '5' }, message: 'next' }
    await a.update('t', AMOUNTS, { ...next, ...more })
    expect(await a.attempts('t')).toEqual([`${AMOUNTS} APPLIED`, `${AMOUNTS} SENDING`])
    proxy.setFaults([])
    for (const seconds of [61, 200]) await settleLater(b, seconds)
    expect(await a.attempts('t')).toEqual([`${AMOUNTS} LOST`, `${AMOUNTS} READY`])
    expect(a.sent()).toHaveLength(1)
  })

  describe('is not LOST', () => {
    test('when the settler’s reading shows a later update of the other instance', async () => {
      await apply()
      await b.age(61)
      proxy.setFaults([{ call: 'claim_unsettled', kind: 'delay', delayMs: 2_000 }])
      const settled = b.settle()
      await proxy.answered('claim_unsettled')
      const back = { amount_out: { amount: '96' }, amount_fee: { amount: '4' }, message: 'back' }
      expect((await a.update('t', AMOUNTS, back)).status).toBe(200)
      expect((await settled).body.manual).toBe(0)
      expect(await a.attempts('t')).toEqual([`${AMOUNTS} APPLIED`, `${AMOUNTS} APPLIED`])
    })

    test('when a fresh reading is older than the update', async () => {
      a.platformHas([before])
      proxy.setFaults([{ call: 'store_transactions', kind: 'delay_call', delayMs: 2_000 }])
      const shown = b.show('t', { refresh: 'true' })
      await expect.poll(() => proxy.calls()).toContain('store_transactions')
      expect((await a.rpc([amountsUpdated('t', 'ours', '5')])).body[0]).toHaveProperty('result')
      expect((await shown).body.attempts).toMatchObject([{ state: 'APPLIED' }])
      undo()
      await settleLater(b, 61)
      expect(await a.attempts('t')).toEqual([`${AMOUNTS} LOST`])
    })
  })
})
