import { describe, expect, test } from 'vitest'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import { EVENT_QUEUE_AWAY_MS, type FaultForm } from '../../local/platform/faults.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { BEARER, KEY, useService } from './service.ts'
import { amountsUpdated, deposit, item, stellarPayment, USDC, withdrawal } from './transactions.ts'

// Nobody waits between the readings after a lost answer.
const service = useService({ sleep: 'none' })
const ANSWER_TIMEOUT_MS = 250

type Told = 'applied' | 'unknown' | 'rejected'
interface Case {
  fault: FaultForm
  /** The result for the caller. `appliedAtOnce` is how often the platform has applied the update by then. */
  told: Told
  appliedAtOnce: number
  /** How often the update was sent once it is settled. */
  sends: number
}

/** The answer is lost, but the transaction shows the update. */
const unclearAfter = (fault: FaultForm): Case => ({
  fault,
  told: 'applied',
  appliedAtOnce: 1,
  sends: 1,
})
const unclearBefore = (fault: FaultForm): Case => ({
  fault,
  told: 'unknown',
  appliedAtOnce: 0,
  sends: 2,
})
const SERVER_ERRORS = [500, 502, 503, 504]
const REFUSALS = [400, 401, 403, 404, 413]

const CASES: Case[] = [
  { fault: { kind: 'delay', delayMs: 20 }, told: 'applied', appliedAtOnce: 1, sends: 1 },
  { fault: { kind: 'reversed' }, told: 'applied', appliedAtOnce: 1, sends: 1 },
  // The platform answers -32603 after it saved. The transaction shows the update, so it is applied at once.
  { fault: { kind: 'event_failure' }, told: 'applied', appliedAtOnce: 1, sends: 1 },
  // A gateway refuses what the platform applied. One reading decides.
  ...[400, 404, 429].map(
    (status): Case => ({
      fault: { kind: 'status_after', status },
      told: 'applied',
      appliedAtOnce: 1,
      sends: 1,
    }),
  ),
  // The lock of 4.2 saved nothing, so the update is sent again at once, up to five times.
  { fault: { kind: 'lock_conflict', times: 5 }, told: 'applied', appliedAtOnce: 1, sends: 6 },
  // The ledger of the platform failed for a moment. The caller may send the update again.
  { fault: { kind: 'ledger_unavailable' }, told: 'rejected', appliedAtOnce: 0, sends: 1 },
  unclearAfter({ kind: 'no_answer', applied: true }),
  unclearAfter({ kind: 'reset_after' }),
  unclearAfter({ kind: 'garbage' }),
  unclearAfter({ kind: 'truncated' }),
  unclearAfter({ kind: 'wrong_id' }),
  unclearAfter({ kind: 'missing_id' }),
  unclearAfter({ kind: 'missing_item' }),
  ...SERVER_ERRORS.map((status) => unclearAfter({ kind: 'status_after', status })),
  unclearBefore({ kind: 'no_answer', applied: false }),
  unclearBefore({ kind: 'reset_before' }),
  ...SERVER_ERRORS.map((status) => unclearBefore({ kind: 'status_before', status })),
  ...REFUSALS.map(
    (status): Case => ({
      fault: { kind: 'status_before', status },
      told: 'rejected',
      appliedAtOnce: 0,
      sends: 1,
    }),
  ),
]
const nameOf = ({ kind, status, applied }: FaultForm) =>
  [kind, status, applied].filter((part) => part !== undefined).join(' ')

const { hash, ledger_fixture } = stellarPayment()
const paidOut = {
  method: 'notify_onchain_funds_sent',
  held: deposit('t'),
  update: item('notify_onchain_funds_sent', { transaction_id: 't', stellar_transaction_id: hash }),
}
const UPDATES = [
  {
    release: '2.8.4',
    method: 'notify_amounts_updated',
    held: withdrawal('t'),
    update: amountsUpdated('t', 'm', '4'),
  },
  { release: '2.8.4', ...paidOut },
  {
    release: '4.3.0',
    method: 'notify_amounts_updated',
    held: withdrawal('t'),
    update: item('notify_amounts_updated', {
      transaction_id: 't',
      message: 'm',
      amount_out: { amount: '95' },
      fee_details: { total: '4', asset: USDC },
    }),
  },
  { release: '4.3.0', ...paidOut },
]

