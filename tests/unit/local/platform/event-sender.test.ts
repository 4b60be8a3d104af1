import { afterEach, describe, expect, test, vi } from 'vitest'
import { refusalOfEvent } from '../../../../lib/http/event-auth.ts'
import type { EmulatorRelease } from '../../../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { deposit } from '../../../contract/transactions.ts'
import { type LoopbackServer, startLoopbackServer } from '../../../helpers/loopback-server.ts'
import { item, post } from './fixtures.ts'

const SECRET = 'the-secret-of-events-0123456789ab'
let emulator: PlatformEmulator
let receiver: LoopbackServer
afterEach(async () => {
  await emulator.close()
  await receiver.close()
})

async function start(release: EmulatorRelease, config: object, answers: string[] = []) {
  receiver = await startLoopbackServer((_, response) => void response.end(answers.shift() ?? '{}'))
  const events = { events_enabled: true, callback_api_base_url: `${receiver.origin}/base?q=1` }
  emulator = await startPlatformEmulator({
    release,
    state: { initial_transactions: [deposit('one')], config: { ...events, ...config } },
  })
}

/** Starts an update, waits until it is saved, and ends the wait for its event. */
async function update(): Promise<unknown> {
  const params = { transaction_id: 'one', message: 'm' }
  const body = [{ jsonrpc: '2.0', id: 1, method: 'notify_transaction_error', params }]
  let isAnswered = false
  const answered = fetch(emulator.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then(async (answer) => {
    isAnswered = true
    const [item] = (await answer.json()) as { result: unknown }[]
    return item?.result
  })
  await vi.waitFor(() => expect(emulator.state().events_published).toBe(1))
  expect([emulator.state().transactions[0]?.status, isAnswered]).toEqual(['error', false])
  emulator.endDelays()
  return answered
}

describe('the sender of events', () => {
  test.each([
    ['2.8.4', '/event'],
    ['4.3.0', '/base/event?q=1'],
  ] as const)('of %s posts the result of each saved call to %s', async (release, path) => {
    await start(release, {})
    const result = await update()
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1))
    const [{ method, path: posted, body } = { method: '', path: '', body: '' }] = receiver.requests
    expect([method, posted]).toEqual(['POST', path])
    expect(JSON.parse(body)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      type: 'transaction_status_changed',
      payload: { transaction: result },
    })
  })

  test.each(['api_key', 'jwt'] as const)('shows the credential %s', async (auth) => {
    await start('2.8.4', { callback_api_auth_type: auth, callback_api_auth_secret: SECRET })
    await update()
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1))
    const headers = new Headers(receiver.requests[0]?.headers as Record<string, string>)
    expect(refusalOfEvent(headers, { auth, secret: SECRET }, new Date())).toBeNull()
  })

  test('of 2.8.4 repeats an event that is answered with anything but an object, under the same id', async () => {
    await start('2.8.4', {}, ['', 'null', '[]'])
    await update()
    for (const deliveries of [1, 2, 3, 4]) {
      await vi.waitFor(() => {
        emulator.endDelays()
        expect(receiver.requests.length).toBeGreaterThanOrEqual(deliveries)
      })
    }
    const ids = receiver.requests.map(({ body }) => JSON.parse(body).id)
    expect([ids.length, new Set(ids).size]).toEqual([4, 1])
  })

  test('of 4.3.0 sends the event of a customer whom a call names, before the call is saved', async () => {
    const held = deposit('one', { sep: '6', status: 'pending_customer_info_update' })
    await start('4.3.0', {})
    const { config } = emulator.state()
    emulator.setState({ initial_transactions: [held], config })
    const params = { transaction_id: 'one', customer_id: 'cust-7' }
    const answered = post(emulator.url, [item('notify_customer_info_updated', params)])
    const types = () => receiver.requests.map(({ body }) => JSON.parse(body).type)
    await vi.waitFor(() => {
      emulator.endDelays()
      expect(types()).toEqual(['customer_updated', 'transaction_status_changed'])
    })
    const { answers } = await answered
    expect(answers[0]?.result?.['status']).toBe('pending_anchor')
    const [{ body } = { body: '' }] = receiver.requests
    expect(JSON.parse(body).payload).toEqual({ customer: { id: 'cust-7' } })
  })

  test('sends nothing while the queue is away, though the call is saved', async () => {
    await start('2.8.4', { events_queue: 'away' })
    await update()
    expect(receiver.requests).toEqual([])
  })
})
