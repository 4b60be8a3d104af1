import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { KEY } from './service.ts'
import { amountsUpdated, deposit, stellarPayment, withdrawal } from './transactions.ts'

const ERROR = 'notify_transaction_error'

/** The key under which a replay is stored. */
function keyOfReplay(attemptId: string): string {
  const hash = createHash('sha256').update(`replay\n${attemptId}`).digest('hex')
  return `anchor-ops-${attemptId}-${hash.slice(0, 32)}`
}

describeOnReal('a failed update that a person sends anew', (kind) => {
  const { a, b, proxy } = useInstances(kind, { sleep: 'none' })

  /** An update that the status forbids, whose transaction then gets a status that allows it. */
  async function failed(): Promise<string> {
    a.platformHas([withdrawal('t', { status: 'completed' })])
    const { status, body } = await a.update('t', ERROR, { message: 'the bank is closed' })
    expect([status, body.attempt.state]).toEqual([409, 'REJECTED'])
    a.platformHas([withdrawal('t')])
    await a.show('t', { refresh: 'true' })
    return body.attempt.id
  }
  const decide = (
    attemptId: string,
    by = a,
    headers: Record<string, string> = KEY,
    decision = 'replay',
  ) =>
    by.call({
      method: 'POST',
      path: `/api/transactions/t/attempts/${attemptId}`,
      body: { decision, note: 'the status is right now' },
      headers,
    })

  test('is a new attempt with the same params, linked by the decision', async () => {
    const attemptId = await failed()
    const { status, body } = await decide(attemptId)
    expect([status, body.attempt.state]).toEqual([200, 'APPLIED'])
    expect(body.decision).toMatchObject({
      about: 'attempt',
      subject: attemptId,
      decision: 'replayed',
      keyName: 'BUSINESS_API_KEY',
      note: 'the status is right now',
      newAttemptId: body.attempt.id,
      reading: { state: 'REJECTED', transaction: { id: 't' } },
    })
    const { attempts } = (await a.show('t')).body
    expect(attempts).toMatchObject([
      { attemptId, state: 'REJECTED' },
      { attemptId: body.attempt.id, state: 'APPLIED', origin: 'replay' },
    ])
    expect(attempts[1].params).toEqual(attempts[0].params)
    expect(a.statusAtPlatform('t')).toBe('error')
  })

  test('is sent once, however many people send it anew at once, and the others hear who did', async () => {
    const attemptId = await failed()
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => decide(attemptId, index % 2 === 0 ? a : b)),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of replies.filter((reply) => reply.status !== 200)) {
      expect([status, body.code]).toEqual([409, 'decision_refused'])
      expect(body.error).toMatch(
        /was sent anew as attempt "[0-9a-f-]{36}"; "BUSINESS_API_KEY" decided/,
      )
    }
    expect(a.applied()).toBe(1)
    expect(await a.attempts('t')).toEqual([`${ERROR} REJECTED`, `${ERROR} APPLIED`])
  })

  test.each([
    ['lose_answer', 409],
    ['cut', 200],
  ] as const)(
    'is sent once when the storing call fails (%s) and the person asks again',
    async (kind, told) => {
      const attemptId = await failed()
      proxy.setFaults([{ call: 'begin_updates', kind, times: 2 }])
      expect((await decide(attemptId)).status).toBe(503)
      proxy.setFaults([])
      expect((await decide(attemptId, b)).status).toBe(told)
      for (const by of [a, b]) {
        await a.age(200)
        await by.settle()
      }
      expect(await a.attempts('t')).toEqual([`${ERROR} REJECTED`, `${ERROR} APPLIED`])
      expect(a.applied()).toBe(1)
    },
  )

  test.each(['before', 'while', 'after'])(
    'is a request of its own for a program that guesses its key %s it is decided',
    async (when) => {
      const attemptId = await failed()
      const guessed = [`replay-${attemptId}`, keyOfReplay(attemptId)]
      const program = { 'x-api-key': await a.makeKey('program', ['update']) }
      const send = async (key: string) => {
        const { method, params } = amountsUpdated('t', key)
        return b.update('t', method, params, { ...program, 'idempotency-key': key })
      }
      const statuses = async () =>
        (await Promise.all(guessed.map(send))).map(({ status }) => status)
      if (when === 'before') {
        // The first key is a key like any other; the second belongs to a body that nobody has.
        expect(await statuses()).toEqual([200, 422])
        expect((await decide(attemptId)).body.attempt.state).toBe('APPLIED')
        return
      }
      if (when === 'while')
        a.emulator.setFaults([{ kind: 'status_before', status: 503, times: 99 }])
      const state = when === 'while' ? 'READY' : 'APPLIED'
      expect((await decide(attemptId)).body.attempt.state).toBe(state)
      a.emulator.setFaults([])
      expect((await statuses())[1]).toBe(422)
      // What the program asked for is an attempt of its own, and is never sent as the replay.
      expect(await a.attempts('t')).toEqual([
        `${ERROR} REJECTED`,
        `${ERROR} ${state}`,
        expect.stringMatching(/^notify_amounts_updated /),
      ])
    },
  )

  test('that fails again is replayed itself, and the first one is not', async () => {
    const attemptId = await failed()
    a.platformHas([withdrawal('t', { status: 'completed' })])
    const { status, body } = await decide(attemptId)
    expect([status, body.attempt]).toMatchObject([
      200,
      { state: 'REJECTED', reason: expect.stringContaining('RPC method') },
    ])
    a.platformHas([withdrawal('t')])
    expect((await decide(attemptId)).status).toBe(409)
    expect((await decide(body.attempt.id)).body.attempt.state).toBe('APPLIED')
  })

  test('needs the scopes decide and update, and an attempt that failed', async () => {
    const attemptId = await failed()
    const decides = { 'x-api-key': await a.makeKey('anna', ['decide']) }
    const updates = { 'x-api-key': await a.makeKey('bert', ['update']) }
    for (const headers of [decides, updates]) {
      expect((await decide(attemptId, a, headers)).body.code).toBe('forbidden')
    }
    await a.rpc([amountsUpdated('t', 'm', '5')])
    const applied = (await a.show('t')).body.attempts.at(-1).attemptId
    const { status, body } = await decide(applied)
    expect([status, body.code]).toEqual([409, 'decision_refused'])
    expect(body.error).toContain('in the path is APPLIED; allowed: REJECTED')
    expect(await a.attempts('t')).toHaveLength(2)
  })

  test('is refused when the same payment was reported by another update since', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    const report = () =>
      b.update('t', 'notify_onchain_funds_sent', { stellar_transaction_id: hash })
    a.platformHas([deposit('t', { status: 'completed' })], { ledger_fixture })
    const { status, body } = await report()
    expect(status).toBe(409)
    a.platformHas([deposit('t')], { ledger_fixture })
    await a.show('t', { refresh: 'true' })
    expect((await report()).status).toBe(200)
    const again = await decide(body.attempt.id)
    expect([again.status, again.body.code]).toEqual([409, 'decision_refused'])
    expect(again.body.error).toContain('the same update was applied as attempt')
    const decisions = await a.call({ path: '/api/decisions', headers: KEY })
    expect(decisions.body.decisions).toEqual([])
    expect(a.applied()).toBe(1)
  })

  test('of custody money does not pay again after a person found that an earlier one had paid', async () => {
    const config = {
      custody_type: 'fireblocks',
      sep24_deposit_info_generator_type: 'custody',
      destination_has_trustline: true,
    }
    const PAYMENT = 'do_stellar_payment'
    for (const one of [a, b]) one.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    a.platformHas([deposit('t', { status: 'completed' })], { config })
    const first = (await a.update('t', PAYMENT)).body.attempt.id
    const second = (await a.update('t', PAYMENT)).body.attempt.id
    a.platformHas([deposit('t')], { config })
    await a.show('t', { refresh: 'true' })
    a.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const open = (await decide(first)).body.attempt
    expect(open.state).toBe('UNKNOWN')
    // The status is as before, so the platform would take the second one.
    const behind = (await decide(second, b)).body.attempt
    expect(behind.state).toBe('READY')
    await a.age(200)
    await a.settle()
    const { status, body } = await decide(open.id, b, KEY, 'applied')
    expect([status, body.waiting]).toMatchObject([200, [{ id: behind.id, next: 'refused' }]])
    await a.age(100)
    await b.settle()
    expect(await a.attempts('t')).toEqual([
      `${PAYMENT} REJECTED`,
      `${PAYMENT} REJECTED`,
      `${PAYMENT} APPLIED`,
      `${PAYMENT} REJECTED`,
    ])
    expect((await a.show('t')).body.attempts.at(-1).outcome).toEqual({
      reason: 'custody_paid',
      attemptId: open.id,
    })
    // A person may pay again.
    expect((await decide(behind.id)).body.attempt.state).toBe('APPLIED')
  })

  test('is refused while another update of its transaction waits for a person', async () => {
    const attemptId = await failed()
    const before = { ...withdrawal('t'), amount_out: '96', amount_fee: '4' }
    a.platformHas([before])
    await a.rpc([amountsUpdated('t', 'ours', '5')])
    a.platformHas([{ ...before, message: 'theirs', updated_at: '2030-01-01T00:00:00Z' }])
    await a.show('t', { refresh: 'true' })
    expect(await a.attempts('t')).toEqual([`${ERROR} REJECTED`, 'notify_amounts_updated LOST'])
    const { status, body } = await decide(attemptId)
    expect([status, body.code]).toEqual([409, 'decision_refused'])
    expect(body.error).toContain('is not sent anew')
    expect(await a.attempts('t')).toHaveLength(2)
  })
})
