import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonSource } from '../../lib/ledger/horizon/source.ts'
import { NETWORK_PASSPHRASE } from '../../lib/stellar/network.ts'
import { createHorizonEndpoint, type HorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { fetchInProcess } from '../../local/ledger/in-process-fetch.ts'
import type { OperationForm } from '../../local/ledger/ledger-transaction.ts'
import { createSimulatedLedger, type SimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import { useService } from './service.ts'
import {
  ANCHOR,
  deposit,
  item,
  stellarPayment,
  USDC,
  USER,
  withdrawal,
  XLM,
} from './transactions.ts'

const METHOD = 'notify_onchain_funds_sent'
const HORIZON = 'https://horizon.sim'

const service = useService({ sleep: 'none' })
let ledger: SimulatedLedger
let horizon: HorizonEndpoint

beforeEach(() => {
  ledger = createSimulatedLedger({
    passphrase: NETWORK_PASSPHRASE.mainnet,
    // The newest ledger is younger than each report, so the source does not lag.
    genesis: new Date(Date.now() + 60_000),
  })
  ledger.setAccount({ id: USER, trustlines: [{ asset: USDC, balance: '7', limit: '1000' }] })
  horizon = createHorizonEndpoint(ledger, HORIZON)
  const io = { fetch: fetchInProcess(horizon.answer), sleep: async () => {}, now: () => new Date() }
  service.deploy({}, { ledger: createHorizonSource({ url: HORIZON }, io) })
})

/** A hash that the platform always knows, with this payment on the ledger of the service; null: without one. */
function paidBy(change: Partial<Extract<OperationForm, { type: 'payment' }>> | null): string {
  const { hash, ledger_fixture } = stellarPayment()
  service.platformHas([deposit('t')], { ledger_fixture })
  if (change === null) return hash
  const payment = { type: 'payment', to: USER, asset: USDC, amount: '95', ...change } as const
  ledger.close([{ source: ANCHOR, hash, operations: [payment] }])
  return hash
}

const report = (hash: string, more: object = {}) =>
  service.update('t', METHOD, { stellar_transaction_id: hash, ...more })
const shown = async () => (await service.show('t')).body.attempts[0]

test('a payment that the ledger shows as expected is reported, with what the ledger said', async () => {
  const { status, body } = await report(paidBy({}))
  expect(status).toBe(200)
  expect(body.attempt).toMatchObject({
    state: 'APPLIED',
    ledger: {
      received: [{ account: USER, asset: USDC, amount: '95' }],
      trustline: { account: USER, asset: USDC, exists: true, balance: '7.0000000' },
    },
  })
  expect(await shown()).toMatchObject({
    state: 'APPLIED',
    forced: null,
    ledger: body.attempt.ledger,
  })
})

describe('a payment that is not the expected one is refused by name, and nothing is sent', () => {
  test.each([
    ['stellar_transaction_not_found', null],
    [
      'stellar_destination_mismatch',
      { to: 'GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7' },
    ],
    ['stellar_asset_mismatch', { asset: XLM }],
    ['stellar_amount_mismatch', { amount: '94.9999999' }],
  ] as const)('%s', async (reason, change) => {
    const { status, body } = await report(paidBy(change))
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: -32600, data: { reason }, attempt: { state: 'REJECTED' } })
    expect(service.sent()).toEqual([])
    expect(service.statusAtPlatform('t')).toBe('pending_anchor')
    expect(await shown()).toMatchObject({
      state: 'REJECTED',
      outcome: { error: { data: { reason } } },
    })
  })
})

test('a person overrides the refusal with force and a note, and both are kept', async () => {
  const { status, body } = await report(paidBy({ amount: '90' }), { force: true, note: 'fee of 5' })
  expect(status).toBe(200)
  expect(service.sent()).toEqual([`t ${METHOD}`])
  const wouldBeRefused = { data: { reason: 'stellar_amount_mismatch' } }
  expect(body.attempt.ledger).toMatchObject({ forced: true, wouldBeRefused })
  const kept = await shown()
  expect(kept).toMatchObject({ forced: 'fee of 5', ledger: { wouldBeRefused } })
  expect(kept.params).not.toHaveProperty('force')
  expect(kept.params).not.toHaveProperty('note')
})

test('force without a note is refused before anything is stored', async () => {
  const { status, body } = await report(paidBy({}), { force: true })
  expect(status).toBe(400)
  expect(body.error).toContain('note')
  expect(await service.attempts('t')).toEqual([])
})

test('a report waits while the ledger cannot be read, and is sent when it can', async () => {
  const hash = paidBy({})
  horizon.setFaults([{ kind: 'status', status: 503, times: 50 }])
  const { status, body } = await report(hash)
  expect(status).toBe(202)
  expect(body.attempt).toMatchObject({ state: 'READY', reason: expect.stringContaining('ledger') })
  expect(service.sent()).toEqual([])
  horizon.setFaults([])
  await service.age(200)
  expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
})

