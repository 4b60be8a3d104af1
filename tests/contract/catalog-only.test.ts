import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { BEARER, useService } from './service.ts'
import { deposit, item } from './transactions.ts'

const service = useService()
const WITHOUT_PLATFORM = {
  ANCHOR_PLATFORM_URL: undefined,
  ANCHOR_PLATFORM_AUTH: undefined,
  ANCHOR_PLATFORM_SECRET: undefined,
}
const { crons } = JSON.parse(
  readFileSync(new URL('../../vercel.json', import.meta.url), 'utf8'),
) as { crons: { path: string }[] }
/** What Vercel calls each minute, whatever a deployment has. */
const EACH_MINUTE = ['/api/transactions/settle', '/api/payments/observe', '/api/events/deliver']

const call = (path: string) => service.call({ path, headers: BEARER })
const logged = () => service.log.map((line) => JSON.parse(line))

describe('a deployment that runs only the catalog', () => {
  beforeEach(() => service.deploy(WITHOUT_PLATFORM))

  test('answers each cron of every minute with 200 and what it did without, and logs that once, as no fault', async () => {
    expect(crons.map(({ path }) => path)).toEqual(expect.arrayContaining(EACH_MINUTE))
    const nothing = { settled: 0, applied: 0, rejected: 0, notApplied: 0, manual: 0, remaining: 0 }
    for (let minute = 0; minute < 3; minute += 1) {
      const replies = []
      for (const path of EACH_MINUTE) replies.push(await call(path))
      expect(replies.map(({ status, body }) => [status, body])).toEqual([
        [200, { ...nothing, skipped: 'not_configured' }],
        [200, { accounts: [], skipped: 'not_configured' }],
        [200, { delivered: 0, failed: 0, parked: 0 }],
      ])
    }
    const lines = logged().filter(({ event }) => event !== 'request')
    expect(lines).toMatchObject(
      ['settle', 'observe'].map((kind) => ({
        level: 'info',
        event: 'run_skipped',
        kind,
        reason: 'not_configured',
      })),
    )
    expect(lines).toHaveLength(2)
  })

  test('shows in its health what is not configured, and nothing of it as a fault', async () => {
    for (const path of EACH_MINUTE) await call(path)
    const { status, body } = await call('/api/health')
    expect([status, body.status, body.reasons]).toEqual([200, 'ok', []])
    for (const name of ['platform', 'observer', 'webhooks']) {
      expect(body.checks[name], name).toEqual({ status: 'ok', reason: 'not_configured' })
    }
  })

  test('refuses to restart an account, because none is observed', async () => {
    const body = { account: 'G…', startAt: 'now', note: 'again' }
    const path = '/api/payments/observe'
    const reply = await service.call({ method: 'POST', path, body, headers: BEARER })
    expect([reply.status, reply.body.code]).toEqual([503, 'configuration_invalid'])
  })
})

test('a platform that is no longer configured although updates are open fails each run of the settler', async () => {
  service.platformHas([deposit('t')])
  service.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
  service.deploy({}, { platformTimeoutMs: 200 })
  await service.rpc([item('notify_transaction_error', { transaction_id: 't', message: 'broken' })])
  expect(await service.attempts('t')).toEqual(['notify_transaction_error UNKNOWN'])
  service.deploy(WITHOUT_PLATFORM)
  const { status, body } = await service.settle()
  expect([status, body.code, body.error]).toEqual([
    503,
    'configuration_invalid',
    expect.stringContaining('Set ANCHOR_PLATFORM_URL'),
  ])
  expect(logged().filter(({ level }) => level === 'error')).toMatchObject([
    { event: 'request_failed' },
  ])
})

test.each([
  ['ANCHOR_PLATFORM_URL', { ...WITHOUT_PLATFORM, ANCHOR_PLATFORM_SECRET: 'forgotten-beside-it' }],
  ['PAYMENT_OBSERVER_ACCOUNTS', { PAYMENT_OBSERVER_START: 'now' }],
])('a %s that was forgotten is a setting that is not allowed', (name, environment) => {
  expect(() => service.deploy(environment)).toThrow(`${name} is not set, but`)
})
