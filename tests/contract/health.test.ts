import { beforeEach, describe, expect, test } from 'vitest'
import { jsonAnswer } from '../../local/world/answer.ts'
import { createLedgerStub, type LedgerStub } from '../helpers/ledger-stub.ts'
import { paymentIn } from './observed-payment.ts'
import { BEARER, CRON_SECRET, OPS, useService } from './service.ts'
import { ANCHOR as ACCOUNT, deposit } from './transactions.ts'

const OBSERVED = {
  PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT,
  PAYMENT_OBSERVER_START: '1',
  STELLAR_HORIZON_URL: 'https://horizon.example.org',
}
const service = useService({ sleep: 'none', environment: { ANCHOR_PLATFORM_CUSTODY: 'true' } })
const CUSTODY = {
  custody_type: 'fireblocks',
  sep24_deposit_info_generator_type: 'custody',
  destination_has_trustline: true,
}

interface Shown {
  status: string
  reasons: { check: string; code: string; message: string; docs: string; since?: string }[]
}

const health = (headers: Record<string, string> = {}) =>
  service.call({ path: '/api/health', headers })

/** What an operator sees: the status at the top, and every reason. */
async function shown(): Promise<{ status: string; codes: string[]; reasons: Shown['reasons'] }> {
  const reply = await health(BEARER)
  expect(reply.status).toBe(200)
  const { status, reasons } = reply.body as Shown
  return { status, codes: reasons.map(({ check, code }) => `${check} ${code}`), reasons }
}

const start = (path: string, query = {}) => service.call({ path, query, headers: BEARER })

/** Fails the calls of one database function, as while the database restarts. */
const failing = (name: string) =>
  service.interceptDatabase(async (call) => {
    if (call.name === name) throw new TypeError('fetch failed')
    return undefined
  })

/** Moves the times of runs into the past, as if nothing was called since. */
const passed = (kind: string, seconds: number) =>
  service.query(
    `update anchor_ops.scheduled_run set watched_since = watched_since - make_interval(secs => $2),
      ended_at = ended_at - make_interval(secs => $2), ok_at = ok_at - make_interval(secs => $2) where kind = $1`,
    [kind, seconds],
  )

describe('who sees what', () => {
  test('anybody sees whether the service works, and an operator why it does not', async () => {
    await passed('check', 86_400)
    const open = await health()
    expect([open.status, open.body.status]).toEqual([200, 'degraded'])
    expect(Object.keys(open.body)).toEqual(['status', 'version', 'checks'])
    for (const check of Object.values(open.body.checks)) {
      expect(Object.keys(check as object)).toEqual(['status'])
    }
    const full = await health(BEARER)
    expect(full.body.checks.database).toMatchObject({ status: 'ok', homeDomains: 0 })
    expect(full.body.checks.lastSync).toEqual({ status: 'warning', reason: 'never' })
    expect(full.body.reasons).toEqual([
      {
        check: 'schedule',
        code: 'overdue',
        message: expect.stringMatching(/^A run of check is overdue: it has never ended\. See /),
        docs: 'docs/health.md#schedule-overdue',
        since: expect.any(String),
      },
    ])
  })

  test('a weak secret is told without showing it', async () => {
    service.deploy({ CRON_SECRET: 'weak-one' })
    const weak = await health({ authorization: 'Bearer weak-one' })
    expect(weak.body.checks.configuration).toEqual({
      status: 'warning',
      reason: 'weak_cron_secret',
      querySecretCalls: 0,
    })
    expect(weak.body.status).toBe('ok')
    expect(weak.text).not.toContain('weak-one')
  })

  test('a secret that is missing is told without a secret', async () => {
    service.deploy({ CRON_SECRET: '' })
    const { body } = await health()
    expect(body.checks.configuration).toEqual({ status: 'warning', reason: 'no_cron_secret' })
    expect(Object.keys(body.checks.database)).toEqual(['status'])
  })
})

