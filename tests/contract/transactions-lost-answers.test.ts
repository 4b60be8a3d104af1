import { describe, expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { amountsUpdated, item, stellarPayment, withdrawal } from './transactions.ts'

describeOnReal('two instances, and a database whose answers get lost', (kind) => {
  const { a, b, proxy } = useInstances(kind, { sleep: 'none' })

  const update = amountsUpdated('t', 'first')
  /** A payment, the same payment again, and an update that is stored after both. */
  const batchWithRepeat = () => {
    const { hash, ledger_fixture } = stellarPayment()
    const awaiting = {
      status: 'pending_user_transfer_start',
      transfer_received_at: undefined,
    } as const
    a.platformHas([withdrawal('t', awaiting)], { ledger_fixture })
    const received = (id: string) =>
      item(
        'notify_onchain_funds_received',
        { transaction_id: 't', stellar_transaction_id: hash },
        id,
      )
    return [received('one'), received('two'), update]
  }
  const named = (key: string) => ({ 'idempotency-key': key })

  test('an outcome that was recorded without an answer is shown by the other instance', async () => {
    a.platformHas([withdrawal('t')])
    proxy.setFaults([{ call: 'record_outcome', kind: 'lose_answer' }])
    const { body } = await a.rpc([update])
    expect(body[0].error.data.state).toBe('unknown')
    const { body: shown } = await b.show('t')
    expect(shown.attempts).toMatchObject([{ state: 'APPLIED' }])
    expect(a.applied()).toBe(1)
  })

  test('a batch that is repeated after a death applies what it stored behind a repeat once', async () => {
    const batch = batchWithRepeat()
    proxy.setFaults([{ call: 'finish_request', kind: 'cut', times: 2 }])
    expect((await a.rpc(batch, named('k'))).status).toBe(503)
    expect(a.applied()).toBe(2)
    await b.age(121)
    const { status, body } = await b.rpc(batch, named('k'))
    expect(status).toBe(200)
    expect(body.map((one: object) => 'result' in one)).toEqual([true, true, true])
    expect(a.applied()).toBe(2)
    expect(await b.attempts('t')).toEqual([
      'notify_onchain_funds_received APPLIED',
      'notify_amounts_updated APPLIED',
    ])
  })

  describe('the answer of the storing call', () => {
    test.each(['lose_answer', 'cut'] as const)('is asked for again once: %s', async (kind) => {
      a.platformHas([withdrawal('t')])
      for (const message of ['first', 'second']) {
        proxy.setFaults([{ call: 'begin_updates', kind }])
        const { body } = await a.rpc([amountsUpdated('t', message)])
        expect(body[0]).toHaveProperty('result')
        expect(proxy.calls().filter((name) => name === 'begin_updates')).toHaveLength(2)
      }
      expect(a.applied()).toBe(2)
      expect(await a.attempts('t')).toHaveLength(2)
    })

    test.each(['lose_answer', 'cut'] as const)(
      'is missing twice: 503 names a key under which the repeat is the same request: %s',
      async (kind) => {
        a.platformHas([withdrawal('t')])
        proxy.setFaults([{ call: 'begin_updates', kind, times: 2 }])
        const lost = await a.update('t', update.method, update.params)
        const key = lost.body.idempotencyKey
        expect(lost).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
        expect(lost.headers.get('idempotency-key')).toBe(key)
        expect(a.applied()).toBe(0)

        const other = await b.update('t', update.method, { message: 'other' }, named(key))
        expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_conflict' } })
        for (const instance of [b, a]) {
          const again = await instance.update('t', update.method, update.params, named(key))
          expect(again.status).toBe(200)
        }
        expect(a.applied()).toBe(1)
        expect(await a.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
      },
    )

    test('is missing twice for a caller with a key: 503 names that key', async () => {
      a.platformHas([withdrawal('t')])
      proxy.setFaults([{ call: 'begin_updates', kind: 'lose_answer', times: 2 }])
      const { status, body } = await a.rpc([update], named('k'))
      expect({ status, key: body.idempotencyKey }).toEqual({ status: 503, key: 'k' })
      expect((await b.rpc([update], named('k'))).status).toBe(409)
      await b.age(121)
      expect((await b.rpc([update], named('k'))).body[0]).toHaveProperty('result')
      expect(a.applied()).toBe(1)
    })

    test('is missing twice for the release of a held withdrawal: 503 names the key, and the repeat releases it once', async () => {
      const [received] = batchWithRepeat()
      const report = (by: typeof a, key: string) =>
        by.update('t', 'notify_onchain_funds_received', received?.params, named(key))
      expect((await report(a, 'first')).status).toBe(200)
      expect((await a.update('t', 'notify_transaction_on_hold')).status).toBe(200)
      proxy.setFaults([{ call: 'begin_updates', nth: 2, kind: 'lose_answer', times: 2 }])
      const { status, body } = await report(a, 'release')
      expect([status, body.idempotencyKey]).toEqual([503, 'release'])
      await b.age(121)
      expect((await report(b, 'release')).status).toBe(200)
      expect(a.applied()).toBe(3)
    })

    test('is missing for an update behind a repeat: its result names the key to repeat with', async () => {
      const batch = batchWithRepeat()
      // The second call asks for the repeat, the third and fourth for the update behind it.
      proxy.setFaults([{ call: 'begin_updates', kind: 'lose_answer', nth: 3, times: 2 }])
      const { body } = await a.rpc(batch)
      expect(body.slice(0, 2)).toMatchObject([{ result: { id: 't' } }, { result: { id: 't' } }])
      const { state, idempotencyKey } = body[2].error.data
      expect(state).toBe('unknown')
      // The database began the send in the step that stored the update, and nobody has sent it.
      const again = await b.rpc(batch, named(idempotencyKey))
      expect(again.body[2].error.data).toMatchObject({
        state: 'unknown',
        attemptId: expect.any(String),
      })
      await b.age(200)
      await b.settle()
      await b.age(200)
      await b.settle()
      expect(a.applied()).toBe(2)
      expect(await a.attempts('t')).toEqual([
        'notify_onchain_funds_received APPLIED',
        'notify_amounts_updated APPLIED',
      ])
    })
  })

  test('a repeat under a key says what became of the updates that were open', async () => {
    a.deploy({}, { platformTimeoutMs: 700 })
    a.platformHas([withdrawal('t'), withdrawal('u')])
    const match = { path: '/', transactionId: 'u' }
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match }])
    const updates = [update, amountsUpdated('u', 'other')]
    const first = await a.rpc(updates, named('k'))
    expect(first.body[0]).toHaveProperty('result')
    expect(first.body[1].error.data.state).toBe('unknown')
    expect((await b.rpc(updates, named('k'))).text).toBe(first.text)
    await b.age(200)
    await b.settle()
    for (const instance of [a, b]) {
      const { body } = await instance.rpc(updates, named('k'))
      expect(body[0]).toEqual(first.body[0])
      expect(body[1]).toMatchObject({ id: updates[1]?.id, result: { id: 'u' } })
    }
    expect(a.applied()).toBe(2)
  })

  test('equal updates that were sent by callers without a key while the platform was away are applied once', async () => {
    a.platformHas([withdrawal('t')])
    const away = { ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' }
    a.deploy(away)
    b.deploy(away)
    const ids = []
    for (const instance of [a, b, a]) {
      const { status, body } = await instance.update('t', update.method, update.params)
      expect(status).toBe(202)
      ids.push(body.attempt.id)
    }
    expect(new Set(ids).size).toBe(1)
    b.deploy()
    await b.age(61)
    await b.settle()
    expect(a.applied()).toBe(1)
  })

  test('an update behind one whose outcome is not known is answered at once', async () => {
    a.deploy({}, { platformTimeoutMs: 700 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    expect((await a.update('t', update.method, update.params)).status).toBe(202)
    const { status, body } = await b.rpc([amountsUpdated('t', 'm')])
    expect(status).toBe(200)
    expect(body[0].error.data.state).toBe('queued')
    expect(b.sleeps).toEqual([])
  })

  test.each([3_600_000, -3_600_000])(
    'an update of an instance whose clock is %i ms off is settled in time by the other one',
    async (ms) => {
      a.deploy({}, { platformTimeoutMs: 700 })
      a.passTime(ms)
      a.platformHas([withdrawal('t')])
      a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
      expect((await a.update('t', update.method, update.params)).status).toBe(202)
      expect((await b.settle()).body.settled).toBe(0)
      await b.age(200)
      expect((await b.settle()).body).toMatchObject({ settled: 1, applied: 1 })
    },
  )

  test('an update by URL whose outcome was open is answered with 200 once it is applied', async () => {
    a.deploy({}, { platformTimeoutMs: 700 })
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    const send = () => b.update('t', update.method, update.params, named('k'))
    b.deploy({}, { platformTimeoutMs: 700 })
    expect((await send()).status).toBe(202)
    await b.age(200)
    await b.settle()
    expect(await send()).toMatchObject({ status: 200, body: { attempt: { state: 'APPLIED' } } })
    expect(a.applied()).toBe(1)
  })

  describe('the answer of the finishing call', () => {
    test('is asked for again once', async () => {
      a.platformHas([withdrawal('t')])
      proxy.setFaults([{ call: 'finish_request', kind: 'lose_answer' }])
      const first = await a.rpc([update], named('k'))
      expect(first.status).toBe(200)
      expect((await b.rpc([update], named('k'))).text).toBe(first.text)
      expect(a.applied()).toBe(1)
    })

    test('is missing twice: 503 names the key, and the repeat gets the stored answer', async () => {
      a.platformHas([withdrawal('t')])
      proxy.setFaults([{ call: 'finish_request', kind: 'lose_answer', times: 2 }])
      const { status, body } = await a.rpc([update], named('k'))
      expect({ status, key: body.idempotencyKey }).toEqual({ status: 503, key: 'k' })
      expect((await b.rpc([update], named('k'))).body[0]).toHaveProperty('result')
      expect(a.applied()).toBe(1)
    })
  })
})
