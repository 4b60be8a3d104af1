import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { advisoriesOf } from '../../lib/platform/releases/advisories.ts'
import { EMULATOR_RELEASES, type EmulatorRelease } from '../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../local/platform/server.ts'
import { type LoopbackServer, startLoopbackServer } from '../helpers/loopback-server.ts'
import { BEARER, PLATFORM_SECRET, useService } from './service.ts'
import { DEPOSIT_AMOUNTS, deposit, item } from './transactions.ts'

const service = useService()
const FAMILY = { '2.8.4': '2.8', '4.3.0': '4.2' } as const
const AUTO = { ANCHOR_PLATFORM_VERSION: 'auto' }

/** Puts another release behind the same URL. */
function platformIs(release: EmulatorRelease, rows = [deposit('one')], config = {}): void {
  const prefix = release === '2.8.4' ? 'platform_server' : 'platform_api'
  service.emulator.setState({
    initial_transactions: rows,
    config: { release, secret: PLATFORM_SECRET, [`${prefix}_auth_type`]: 'api_key', ...config },
  })
}

async function platformHealth() {
  const { body } = await service.call({ path: '/api/health', headers: BEARER })
  return body.checks.platform
}

const ERROR = 'notify_transaction_error'
const fail = (id: string) => service.update(id, ERROR, { message: 'm' })

describe.each(EMULATOR_RELEASES)('a service set to auto in front of %s', (release) => {
  test('finds it, says so in health, and applies an update by its rules', async () => {
    platformIs(release)
    service.deploy(AUTO, { asksRelease: true })
    expect(await platformHealth()).toEqual({
      status: 'ok',
      release: FAMILY[release],
      from: 'found',
      knownBy: 'run',
      alike: { '2.8.4': [], '4.3.0': ['4.4'] }[release],
      advisories: advisoriesOf(FAMILY[release]),
    })
    expect((await fail('one')).status).toBe(200)
    expect(service.statusAtPlatform('one')).toBe('error')
  })

  test('says so when a person set another release', async () => {
    platformIs(release)
    const other = release === '2.8.4' ? '4.3.0' : '2.8.4'
    service.deploy({ ANCHOR_PLATFORM_VERSION: other }, { asksRelease: true })
    expect(await platformHealth()).toMatchObject({
      status: 'error',
      reason: 'release_mismatch',
      release: FAMILY[other],
      from: 'set',
    })
  })
})

test('a method that the real release would misread is kept, and sent once platform and setting agree', async () => {
  const rows = [deposit('one', { status: 'incomplete', transfer_received_at: undefined })]
  platformIs('4.3.0', rows)
  service.deploy({ ANCHOR_PLATFORM_VERSION: '2.8.4' }, { asksRelease: true })
  const { status, body } = await service.update('one', 'request_offchain_funds', DEPOSIT_AMOUNTS)
  expect(status).toBe(202)
  expect(body.attempt).toMatchObject({ state: 'READY', reason: expect.stringContaining('4.2') })
  expect(service.sent()).toEqual([])
  platformIs('2.8.4', rows)
  service.passTime(5 * 60_000 + 1)
  await service.age(60)
  await service.settle()
  expect(await service.attempts('one')).toEqual(['request_offchain_funds APPLIED'])
})

test('the exchange of the platform behind the URL is noticed while the service runs', async () => {
  platformIs('2.8.4')
  service.deploy(AUTO, { asksRelease: true })
  expect(await platformHealth()).toMatchObject({ release: '2.8' })
  platformIs('4.3.0')
  service.passTime(5 * 60_000 + 1)
  expect(await platformHealth()).toMatchObject({ status: 'ok', release: '4.2' })
  expect((await fail('one')).status).toBe(200)
})