/** The platform of a release, with what its ledger has. */
function platformIs(release: string, held: StoredTransaction, rest: object = {}): void {
  service.deploy({ ANCHOR_PLATFORM_VERSION: release }, { platformTimeoutMs: ANSWER_TIMEOUT_MS })
  const config = { release, platform_api_auth_type: 'api_key' } as StateForm['config']
  service.platformHas([held], { ledger_fixture, ...rest, config })
}

describe.each(UPDATES)('$method on $release', ({ release, method, held, update }) => {
  test.each(CASES.map((one) => ({ ...one, name: nameOf(one.fault) })))(
    '$name: told $told, sent $sends times in all, applied once or as told',
    async ({ fault, told, appliedAtOnce, sends }) => {
      platformIs(release, held)
      service.emulator.setFaults([{ ...fault, match: { path: '/' } }])
      const { status, body } = await service.rpc([update])
      expect(status).toBe(200)
      expect(body[0].id).toBe(update.id)
      expect(service.applied()).toBe(appliedAtOnce)

      const states = { applied: 'APPLIED', unknown: 'UNKNOWN', rejected: 'REJECTED' }
      expect(await service.attempts('t')).toEqual([`${method} ${states[told]}`])
      if (told === 'applied') expect(body[0].result).toMatchObject({ id: 't' })
      else expect(body[0]).not.toHaveProperty('result')
      if (told === 'unknown') {
        expect(body[0].error).toMatchObject({
          code: -32603,
          data: {
            state: 'unknown',
            attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/),
            settleBy: expect.stringMatching(/Z$/),
          },
        })
        expect(body[0].error.message).not.toMatch(/fail|rejected|not applied/i)
        await service.age(200)
        expect((await service.settle()).body).toMatchObject({
          settled: 1,
          applied: 1,
          remaining: 0,
        })
      }
      expect(service.sent()).toHaveLength(sends)
      expect(service.applied()).toBe(told === 'rejected' ? 0 : 1)
      if (told === 'rejected') return
      expect(await service.attempts('t')).toEqual([`${method} APPLIED`])
      const { body: shown } = await service.show('t')
      expect(shown.transaction.status).toBe(service.statusAtPlatform('t'))
      expect(shown.attempts[0].moves.at(-1)).toMatchObject({ to: 'APPLIED' })
    },
  )
})

describe.each(['2.8.4', '4.3.0'])('when the ledger of a platform %s fails', (release) => {
  const { method, held, update } = paidOut

  test('by an error, an update is rejected as one that may be sent again', async () => {
    platformIs(release, held, { horizon_status: { [hash]: 503 } })
    const { body } = await service.rpc([update])
    expect(body[0].error.data).toMatchObject({ reason: 'platform_ledger_unavailable' })
    expect(await service.attempts('t')).toEqual([`${method} REJECTED`])
    platformIs(release, held)
    expect((await service.rpc([update])).body[0].result).toMatchObject({ id: 't' })
    expect(service.applied()).toBe(1)
  })

  test('by silence, no update is applied, and none is lost', async () => {
    platformIs(release, held)
    service.emulator.setFaults([{ kind: 'ledger_silent', delayMs: 20, match: { path: '/' } }])
    const { body } = await service.rpc([update])
    expect(body[0]).not.toHaveProperty('result')
    expect(service.applied()).toBe(0)
    // 2.8.4 ends the whole request with HTTP 500, which says nothing; 4.3.0 says that its ledger failed.
    const isTold = release === '4.3.0'
    expect(await service.attempts('t')).toEqual([`${method} ${isTold ? 'REJECTED' : 'UNKNOWN'}`])
    if (isTold) {
      expect(body[0].error.data).toMatchObject({ reason: 'platform_ledger_unavailable' })
      await service.rpc([update])
    } else {
      await service.age(200)
      await service.settle()
    }
    expect((await service.attempts('t')).at(-1)).toBe(`${method} APPLIED`)
    expect(service.applied()).toBe(1)
  })
})