describe('a run', () => {
  test('that a scheduler never starts is overdue some time after the database was set up', async () => {
    expect((await shown()).status).toBe('ok')
    for (const kind of ['sync', 'check', 'discover', 'settle']) await passed(kind, 44_000)
    expect(await shown()).toMatchObject({
      status: 'degraded',
      codes: ['lastSync overdue', ...Array(3).fill('schedule overdue')],
    })
    // Nothing is observed here, so nobody waits for the observer.
    await passed('observe', 44_000)
    expect((await shown()).codes).toHaveLength(4)
  })

  test('of the sync that failed is told until one succeeds', async () => {
    await start(OPS, { action: 'sync' })
    const failed = await shown()
    expect(failed).toMatchObject({ status: 'degraded', codes: ['lastSync failed'] })
    expect(failed.reasons[0]?.message).toMatch(/^The last run of sync ended with source_\w+\. /)
    const directory = { anchors: [{ domain: 'a.example.org', country: 'MX', currency: 'MXN' }] }
    service.sites.set('directory.example.org', { answer: () => jsonAnswer(directory) })
    const sourceUrl = 'https://directory.example.org/list.json'
    expect((await service.ops({ action: 'sync', sourceUrl })).status).toBe(200)
    const well = await health(BEARER)
    expect(well.body).toMatchObject({
      status: 'ok',
      checks: { lastSync: { status: 'ok', finishedAt: expect.any(String) } },
    })
    // Twice six hours and the time of a run.
    await passed('sync', 43_900)
    expect((await shown()).codes).toEqual(['lastSync overdue'])
  })

  const RUNS: [kind: string, path: string, name: string][] = [
    ['check', '/api/anchors/check', 'claim_checks'],
    ['discover', '/api/anchors/discover', 'read_walk'],
    ['settle', '/api/transactions/settle', 'claim_unsettled'],
    ['observe', '/api/payments/observe', 'begin_observation'],
  ]
  test.each(RUNS)('of %s that failed is told until one succeeds', async (kind, path, name) => {
    const ledger = createLedgerStub()
    service.sites.set('horizon.example.org', {
      answer: () => jsonAnswer({ _embedded: { records: [] } }),
    })
    service.deploy(OBSERVED, { ledger: ledger.source })
    await service.query('update anchor_ops.scheduled_run set watched_since = now()')
    const before = (await shown()).codes
    failing(name)
    expect((await start(path)).status).toBe(503)
    await start(path)
    service.interceptDatabase(null)
    const failed = await shown()
    expect(failed.codes).toEqual(expect.arrayContaining(['schedule failed']))
    const told = failed.reasons.find(({ code }) => code === 'failed')
    expect(told?.message).toContain(`of ${kind} ended with database_unavailable, as the 1 before`)
    expect((await start(path)).status).toBe(200)
    expect((await shown()).codes).not.toContain('schedule failed')
    expect(before).not.toContain('schedule failed')
    await passed(kind, 7_900)
    expect((await shown()).codes).toContain('schedule overdue')
  })

  test('of a walk that Horizon refuses is told', async () => {
    expect((await start('/api/anchors/discover')).status).toBe(502)
    expect((await shown()).codes).toEqual(['schedule failed'])
  })

  test('whose end cannot be noted is done all the same', async () => {
    failing('end_scheduled_run')
    expect((await start('/api/transactions/settle')).status).toBe(200)
    expect(service.log.join('')).toContain('"event":"run_end_not_noted"')
  })
})

describe('work that waits', () => {
  let ledger: LedgerStub
  const observe = () => start('/api/payments/observe')
  beforeEach(() => {
    ledger = createLedgerStub()
    const startedMs = Date.now()
    ledger.closedAt = (sequence) =>
      new Date(startedMs - (ledger.head - sequence) * 5_000).toISOString()
    Object.assign(ledger.source, { account: async () => null, transaction: async () => null })
    service.sites.set('horizon.example.org', {
      answer: () => jsonAnswer({ _embedded: { records: [] } }),
    })
    service.deploy(OBSERVED, { ledger: ledger.source })
  })

  test('for a person is told, and so is money that is open for more than a day', async () => {
    ledger.payments = [paymentIn(ledger, 2)]
    await observe()
    const waits = await shown()
    expect(waits).toMatchObject({ status: 'degraded', codes: ['openMoney waits_for_a_person'] })
    expect(waits.reasons[0]?.message).toMatch(/^1 payment came in and belongs to nobody\./)
    await service.query('alter table anchor_ops.payment disable trigger payment_open')
    await service.query(
      "update anchor_ops.payment set open_since = open_since - interval '25 hours'",
    )
    await service.query('alter table anchor_ops.payment enable trigger payment_open')
    expect((await shown()).codes).toEqual(['openMoney open_too_long'])
  })

  test('for a person is told of an update whose outcome no machine may decide', async () => {
    await observe()
    service.platformHas([deposit('manual')], { config: CUSTODY })
    service.emulator.setFaults([{ kind: 'reset_before', times: 1, match: { path: '/' } }])
    expect((await service.update('manual', 'do_stellar_payment')).status).toBe(202)
    service.emulator.setFaults([])
    await service.age(200)
    await service.settle()
    expect(await service.attempts('manual')).toEqual(['do_stellar_payment MANUAL'])
    const { codes, reasons } = await shown()
    expect(codes).toEqual(['unsettled needs_a_person'])
    expect(reasons[0]?.since).toEqual(expect.any(String))
  })

  test('behind an alarm of the observer is told', async () => {
    await observe()
    expect((await shown()).codes).toEqual([])
    ledger.era = 'second'
    await observe()
    const { codes, reasons } = await shown()
    expect(codes).toEqual(['observer alarm'])
    expect(reasons[0]?.message).toContain('(ledger_reset)')
    expect((await health(BEARER)).body.checks.observer.reason).toBe('ledger_reset')
  })

  test('behind a platform that everybody may call is told', async () => {
    await observe()
    service.platformHas([], { config: { platform_server_auth_type: 'none' } })
    const { codes } = await shown()
    expect(codes).toEqual(['platform unprotected'])
  })
})

describe('a deployment that cannot serve', () => {
  test('answers 503 whichever reading of the database fails, and shows nothing of the failure', async () => {
    service.deploy(OBSERVED, { ledger: createLedgerStub().source })
    await health(BEARER)
    const names = [...new Set(service.databaseCalls.map(({ name }) => name))]
    expect(names.length).toBeGreaterThan(6)
    for (const name of names) {
      service.interceptDatabase(async (call) =>
        call.name === name
          ? Response.json({ message: `broken ${CRON_SECRET}` }, { status: 500 })
          : undefined,
      )
      const reply = await health(BEARER)
      expect([name, reply.status, reply.body.status]).toEqual([name, 503, 'error'])
      expect(reply.body.checks.database).toEqual({ status: 'error', reason: 'unavailable' })
      expect(reply.text).not.toContain('broken')
    }
    // The log may show what the database said.
    service.log.length = 0
  })

  test('because it has no database says which variables to set', async () => {
    service.deploy({}, { database: null })
    const { status, body } = await health(BEARER)
    expect([status, body.checks.database.reason]).toEqual([503, 'not_configured'])
    expect(body.reasons[0].message).toContain('SUPABASE_URL')
  })
})
