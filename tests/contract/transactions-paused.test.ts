import { describe, expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'

const METHOD = 'notify_amounts_updated'
const { transaction_id: _, ...params } = amountsUpdated('t', 'm').params as Record<string, unknown>

describeOnReal('an update that an open breaker put off', (kind) => {
  const { a, b } = useInstances(kind, { sleep: 'pass' })

  /** Two transactions cannot be reached through a gateway, which opens the breaker of instance a. Then it can again. */
  const openBreaker = async () => {
    a.platformHas(['first', 'bad', 'worse', 't', 'u'].map((id) => withdrawal(id)))
    await a.update('first', METHOD, params)
    for (const id of ['bad', 'worse']) {
      const match = { path: `/transactions/${id}` }
      a.emulator.setFaults([{ kind: 'status_before', status: 502, times: 3, match }])
      expect((await a.update(id, METHOD, params)).status).toBe(202)
    }
    expect(a.log.join('')).toContain('platform_breaker_open')
    a.emulator.setFaults([])
    for (const id of ['t', 'u']) {
      expect((await a.update(id, METHOD, params)).body.attempt.state).toBe('READY')
    }
  }
  const isApplied = async (...ids: string[]) => {
    for (const id of ids) expect(await a.attempts(id)).toEqual([`${METHOD} APPLIED`])
  }

  test('is sent at once by another instance, whose breaker is closed', async () => {
    await openBreaker()
    await b.settle()
    await isApplied('t', 'u')
    // This one failed itself and waits for its time.
    expect(await a.attempts('bad')).toEqual([`${METHOD} READY`])
  })

  describe('and that only its own instance may send', () => {
    test('waits while the breaker is open, and is sent when the breaker lets a call out', async () => {
      await openBreaker()
      await a.settle()
      expect(await a.attempts('t')).toEqual([`${METHOD} READY`])
      a.passTime(15_000)
      await a.settle()
      await isApplied('t', 'u', 'worse')
    })

    test('is sent by the run of the settler that found the breaker open', async () => {
      await openBreaker()
      await a.age(70)
      expect((await a.settle()).body).toMatchObject({ settled: 4, applied: 4, remaining: 0 })
      await isApplied('t', 'u', 'bad', 'worse')
    })
  })

  test('is put off again while the platform does not answer, and the run ends', async () => {
    await openBreaker()
    await a.age(70)
    a.emulator.setFaults([{ kind: 'status_before', status: 502, times: 1_000 }])
    expect((await a.settle()).body).toMatchObject({ settled: 0, remaining: 4 })
    expect(await a.attempts('t')).toEqual([`${METHOD} READY`])
  })
})