test('an update that is applied after its result was unknown is settled as applied and sent once', async () => {
  service.deploy({}, { platformTimeoutMs: 300 })
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'late_apply', delayMs: 600_000, match: { path: '/' } }])
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error.data.state).toBe('unknown')
  expect((await service.settle()).body.settled).toBe(0)
  service.emulator.endDelays()
  await expect.poll(() => service.applied()).toBe(1)
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.sent()).toHaveLength(1)
})

const WITH_QUEUE_AWAY = { kind: 'event_delay', delayMs: EVENT_QUEUE_AWAY_MS } as const

test('an update that the platform saves at once and answers after 120 s is applied at once', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ ...WITH_QUEUE_AWAY, match: { path: '/' } }])
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].result).toMatchObject({ id: 't', message: 'm' })
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
  expect(service.sent()).toHaveLength(1)
})

describe('an unknown update that is applied later', () => {
  const ask = async () => {
    service.deploy({}, { platformTimeoutMs: 300 })
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'late_apply', delayMs: 600_000, match: { path: '/' } }])
    const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
    expect(body[0].error.data.state).toBe('unknown')
    // Only silence of 180 s proves that nothing was applied.
    const settleBy = Date.parse(body[0].error.data.settleBy)
    expect(settleBy - service.now().getTime()).toBeGreaterThan(150_000)
  }
  const isApplied = () => {
    service.emulator.endDelays()
    return expect.poll(() => service.applied()).toBe(1)
  }

  test('is settled by the settler 10 s after its send, when the transaction shows it', async () => {
    await ask()
    expect((await service.settle()).body).toMatchObject({ settled: 0, remaining: 0 })
    await service.age(11)
    expect((await service.settle()).body).toMatchObject({ settled: 0, remaining: 1 })
    await isApplied()
    await service.age(20)
    expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
    expect(service.sent()).toHaveLength(1)
  })

  test('is settled by a reader who asks for a fresh reading', async () => {
    await ask()
    const refresh = async () =>
      (await service.show('t', { refresh: 'true' })).body.attempts[0].state
    expect(await refresh()).toBe('UNKNOWN')
    await isApplied()
    expect(await refresh()).toBe('APPLIED')
    expect(await service.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
  })
})

test('an update that has no effect in three sends is settled as not applied and never sent again', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'reset_before', times: 9, match: { path: '/' } }])
  await service.rpc([amountsUpdated('t', 'm', '4')])
  for (let run = 0; run < 4; run += 1) {
    await service.age(200)
    service.deploy()
    await service.settle()
  }
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated NOT_APPLIED'])
  expect(service.sent()).toHaveLength(3)
  expect(service.applied()).toBe(0)
})

test('an update that expires after a send without effect is not said to have never been sent', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
  const send = () =>
    service.update(
      't',
      'notify_transaction_on_hold',
      { expires_in_seconds: 1 },
      { 'idempotency-key': 'k' },
    )
  expect((await send()).status).toBe(202)
  const isExpired = 'select expires_at <= clock_timestamp() as late from anchor_ops.attempt'
  await expect.poll(() => service.query(isExpired), { timeout: 5_000 }).toEqual([{ late: true }])
  await service.age(200)
  await service.settle()
  const { status, body } = await send()
  expect([status, body.attempt.state]).toEqual([409, 'EXPIRED'])
  expect(body.error).toBe('The update was not applied: it expired.')
  expect(service.sent()).toHaveLength(1)
})

