import { expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { BEARER, KEY, type Service } from './service.ts'
import { amountsUpdated, stellarPayment, withdrawal } from './transactions.ts'

/** The row as an older backup has it. */
const inBackup = (columns = {}) =>
  withdrawal('t', { message: 'in the backup', updated_at: '2026-01-01T12:00:00Z', ...columns })

describeOnReal('two instances, and a platform that goes back', (kind) => {
  const { a, b } = useInstances(kind)

  const apply = async (...messages: string[]) => {
    for (const message of messages) {
      const { body } = await a.rpc([amountsUpdated('t', message)])
      expect(body[0]).toHaveProperty('result')
    }
  }
  /** Lets seconds pass, in which the settler runs every minute, each time in another process. */
  const pass = async (seconds: number) => {
    for (let passed = 0, turn = 0; passed < seconds; passed += 61, turn += 1) {
      const instance = turn % 2 === 0 ? a : b
      await instance.age(61)
      instance.deploy()
      await instance.settle()
    }
  }
  const decide = (instance: Service, attemptId: string, decision: string) =>
    instance.call({
      method: 'POST',
      path: `/api/transactions/t/attempts/${attemptId}`,
      body: { decision, note: 'missing in the backup' },
      headers: KEY,
    })
  const logs = () => `${a.log.join('')}${b.log.join('')}`
  const health = async () => {
    const { body } = await b.call({ path: '/api/health', headers: BEARER })
    return body.checks.unsettled
  }

  test('an earlier state counts after 180 s, and the updates that it lacks wait for a person', async () => {
    a.platformHas([withdrawal('t')])
    await apply('first', 'second')
    const { updated_at: before } = a.emulator.state().transactions[0] ?? {}
    a.platformHas([inBackup()])

    const waiting = await b.rpc([amountsUpdated('t', 'third')])
    expect(waiting.body[0].error).toMatchObject({
      message: expect.stringContaining('platform_went_back'),
      data: { state: 'queued', settleBy: expect.any(String) },
    })
    expect((await a.show('t')).body).toMatchObject({
      earlierSince: expect.any(String),
      wentBack: null,
    })
    await pass(122)
    expect(logs()).not.toContain('"platform_went_back"')
    expect(await a.attempts('t')).toEqual([
      'notify_amounts_updated APPLIED',
      'notify_amounts_updated APPLIED',
      'notify_amounts_updated READY',
    ])

    await pass(183)
    const { body } = await a.show('t')
    expect(body.wentBack).toMatchObject({
      code: 'platform_went_back',
      to: '2026-01-01T12:00:00Z',
      since: expect.any(String),
      takenAt: expect.any(String),
    })
    expect(Date.parse(body.wentBack.from)).toBe(Date.parse(before ?? ''))
    expect(body).toMatchObject({ earlierSince: null, transaction: { message: 'in the backup' } })
    expect(body.attempts.map(({ state }: { state: string }) => state)).toEqual([
      'LOST',
      'LOST',
      'READY',
    ])
    expect(body.attempts[0].outcome).toMatchObject({
      code: 'platform_went_back',
      shown: { message: 'first' },
      now: { message: 'in the backup' },
    })
    expect(logs()).toContain('"platform_went_back"')
    expect(await health()).toMatchObject({ reason: 'platform_went_back', wentBack: 2 })
    expect(a.sent()).toHaveLength(2)

    for (const { attemptId } of body.attempts.slice(0, 2)) {
      expect((await decide(b, attemptId, 'not_applied')).status).toBe(200)
    }
    await pass(61)
    expect(a.sent()).toHaveLength(3)
    expect((await a.attempts('t'))[2]).toBe('notify_amounts_updated APPLIED')
    expect(await health()).toMatchObject({ status: 'ok' })
  })

  test('a reading of the very state before an update takes nothing back while it does not count', async () => {
    const before = withdrawal('t', { updated_at: '2026-01-01T12:00:00Z' })
    a.platformHas([before])
    await apply('first')
    const after = a.emulator.state().transactions
    // A server that lags behind answers for two minutes.
    a.platformHas([before])
    await pass(122)
    expect(await a.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
    a.platformHas(after)
    await pass(61)
    expect(await a.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
    const { body } = await b.show('t', { refresh: 'true' })
    expect(body).toMatchObject({ earlierSince: null, wentBack: null })
    expect(logs()).not.toContain('"update_lost"')
  })

  test('a payment that the restored platform lacks is reported again after a person has decided', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    const awaiting = {
      status: 'pending_user_transfer_start',
      transfer_received_at: undefined,
    } as const
    a.platformHas([withdrawal('t', awaiting)], { ledger_fixture })
    const received = () =>
      b.update('t', 'notify_onchain_funds_received', { stellar_transaction_id: hash })
    expect((await received()).status).toBe(200)
    await apply('behind')
    a.platformHas([inBackup(awaiting)], { ledger_fixture })

    expect((await received()).status).toBe(202)
    for (let turn = 0; turn < 2; turn += 1) {
      await a.show('t', { refresh: 'true' })
      await b.age(181)
    }
    const { body } = await b.show('t', { refresh: 'true' })
    expect(body.wentBack).toMatchObject({ code: 'platform_went_back' })
    const states = body.attempts.map(({ state }: { state: string }) => state)
    expect(states).toEqual(['LOST', 'LOST'])
    for (const { attemptId } of body.attempts) await decide(a, attemptId, 'not_applied')
    expect((await received()).status).toBe(200)
    expect(a.statusAtPlatform('t')).toBe('pending_anchor')
  })

  test('an applied update that left nothing to look for may be decided after the platform went back', async () => {
    a.platformHas([withdrawal('t')])
    await apply('in the backup')
    a.platformHas([inBackup()])
    const { body } = await b.show('t', { refresh: 'true' })
    const [{ attemptId }] = body.attempts
    expect((await decide(b, attemptId, 'not_applied')).status).toBe(409)
    await pass(244)
    expect((await b.show('t')).body.wentBack).toMatchObject({ code: 'platform_went_back' })
    expect(await a.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
    expect((await decide(b, attemptId, 'not_applied')).status).toBe(200)
  })

  test('an update that a server with a late clock answers delays no other', async () => {
    a.platformHas([withdrawal('t')])
    await apply('first')
    a.emulator.setFaults([{ kind: 'clock_behind', delayMs: 60_000, match: { path: '/' } }])
    const late = await b.rpc([amountsUpdated('t', 'late')])
    const { updated_at } = late.body[0].result
    expect(Date.parse(updated_at)).toBeLessThan(Date.now() - 50_000)
    await apply('third', 'fourth')
    a.emulator.setFaults([{ kind: 'clock_behind', delayMs: 60_000, match: { path: '/' } }])
    await apply('late again')
    expect((await b.show('t', { refresh: 'true' })).body).toMatchObject({
      earlierSince: null,
      wentBack: null,
      transaction: { message: 'late again' },
    })
    await pass(61)
    expect(new Set(await a.attempts('t'))).toEqual(new Set(['notify_amounts_updated APPLIED']))
  })

  test('an update waits for an earlier state only until the platform shows a later one', async () => {
    const at = (time: string, message: string) =>
      a.platformHas([withdrawal('t', { updated_at: time, message })])
    at('2026-01-03T00:00:00.100Z', 'theirs')
    await a.show('t', { refresh: 'true' })
    // Another business writes through a second server, whose clock is 100 ms late.
    at('2026-01-03T00:00:00.050Z', 'theirs, by the second server')
    expect((await b.rpc([amountsUpdated('t', 'ours')])).body[0].error.data.state).toBe('queued')
    at('2026-01-03T00:00:00.200Z', 'theirs, once more')
    await pass(61)
    expect(await a.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
    expect((await a.show('t')).body).toMatchObject({ earlierSince: null, wentBack: null })
    expect(a.sent()).toHaveLength(1)
  })
})