test('the exchange is noticed at once by the answer to a reading that the platform does not have', async () => {
  platformIs('4.3.0')
  service.deploy(AUTO, { asksRelease: true })
  expect(await platformHealth()).toMatchObject({ release: '4.2' })
  platformIs('2.8.4')
  const { body } = await service.rpc([item('get_transaction', { transaction_id: 'one' })])
  expect(body[0].error.code).toBe(-32601)
  expect(await platformHealth()).toMatchObject({ status: 'ok', release: '2.8' })
})

test('a platform that is away has the release that was last found there', async () => {
  platformIs('4.3.0')
  service.deploy(AUTO, { asksRelease: true })
  expect(await platformHealth()).toMatchObject({ release: '4.2' })
  service.emulator.setFaults([{ kind: 'status_before', status: 503, times: 100 }])
  service.deploy(AUTO, { asksRelease: true })
  expect((await fail('one')).status).toBe(202)
  service.emulator.setFaults([])
})

describe('an upgrade from 2.8.4 to 4.3.0 while updates are under way', () => {
  const rows = [deposit('one', { status: 'incomplete', transfer_received_at: undefined })]
  const METHOD = 'request_offchain_funds'
  const ask = () => service.update('one', METHOD, DEPOSIT_AMOUNTS)
  beforeEach(async () => {
    platformIs('2.8.4', rows)
    service.deploy(AUTO, { asksRelease: true })
    expect(await platformHealth()).toMatchObject({ release: '2.8' })
  })

  test('an update that was stored before it is sent in the form of the new release', async () => {
    service.emulator.setFaults([{ kind: 'status_before', status: 503, times: 100 }])
    expect((await ask()).body.attempt.state).toBe('READY')
    platformIs('4.3.0', rows)
    service.emulator.setFaults([])
    service.passTime(11_000)
    await service.age(60)
    await service.settle()
    expect(await service.attempts('one')).toEqual([`${METHOD} APPLIED`])
    expect(service.statusAtPlatform('one')).toBe('pending_user_transfer_start')
  })

  test('an update that the new release refuses is kept, and sent in its form', async () => {
    platformIs('4.3.0', rows)
    const { status, body } = await ask()
    expect([status, body.attempt]).toMatchObject([
      202,
      { state: 'READY', reason: expect.stringContaining('the platform is of release 4.2') },
    ])
    await service.age(60)
    await service.settle()
    expect(await service.attempts('one')).toEqual([`${METHOD} APPLIED`])
  })

  test('the new release is known to the first update after the platform was away', async () => {
    service.emulator.setFaults([{ kind: 'status_before', status: 503, times: 2 }])
    await service.show('one', { refresh: 'true' })
    platformIs('4.3.0', rows)
    service.emulator.setFaults([])
    const { status, body } = await ask()
    expect([status, body.attempt.warnings]).toMatchObject([200, [{ nearest: 'fee_details' }]])
  })
})

describe('a balancer with two releases behind it', () => {
  let [balancer, other]: [LoopbackServer?, PlatformEmulator?] = []
  afterEach(() => Promise.all([balancer?.close(), other?.close()]))

  test('gets nothing, is told in health and read on, and gets what waited once both are of one release', async () => {
    platformIs('2.8.4')
    const second = await startPlatformEmulator()
    other = second
    let isMixed = false
    balancer = await startLoopbackServer(async ({ method, path, headers, body }, response) => {
      const { url } = isMixed && method === 'POST' ? second : service.emulator
      const answer = await fetch(url + path, {
        method,
        headers: {
          'content-type': headers['content-type'] ?? '',
          'x-api-key': String(headers['x-api-key'] ?? ''),
        },
        ...(method === 'POST' ? { body } : {}),
      })
      const type = answer.headers.get('content-type') ?? ''
      response.writeHead(answer.status, { 'content-type': type }).end(await answer.text())
    })
    second.setState({
      initial_transactions: [deposit('one')],
      config: { release: '4.3.0', secret: PLATFORM_SECRET, platform_api_auth_type: 'api_key' },
    })
    service.deploy({ ...AUTO, ANCHOR_PLATFORM_URL: balancer.origin }, { asksRelease: true })
    expect(await platformHealth()).toMatchObject({ status: 'ok', release: '2.8' })
    isMixed = true
    service.passTime(5 * 60_000 + 1)
    expect(await platformHealth()).toMatchObject({ status: 'error', reason: 'release_unknown' })
    const { status, body } = await fail('one')
    expect([status, body.attempt.state]).toEqual([202, 'READY'])
    expect((await service.show('one', { refresh: 'true' })).status).toBe(200)
    expect([service.applied(), second.requests().some(({ applied }) => applied > 0)]).toEqual([
      0,
      false,
    ])
    isMixed = false
    service.passTime(11_000)
    await service.age(60)
    await service.settle()
    expect(await service.attempts('one')).toEqual([`${ERROR} APPLIED`])
  })
})