test('an unknown update of a transaction that somebody else changed is left to a person', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
  await service.rpc([amountsUpdated('t', 'm', '4')])
  service.platformHas([withdrawal('t', { status: 'on_hold', updated_at: '2030-01-01T00:00:00Z' })])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, manual: 1 })
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated MANUAL'])
  expect(service.sent()).toHaveLength(1)
  expect(service.log.join('')).toContain('update_needs_a_person')
})

test('an update whose transaction cannot be read is stored, and applied once it can be read', async () => {
  service.platformHas([withdrawal('t')])
  const match = { path: '/transactions/t' }
  service.emulator.setFaults([{ kind: 'status_before', status: 500, times: 3, match }])
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'queued' } })
  expect(service.sent()).toEqual([])
  await service.age(120)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.applied()).toBe(1)
})

test('an update that meets six lock conflicts in a row is not unknown: it waits and is sent later', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'lock_conflict', times: 6, match: { path: '/' } }])
  await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated READY'])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.sent()).toHaveLength(7)
  expect(service.applied()).toBe(1)
})

test('an update that lost to a change is judged again by the transaction that the change left', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'lock_conflict', match: { path: '/' } }])
  const held = withdrawal('t', { status: 'on_hold', updated_at: '2030-01-01T00:00:00Z' })
  service.interceptDatabase(async ({ name }) => {
    if (name === 'record_outcome') service.platformHas([held])
    return undefined
  })
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error).toMatchObject({ code: -32600, data: { legalMethods: expect.any(Array) } })
  expect(service.applied()).toBe(0)
})

test('a refusal because the ledger of the platform failed says that it is temporary', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'ledger_unavailable', match: { path: '/' } }])
  const ask = () => service.rpc([amountsUpdated('t', 'm', '4')])
  expect((await ask()).body[0].error.data).toEqual({ reason: 'platform_ledger_unavailable' })
  expect((await ask()).body[0]).toHaveProperty('result')
})

describe('a lost answer to an update that leaves no trace of its own', () => {
  const start = { status: 'pending_user_transfer_start', transfer_received_at: undefined } as const
  const stored = { amount_out: { amount: '95' }, amount_fee: { amount: '5' } }

  test('proves it, if its status can be reached in one step by this method only', async () => {
    service.platformHas([deposit('t', start)])
    service.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
    const { body } = await service.rpc([
      item('notify_offchain_funds_received', { transaction_id: 't' }),
    ])
    expect(body[0].result).toMatchObject({ status: 'pending_anchor' })
    expect(service.sent()).toHaveLength(1)
  })

  const update = item('notify_amounts_updated', { transaction_id: 't', ...stored })
  const askForStoredAmounts = async () => {
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
    expect((await service.rpc([update])).body[0].error.data.state).toBe('unknown')
    await service.age(200)
  }

  test('sends it again after 180 s, if a repeat changes nothing', async () => {
    await askForStoredAmounts()
    expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1, manual: 0 })
    expect(service.sent()).toHaveLength(2)
  })

  test('leaves it to a person, if the repeat is refused: the first send may have been applied', async () => {
    await askForStoredAmounts()
    service.interceptDatabase(async ({ name }) => {
      // The status changes between the settler's reading and the reading before the send.
      const held = withdrawal('t', { status: 'on_hold', updated_at: '2030-01-01T00:00:00Z' })
      if (name === 'record_outcome') service.platformHas([held])
      return undefined
    })
    for (let run = 0; run < 4; run += 1) {
      expect((await service.settle()).body).toMatchObject({ rejected: 0, notApplied: 0 })
      await service.age(200)
    }
    expect(await service.attempts('t')).toEqual(['notify_amounts_updated MANUAL'])
    expect(service.sent()).toHaveLength(3)
  })

  test('leaves it to a person, if the transaction is gone before it is sent again', async () => {
    await askForStoredAmounts()
    service.interceptDatabase(async ({ name }) => {
      if (name === 'record_outcome') service.platformHas([withdrawal('u')])
      return undefined
    })
    await service.rpc([amountsUpdated('u', 'm')])
    for (let run = 0; run < 3; run += 1) {
      await service.settle()
      await service.age(1_000)
    }
    expect(await service.attempts('t')).toEqual(['notify_amounts_updated MANUAL'])
  })

  test('is not called rejected by a repeat of its request, whose process died', async () => {
    const ask = () => service.rpc([update], { 'idempotency-key': 'k' })
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
    service.interceptDatabase(async ({ name }) => {
      if (name === 'finish_request') throw new TypeError('fetch failed')
      return undefined
    })
    expect((await ask()).status).toBe(503)
    await service.age(200)
    service.interceptDatabase(async ({ name }) => {
      // The settler cannot read the transaction before it sends the update again.
      if (name !== 'record_outcome') return undefined
      const match = { path: '/transactions/t' }
      service.emulator.setFaults([{ kind: 'status_before', match, times: 3 }])
      return undefined
    })
    await service.settle()
    service.interceptDatabase(null)
    expect(await service.attempts('t')).toEqual(['notify_amounts_updated READY'])
    service.platformHas([
      withdrawal('t', { status: 'on_hold', updated_at: '2030-01-01T00:00:00Z' }),
    ])
    expect((await ask()).body[0].error.data.state).toBe('unknown')
  })
})

