import parse from 'parse-prometheus-text-format'
import { describe, expect, test } from 'vitest'
import { createLedgerStub } from '../helpers/ledger-stub.ts'
import { paymentIn } from './observed-payment.ts'
import { BEARER, KEY, useService } from './service.ts'
import { ANCHOR as ACCOUNT, amountsUpdated, deposit, withdrawal } from './transactions.ts'

const OBSERVED = { PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT, PAYMENT_OBSERVER_START: '1' }
const service = useService({ sleep: 'none' })

/** Every sample by its name and labels, as `name` or `name{label="value"}` with the labels in order. */
async function scrape(headers: Record<string, string> = BEARER): Promise<Record<string, string>> {
  const reply = await service.call({ path: '/api/metrics', headers })
  expect(reply.status).toBe(200)
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(reply.headers.get('cache-control')).toBe('no-store')
  return Object.fromEntries(
    parse(reply.text).flatMap(({ name, metrics }) =>
      metrics.map(({ labels = {}, value = '' }) => {
        const written = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
        const key = written.length === 0 ? name : `${name}{${written.join(',')}}`
        return [key.replace('anchor_ops_', ''), value]
      }),
    ),
  )
}

describe('GET /api/metrics', () => {
  test('shows every count of an empty deployment as 0, and no run that nobody schedules', async () => {
    const shown = await scrape()
    expect(shown).toMatchObject({
      'info{version="development",network="mainnet"}': '1',
      'platform_info{release="2.8"}': '1',
      'updates_open{state="ready"}': '0',
      'updates_ended_last_hour{outcome="applied"}': '0',
      'payments_judged_last_hour{verdict="credited"}': '0',
      'attention{kind="update_manual"}': '0',
      open_money_oldest_age_seconds: '0',
      listings: '0',
      'checks_due{priority="2"}': '0',
      'run_overdue{run="settle"}': '0',
      'run_failures_in_a_row{run="sync"}': '0',
    })
    expect(Object.keys(shown).filter((key) => /^observer_|"observe"/.test(key))).toEqual([])
    expect(Object.keys(shown)).not.toContain('run_last_end_timestamp_seconds{run="sync"}')
  })

  test('counts updates by state and by what became of them, and how old the oldest is', async () => {
    service.platformHas([withdrawal('w'), deposit('d')])
    await service.rpc([amountsUpdated('w', 'm'), amountsUpdated('nobody', 'm')])
    service.emulator.setFaults([{ kind: 'status_before', status: 503, times: 1_000 }])
    expect((await service.update('d', 'notify_transaction_error', { message: 'm' })).status).toBe(
      202,
    )
    service.emulator.setFaults([])
    await service.query('alter table anchor_ops.attempt disable trigger user')
    await service.query(
      "update anchor_ops.attempt set created_at = created_at - interval '2 hours' where transaction_id = 'd'",
    )
    await service.query('alter table anchor_ops.attempt enable trigger user')
    const shown = await scrape(KEY)
    const open = ['ready', 'sending', 'unknown'].map(
      (state) => shown[`updates_open{state="${state}"}`],
    )
    expect(open.map(Number).reduce((sum, one) => sum + one)).toBe(1)
    expect(shown).toMatchObject({
      'updates_ended_last_hour{outcome="applied"}': '1',
      'updates_ended_last_hour{outcome="rejected"}': '1',
      updates_ended_last_hour_whole: '1',
      'attention{kind="update_late"}': '1',
    })
    const age = Number(shown['update_oldest_unsettled_age_seconds'])
    expect(age).toBeGreaterThanOrEqual(7_200)
    expect(age).toBeLessThan(7_300)
  })

  test('counts payments by verdict and open money with its digits, and shows how the observer stands', async () => {
    const ledger = createLedgerStub()
    const startedMs = Date.now()
    ledger.closedAt = (sequence) =>
      new Date(startedMs - (ledger.head - sequence) * 5_000).toISOString()
    Object.assign(ledger.source, { account: async () => null, transaction: async () => null })
    service.deploy(OBSERVED, { ledger: ledger.source })
    ledger.payments = [
      paymentIn(ledger, 2, { amount: '900719925474.0993001' }),
      paymentIn(ledger, 3, { amount: '0.0000001' }),
    ]
    await service.call({ path: '/api/payments/observe', headers: BEARER })
    const shown = await scrape()
    const amounts = Object.entries(shown).filter(([key]) => key.startsWith('open_money_amount'))
    expect(amounts).toEqual([
      [expect.stringContaining('asset="stellar:USDC:'), '900719925474.0993002'],
    ])
    expect(shown).toMatchObject({
      'payments_judged_last_hour{verdict="no_match"}': '2',
      'attention{kind="payment"}': '2',
      open_money_whole: '1',
      [`observer_alarm{account="${ACCOUNT}"}`]: '0',
      [`observer_lag_seconds{account="${ACCOUNT}"}`]: expect.stringMatching(/^\d+(\.\d+)?$/),
      'run_failures_in_a_row{run="observe"}': '0',
    })
    const endedAt = Number(shown['run_last_end_timestamp_seconds{run="observe"}'])
    expect(endedAt * 1_000).toBeGreaterThanOrEqual(startedMs - 1)
    ledger.era = 'second'
    await service.call({ path: '/api/payments/observe', headers: BEARER })
    expect(await scrape()).toMatchObject({
      [`observer_alarm{account="${ACCOUNT}"}`]: '1',
      'attention{kind="observer_alarm"}': '1',
    })
  })

  test('counts listings, checks that are due and overdue, and runs that failed', async () => {
    const rows = ['MX', 'NG', 'PH'].map((country) => ({
      ...{
        domain: `${country}.example.org`.toLowerCase(),
        name: country,
        country,
        currency: 'USDC',
      },
      type: 'on-ramp',
    }))
    const imported = { action: 'import_directory', anchors: rows, dryRun: false }
    expect((await service.ops(imported)).body.written).toBe(3)
    await service.ops({ action: 'sync' })
    await service.query(
      `update anchor_ops.due_check set due_at = now() - case domain when 'mx.example.org' then interval '2 hours' else interval '1 minute' end`,
    )
    const shown = await scrape()
    expect(shown).toMatchObject({
      listings: '3',
      listings_operational: '0',
      'run_failures_in_a_row{run="sync"}': '1',
    })
    const sum = (name: string) =>
      [0, 1, 2].reduce((all, priority) => all + Number(shown[`${name}{priority="${priority}"}`]), 0)
    expect([sum('checks_due'), sum('checks_overdue')]).toEqual([3, 1])
  })

  test('asks neither the platform nor an anchor', async () => {
    const before = service.emulator.requests().length
    await scrape()
    expect(service.emulator.requests().length).toBe(before)
    expect(service.requests()).toEqual({})
    expect(service.databaseCalls.map(({ name }) => name)).toEqual(['read_metrics'])
  })

  test('is a 503 if the database fails', async () => {
    service.interceptDatabase(async () => Response.json({ message: 'broken' }, { status: 500 }))
    const reply = await service.call({ path: '/api/metrics', headers: BEARER })
    expect([reply.status, reply.body.code]).toEqual([503, 'database_unavailable'])
  })
})