describe('a payment that the source does not have yet', () => {
  const lag = () => {
    ledger = createSimulatedLedger({ passphrase: NETWORK_PASSPHRASE.mainnet })
    horizon = createHorizonEndpoint(ledger, HORIZON)
    const io = {
      fetch: fetchInProcess(horizon.answer),
      sleep: async () => {},
      now: () => new Date(),
    }
    service.deploy({}, { ledger: createHorizonSource({ url: HORIZON }, io) })
  }
  const close = (hash: string) =>
    ledger.close([
      {
        source: ANCHOR,
        hash,
        operations: [{ type: 'payment', to: USER, asset: USDC, amount: '95' }],
      },
    ])

  test('is waited for one ledger, if the newest one closed before the report', async () => {
    lag()
    const hash = paidBy(null)
    service.interceptDatabase(async ({ name }) => {
      if (name === 'read_report_time') close(hash)
      return undefined
    })
    expect((await report(hash)).status).toBe(200)
    expect(service.sleeps[0]).toBe(6_000)
  })

  test('waits for the settler while the source lags', async () => {
    lag()
    const hash = paidBy(null)
    const { status, body } = await report(hash)
    expect([status, body.attempt.state]).toEqual([202, 'READY'])
    expect(body.attempt.reason).toMatch(/newest ledger closed at .*, before the report at /)
    expect(service.sent()).toEqual([])
    close(hash)
    await service.age(200)
    expect((await service.settle()).body).toMatchObject({ applied: 1 })
  })

  test('is refused after 5 minutes', async () => {
    lag()
    await report(paidBy(null))
    let secondsMore = 299
    // An attempt's time never changes, so the test moves the age that the database tells.
    service.interceptDatabase(async ({ name }, pass) => {
      if (name !== 'read_report_time') return undefined
      const { reportedAt, secondsAgo } = await (await pass()).json()
      return Response.json({ reportedAt, secondsAgo: secondsAgo + secondsMore })
    })
    await service.age(200)
    expect((await service.settle()).body).toMatchObject({ rejected: 0, remaining: 1 })
    secondsMore = 301
    await service.age(200)
    expect((await service.settle()).body).toMatchObject({ rejected: 1 })
    const reason = 'stellar_transaction_not_found'
    expect(await shown()).toMatchObject({ outcome: { error: { data: { reason } } } })
    expect(service.sent()).toEqual([])
  })
})

test('force sends a report that waits for the ledger, under the same attempt', async () => {
  const hash = paidBy({})
  horizon.setFaults([{ kind: 'status', status: 503, times: 50 }])
  const waiting = await report(hash)
  const forced = await report(hash, { force: true, note: 'seen on another Horizon' })
  expect(forced.status).toBe(200)
  expect(forced.body.attempt.id).toBe(waiting.body.attempt.id)
  expect(await shown()).toMatchObject({ state: 'APPLIED', forced: 'seen on another Horizon' })
})

test("a payment that the ledger confirms is refused by the status in the platform's own words", async () => {
  const hash = paidBy({})
  const { ledger_fixture } = service.emulator.state()
  service.platformHas([deposit('t', { status: 'completed' })], { ledger_fixture })
  const { status, body } = await report(hash)
  expect(status).toBe(409)
  expect(body.error).toMatch(/^RPC method\[/)
})

test('a wrong payment is not sent in the hope that the status refuses it, since the status may change', async () => {
  const hash = paidBy({ amount: '1' })
  const { ledger_fixture } = service.emulator.state()
  service.platformHas([deposit('t', { status: 'pending_user_transfer_start' })], { ledger_fixture })
  service.interceptDatabase(async ({ name }) => {
    if (name === 'start_sending') service.platformHas([deposit('t')], { ledger_fixture })
    return undefined
  })
  const { status, body } = await report(hash)
  expect([status, body.data.reason]).toEqual([409, 'stellar_amount_mismatch'])
  expect(service.applied()).toBe(0)
})

test('the other updates of a batch are applied beside a refused payment', async () => {
  const wrong = paidBy({ amount: '1' })
  service.platformHas([deposit('t'), withdrawal('u')])
  const { body } = await service.rpc([
    item(METHOD, { transaction_id: 't', stellar_transaction_id: wrong }),
    item('notify_offchain_funds_sent', { transaction_id: 'u', external_transaction_id: 'x' }),
  ])
  expect(body[0].error.data.reason).toBe('stellar_amount_mismatch')
  expect(body[1].result.status).toBe('completed')
})

test('a missing trustline is shown with notify_trust_set and does not refuse it', async () => {
  ledger.setAccount({ id: USER, trustlines: [] })
  service.platformHas([deposit('t', { status: 'pending_trust' })])
  const { status, body } = await service.update('t', 'notify_trust_set', { success: false })
  expect(status).toBe(200)
  expect(body.attempt.ledger).toMatchObject({
    trustline: { account: USER, asset: USDC, accountExists: true, exists: false },
  })
  expect((await shown()).ledger).toEqual(body.attempt.ledger)
})