describe('an applied update that another writer undoes', () => {
  const before = { ...withdrawal('t'), amount_out: '96', amount_fee: '4' }
  const undo = () =>
    service.platformHas([{ ...before, message: 'theirs', updated_at: '2030-01-01T00:00:00Z' }])
  const apply = async () => {
    service.platformHas([before])
    const { body } = await service.rpc([amountsUpdated('t', 'ours', '5')])
    expect(body[0]).toHaveProperty('result')
  }
  const isLost = async () => {
    expect((await service.attempts('t'))[0]).toBe('notify_amounts_updated LOST')
    expect(service.sent()).toHaveLength(1)
    expect(service.log.join('')).toContain('update_lost')
    const { attempts } = (await service.show('t')).body
    expect(attempts[0].outcome).toMatchObject({
      shown: { amount_out: { amount: '95' } },
      now: { amount_out: { amount: '96' } },
    })
  }

  test('is lost at the latest a minute later, by the settler, and not sent again', async () => {
    await apply()
    undo()
    expect((await service.settle()).body).toMatchObject({ settled: 0, manual: 0 })
    await service.age(61)
    expect((await service.settle()).body).toMatchObject({ settled: 1, manual: 1 })
    await service.age(500)
    expect((await service.settle()).body).toMatchObject({ settled: 0 })
    await isLost()
  })

  test('is lost at the reading before the next update, which waits for a person', async () => {
    await apply()
    undo()
    const { body } = await service.rpc([amountsUpdated('t', 'next', '3')])
    expect(body[0].error.data.state).toBe('queued')
    await isLost()
    const { body: later } = await service.rpc([amountsUpdated('t', 'later', '2')])
    expect(later[0].error.data.reason).toBe('blocked_by_manual')
  })

  test('is lost at a fresh reading, and may be sent again after a person decided', async () => {
    await apply()
    undo()
    const { body } = await service.show('t', { refresh: 'true' })
    expect(body.attempts[0].state).toBe('LOST')
    await isLost()
    const path = `/api/transactions/t/attempts/${body.attempts[0].attemptId}`
    const decision = { decision: 'not_applied', note: 'undone by the other service' }
    const decided = await service.call({ method: 'POST', path, body: decision, headers: KEY })
    expect(decided.body).toMatchObject({ attempt: { state: 'NOT_APPLIED' } })
    expect((await service.rpc([amountsUpdated('t', 'again', '5')])).body[0]).toHaveProperty(
      'result',
    )
  })

  test('is looked for once: what a later update of ours changes is no loss', async () => {
    await apply()
    await service.rpc([amountsUpdated('t', 'back', '4')])
    await service.age(61)
    expect((await service.settle()).body).toMatchObject({ settled: 0, manual: 0, remaining: 0 })
    undo()
    await service.age(61)
    expect((await service.settle()).body).toMatchObject({ settled: 0, manual: 0, remaining: 0 })
    expect(await service.attempts('t')).toEqual([
      'notify_amounts_updated APPLIED',
      'notify_amounts_updated APPLIED',
    ])
  })
})

