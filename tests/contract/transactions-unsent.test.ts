import { describe, expect, test } from 'vitest'
import { KEY, useService } from './service.ts'
import { amountsUpdated, deposit, stellarPayment, withdrawal } from './transactions.ts'

const service = useService({ sleep: 'none' })

const CUSTODY = {
  config: {
    custody_type: 'fireblocks',
    sep24_deposit_info_generator_type: 'custody',
    destination_has_trustline: true,
  },
}
const { params } = amountsUpdated('t', 'm') as { params: Record<string, unknown> }
const METHOD = 'notify_amounts_updated'

const awayWith = (environment = {}) =>
  service.deploy({ ...environment, ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
const decide = (id: string, attemptId: string, decision: string) =>
  service.call({
    method: 'POST',
    path: `/api/transactions/${id}/attempts/${attemptId}`,
    body: { decision, note: 'no longer wanted' },
    headers: KEY,
  })
const settleLater = async () => {
  await service.age(70)
  return (await service.settle()).body
}

describe('an update that could not be sent', () => {
  test('ends EXPIRED after expires_in_seconds, and is not sent when the platform is back', async () => {
    awayWith()
    service.platformHas([withdrawal('t')])
    const { status, body } = await service.update('t', METHOD, { ...params, expires_in_seconds: 1 })
    expect(status).toBe(202)
    const { attempts } = (await service.show('t')).body
    expect(attempts[0].params).not.toHaveProperty('expires_in_seconds')
    const isLate = 'select expires_at <= clock_timestamp() as late from anchor_ops.attempt'
    await expect.poll(() => service.query(isLate), { timeout: 5_000 }).toEqual([{ late: true }])
    service.deploy()
    await settleLater()
    expect(await service.attempts('t')).toEqual([`${METHOD} EXPIRED`])
    expect(service.sent()).toEqual([])
    expect((await decide('t', body.attempt.id, 'withdrawn')).status).toBe(409)
  })

  test.each([0, -1, 1.5, 2_592_001, 'soon', true])(
    'is refused with an expires_in_seconds of %j',
    async (seconds) => {
      service.platformHas([withdrawal('t')])
      const given = { ...params, expires_in_seconds: seconds }
      const { status, body } = await service.update('t', METHOD, given)
      expect(status).toBe(400)
      expect(body.data.problems).toMatchObject([{ field: 'expires_in_seconds' }])
      expect(service.sent()).toEqual([])
    },
  )

  test('expires after 15 minutes if it pays by custody, unless the caller says otherwise', async () => {
    awayWith({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    service.platformHas([deposit('t'), deposit('u'), withdrawal('v')], CUSTODY)
    await service.update('t', 'do_stellar_payment')
    await service.update('u', 'do_stellar_payment', { expires_in_seconds: 60 })
    await service.update('v', METHOD, { ...params, transaction_id: 'v' })
    const secondsOf = async (id: string) => {
      const [{ createdAt, expiresAt }] = (await service.show(id)).body.attempts
      return expiresAt && Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 1000)
    }
    expect([await secondsOf('t'), await secondsOf('u'), await secondsOf('v')]).toEqual([
      900,
      60,
      null,
    ])
  })

  test('is sent after the earlier ones of its transaction, by two settlers that send many side by side', async () => {
    awayWith()
    const ids = Array.from({ length: 15 }, (_, index) => `t-${index}`)
    const messages = ['first', 'second', 'third']
    service.platformHas(ids.map((id) => withdrawal(id)))
    for (const message of messages) {
      await service.rpc(ids.map((id) => amountsUpdated(id, message)))
    }
    service.deploy()
    service.emulator.setFaults([{ kind: 'event_delay', delayMs: 20, times: 1_000 }])
    await service.age(70)
    await Promise.all([service.settle(), service.settle()])
    for (const id of ids) {
      const { attempts, transaction } = (await service.show(id)).body
      const sent = attempts.map(({ sentAt }: { sentAt: string }) => sentAt)
      expect(sent).toEqual(sent.toSorted())
      expect(new Set(sent).size).toBe(3)
      expect(attempts).toMatchObject(
        messages.map((message) => ({ state: 'APPLIED', params: { message } })),
      )
      expect(transaction.message).toBe('third')
    }
    expect(service.sent()).toHaveLength(45)
  })

  test('can be withdrawn: it is not sent, its answer says so, and its natural key is free', async () => {
    awayWith()
    const { hash, ledger_fixture } = stellarPayment('95.0000000')
    service.platformHas([deposit('t')], { ledger_fixture })
    const send = (change = {}, key = 'first') =>
      service.update(
        't',
        'notify_onchain_funds_sent',
        { stellar_transaction_id: hash, ...change },
        { 'idempotency-key': key },
      )
    const { body } = await send()
    const withdrawn = await decide('t', body.attempt.id, 'withdrawn')
    expect(withdrawn.body).toMatchObject({
      attempt: { id: body.attempt.id, state: 'WITHDRAWN' },
      waiting: [],
    })
    service.deploy()
    await settleLater()
    expect(service.sent()).toEqual([])
    expect(await send()).toMatchObject({
      status: 409,
      body: { data: { reason: 'withdrawn' }, attempt: { state: 'WITHDRAWN' } },
    })
    expect((await send({ message: 'again' }, 'second')).status).toBe(200)
  })

  test('cannot be withdrawn once it was sent', async () => {
    service.platformHas([withdrawal('t')])
    const { body } = await service.update('t', METHOD, params)
    const refused = await decide('t', body.attempt.id, 'withdrawn')
    expect([refused.status, refused.body.code]).toEqual([409, 'decision_refused'])
  })
})

describe('an update that is to be sent again because the first send may have been applied', () => {
  const isExpired = 'select expires_at <= clock_timestamp() as late from anchor_ops.attempt'
  /** The stored amounts leave no trace, so the settler sends them again. */
  const ask = async (more = {}) => {
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
    const { body } = await service.update('t', METHOD, {
      amount_out: { amount: '95' },
      amount_fee: { amount: '5' },
      ...more,
    })
    expect(body.attempt.state).toBe('UNKNOWN')
    await service.age(200)
    return body.attempt.id
  }

  test('is left to a person when it has expired, not called EXPIRED', async () => {
    const id = await ask({ expires_in_seconds: 1 })
    await expect.poll(() => service.query(isExpired), { timeout: 5_000 }).toEqual([{ late: true }])
    expect((await service.settle()).body).toMatchObject({ settled: 1, manual: 1, rejected: 0 })
    expect(await service.attempts('t')).toEqual([`${METHOD} MANUAL`])
    expect(service.log.join('')).toContain('update_needs_a_person')
    expect(service.sent()).toHaveLength(1)
    expect((await decide('t', id, 'applied')).status).toBe(200)
  })

  test('cannot be withdrawn', async () => {
    const id = await ask()
    const match = { path: '/transactions/t' }
    service.interceptDatabase(async ({ name }) => {
      if (name !== 'record_outcome') return undefined
      service.emulator.setFaults([{ kind: 'status_before', status: 500, times: 9, match }])
      return undefined
    })
    await service.settle()
    expect(await service.attempts('t')).toEqual([`${METHOD} READY`])
    const refused = await decide('t', id, 'withdrawn')
    expect([refused.status, refused.body.code]).toEqual([409, 'decision_refused'])
  })
})

test('a withdrawal does not promise that the update behind it is sent while one before both waits for a person', async () => {
  service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
  service.platformHas([deposit('t')], CUSTODY)
  service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
  await service.update('t', 'do_stellar_payment')
  const messages = ['first', 'second', 'third'].map((message) => ({ message }))
  const stored = []
  for (const message of messages) {
    stored.push((await service.update('t', 'notify_transaction_error', message)).body.attempt.id)
  }
  await service.age(200)
  await service.settle()
  const { body } = await decide('t', stored[1], 'withdrawn')
  expect(body.waiting).toMatchObject([{ id: stored[2], next: 'in_turn' }])
})

test('a decision says what becomes of the updates that waited behind it, and each keeps its own rules', async () => {
  service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
  service.platformHas([deposit('t')], CUSTODY)
  service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
  const paid = await service.update('t', 'do_stellar_payment')
  for (const [method, more] of [
    ['notify_amounts_updated', params],
    ['notify_transaction_error', { message: 'm' }],
  ] as const) {
    expect((await service.update('t', method, more)).body.attempt.state).toBe('READY')
  }
  await service.age(200)
  await service.settle()
  const { body } = await decide('t', paid.body.attempt.id, 'not_applied')
  expect(body.waiting).toMatchObject([
    { method: 'notify_amounts_updated', next: 'refused' },
    { method: 'notify_transaction_error', next: 'in_turn' },
  ])
  await settleLater()
  await settleLater()
  expect(await service.attempts('t')).toEqual([
    'do_stellar_payment NOT_APPLIED',
    'notify_amounts_updated REJECTED',
    'notify_transaction_error APPLIED',
  ])
})