test.each(EMULATOR_RELEASES)(
  'the release of a %s that takes one call in a request is found',
  async (release) => {
    platformIs(release, undefined, { rpc_batch_size_limit: 1 })
    service.deploy(AUTO, { asksRelease: true })
    expect(await platformHealth()).toMatchObject({ status: 'ok', release: FAMILY[release] })
    expect((await fail('one')).status).toBe(200)
  },
)

test('a process that begins while the platform is away knows the release that another one found there', async () => {
  platformIs('4.3.0')
  service.emulator.setFaults([{ kind: 'status_before', status: 503, times: 100 }])
  // This process has asked nobody behind this path, so what it knows of it stands in the database.
  const url = `${service.emulator.url}/away`
  service.deploy({ ...AUTO, ANCHOR_PLATFORM_URL: url }, { asksRelease: true })
  expect((await fail('one')).status).toBe(502)
  const store = (release: string) =>
    service.query('select public.record_platform_release($1, $2)', [
      url.replace('http://', ''),
      release,
    ])
  // A later version of this service, which was rolled back, may have known it.
  await store('99.0')
  expect((await fail('one')).status).toBe(502)
  await store('4.2')
  expect((await fail('one')).status).toBe(202)
})

test('a platform that cannot be told gets nothing, and the caller and health hear why', async () => {
  platformIs('2.8.4')
  service.emulator.setFaults([{ kind: 'status_before', status: 418, times: 100 }])
  service.deploy(
    { ...AUTO, ANCHOR_PLATFORM_URL: `${service.emulator.url}/other` },
    { asksRelease: true },
  )
  const { status, body } = await fail('one')
  expect([status, body.code]).toEqual([502, 'platform_unavailable'])
  expect(body.error).toContain('ANCHOR_PLATFORM_VERSION')
  expect(await platformHealth()).toMatchObject({ status: 'error', reason: 'release_unknown' })
  expect(service.sent()).toEqual([])
})

test('a fee in the form of 2.x reaches 4.3.0 in its own form, and the answer names it', async () => {
  platformIs('4.3.0', [deposit('one', { status: 'incomplete' })])
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' }, { asksRelease: true })
  const { status, body } = await service.update('one', 'request_offchain_funds', DEPOSIT_AMOUNTS)
  expect([status, body.attempt.state]).toEqual([200, 'APPLIED'])
  expect(body.attempt.warnings).toMatchObject([{ param: 'amount_fee', nearest: 'fee_details' }])
  expect(service.sent().join()).toContain('request_offchain_funds')
})

test('a fee without an asset is refused for 4.3.0 before anything is sent', async () => {
  platformIs('4.3.0')
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' }, { asksRelease: true })
  const { status, body } = await service.update('one', 'notify_amounts_updated', {
    amount_out: { amount: '95' },
    amount_fee: { amount: '5' },
  })
  expect(status).toBe(400)
  expect(body.error).toContain('amount_fee refused: {"amount":"5"}; allowed: amount_fee with')
  expect(service.sent()).toEqual([])
})