test('a platform that does not check credentials is sent nothing', async () => {
  service.platformHas([withdrawal('t')], { config: { platform_server_auth_type: 'none' } })
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error.data.state).toBe('queued')
  expect(body[0].error.message).toContain('Set PLATFORM_API_AUTH_TYPE at the platform')
  expect(service.sent()).toEqual([])
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated READY'])
  expect(await platformHealth()).toMatchObject(['degraded', { reason: 'unprotected' }])
})

const platformHealth = async () => {
  const { status, body } = await service.call({ path: '/api/health', headers: BEARER })
  return [status === 200 ? body.status : status, body.checks.platform]
}

test('a credential that the platform refuses applies nothing, and no answer or log line shows it', async () => {
  service.deploy({ ANCHOR_PLATFORM_SECRET: 'canary-platform-another-0123456789abcdef' })
  service.platformHas([withdrawal('t')])
  const { status, text } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(status).toBe(200)
  expect(text).not.toContain('canary-platform-another')
  expect(service.log.join('')).not.toContain('canary-platform-another')
  expect(service.log.join('')).toContain('platform_credential_refused')
  expect(text).toContain('Set ANCHOR_PLATFORM_AUTH, ANCHOR_PLATFORM_SECRET')
  expect(service.applied()).toBe(0)
  expect(await platformHealth()).toMatchObject(['degraded', { reason: 'credential_refused' }])
  service.deploy()
  expect(await platformHealth()).toMatchObject(['ok', { status: 'ok', release: '2.8' }])
})

test('a faulty update of a batch is unknown, and each other update has its own result', async () => {
  const ids = ['a', 'b', 'c', 'd']
  service.platformHas(ids.map((id) => withdrawal(id)))
  service.emulator.setFaults([
    { kind: 'reset_before', match: { path: '/', transactionId: 'b' } },
    { kind: 'status_before', status: 403, match: { path: '/', transactionId: 'c' } },
  ])
  const { body } = await service.rpc(ids.map((id) => amountsUpdated(id, 'm', '4')))
  expect(
    body.map(({ error }: { error?: { data?: { state: string } } }) =>
      error === undefined ? 'applied' : (error.data?.state ?? 'rejected'),
    ),
  ).toEqual(['applied', 'unknown', 'rejected', 'applied'])
})

test('a database that is lost after the send makes the result unknown until it is settled', async () => {
  service.platformHas([withdrawal('t')])
  service.interceptDatabase(async ({ name }) =>
    name === 'record_outcome' ? new Response('{"message":"down"}', { status: 503 }) : undefined,
  )
  const { status, body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(status).toBe(200)
  expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'unknown' } })
  expect(service.applied()).toBe(1)
  service.interceptDatabase(null)
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated SENDING'])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.sent()).toHaveLength(1)
})

test('an update that meets a busy platform waits and is sent later', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'status_before', status: 429, match: { path: '/' } }])
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'queued' } })
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated READY'])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.applied()).toBe(1)
})

test('an unattended update stays open while the platform refuses the credential', async () => {
  service.platformHas([withdrawal('t')])
  service.emulator.setFaults([{ kind: 'status_before', status: 429, match: { path: '/' } }])
  await service.rpc([amountsUpdated('t', 'm', '4')])
  service.emulator.setFaults([{ kind: 'status_before', status: 403, match: { path: '/' } }])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 0, rejected: 0, remaining: 1 })
  expect(await service.attempts('t')).toEqual(['notify_amounts_updated READY'])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
})

test('an update of a transaction that somebody else changed is judged by its current state', async () => {
  service.platformHas([withdrawal('t')])
  await service.rpc([amountsUpdated('t', 'first', '4')])
  const held = service.emulator.state().transactions
  service.platformHas(held.map((one) => ({ ...one, updated_at: '2030-01-01T00:00:00Z' })))
  expect((await service.rpc([amountsUpdated('t', 'second', '5')])).body[0]).toHaveProperty('result')
  const { body } = await service.show('t')
  expect(body.attempts[1]).toMatchObject({ state: 'APPLIED', tries: 1 })
  expect(body.attempts[1].pre.updated_at).toBe('2030-01-01T00:00:00Z')
  expect(body.attempts[1].moves.map(({ to }: { to: string }) => to)).toEqual([
    'SENDING',
    'READY',
    'SENDING',
    'APPLIED',
  ])
})

test('a database that is lost before the send delays the send', async () => {
  service.platformHas([withdrawal('t')])
  service.interceptDatabase(async ({ name }) =>
    name === 'start_sending' ? new Response('{"message":"down"}', { status: 503 }) : undefined,
  )
  const { body } = await service.rpc([amountsUpdated('t', 'm', '4')])
  expect(body[0].error.data.state).toBe('unknown')
  expect(service.sent()).toEqual([])
  service.interceptDatabase(null)
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  expect(service.sent()).toHaveLength(1)
})

describe('custody money', () => {
  const custody = {
    config: {
      custody_type: 'fireblocks',
      sep24_deposit_info_generator_type: 'custody',
      destination_has_trustline: true,
    },
  } as const
  const payment = item('do_stellar_payment', { transaction_id: 't' })

  test.each(
    CASES.filter(({ told }) => told === 'unknown').map((one) => ({
      ...one,
      name: nameOf(one.fault),
    })),
  )('$name: is never sent again without a person', async ({ fault, appliedAtOnce }) => {
    service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' }, { platformTimeoutMs: ANSWER_TIMEOUT_MS })
    service.platformHas([deposit('t')], custody)
    service.emulator.setFaults([{ ...fault, match: { path: '/' } }])
    const { body } = await service.rpc([payment])
    expect(body[0].error.data.state).toBe('unknown')
    await service.age(200)
    const { body: settled } = await service.settle()
    // A transaction that shows the payment proves it. One that shows nothing does not prove that nobody was paid.
    expect(settled.applied + settled.manual).toBe(1)
    if (appliedAtOnce === 0) expect(settled.manual).toBe(1)
    await service.age(100_000)
    service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    await service.settle()
    expect(service.sent()).toHaveLength(1)
    expect(service.applied()).toBe(appliedAtOnce)
  })

  test.each([400, 404, 413, 429])(
    'a %i while the platform may still be paying is unknown, and then left to a person',
    async (status) => {
      service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
      service.platformHas([deposit('t')], custody)
      service.emulator.setFaults([{ kind: 'status_before', status, match: { path: '/' } }])
      const { body } = await service.rpc([payment])
      expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'unknown' } })
      await service.age(200)
      expect((await service.settle()).body).toMatchObject({ settled: 1, manual: 1 })
      expect(service.sent()).toHaveLength(1)
    },
  )

  test.each([401, 403])('a %i rejects it: the platform has not begun', async (status) => {
    service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    service.platformHas([deposit('t')], custody)
    service.emulator.setFaults([{ kind: 'status_before', status, match: { path: '/' } }])
    const { body } = await service.rpc([payment])
    expect(body[0].error.data).toEqual({ reason: 'platform_refused', httpStatus: status })
    expect(await service.attempts('t')).toEqual(['do_stellar_payment REJECTED'])
  })

  test('-32603 from custody before anything was saved is unknown, and then left to a person', async () => {
    service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    service.platformHas([deposit('t')], custody)
    service.emulator.setFaults([{ kind: 'event_failure', match: { path: '/' } }])
    const { body } = await service.rpc([payment])
    expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'unknown' } })
    await service.age(200)
    await service.settle()
    const [state] = await service.attempts('t')
    expect(['do_stellar_payment MANUAL', 'do_stellar_payment APPLIED']).toContain(state)
    expect(service.sent()).toHaveLength(1)
  })
})
