import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EVENT_QUEUE_AWAY_MS, type FaultForm } from '../../../../local/platform/faults.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import { HASH, item, PAID_AT, post, stateWith, transactionOf, USD } from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator()
})
afterAll(() => emulator.close())
beforeEach(() => {
  const deposit = transactionOf({ sep: '24', kind: 'deposit' }, 'incomplete')
  const other = { ...deposit, id: 'tx-2' }
  emulator.setState(stateWith([deposit, other]))
  emulator.setFaults([])
})

const fail = (transactionId: string) =>
  item('notify_transaction_error', { transaction_id: transactionId, message: 'm' }, transactionId)
const statusOf = (index = 0) => emulator.state().transactions[index]?.status

const attempt = (signal?: AbortSignal) =>
  fetch(emulator.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([fail('tx-1')]),
    ...(signal && { signal }),
  }).then((response) => response.text())

test.each<[FaultForm, 'error' | 'incomplete']>([
  [{ kind: 'reset_before' }, 'incomplete'],
  [{ kind: 'reset_after' }, 'error'],
  [{ kind: 'truncated' }, 'error'],
])('%j breaks the connection and leaves the transaction in %s', async (fault, status) => {
  emulator.setFaults([fault])
  await expect(attempt()).rejects.toThrow()
  expect(statusOf()).toBe(status)
  expect(emulator.faults()[0]).toMatchObject({
    hits: 1,
    hitsApplied: status === 'error' ? 1 : 0,
    hitsNotApplied: status === 'error' ? 0 : 1,
  })
})

test.each<[FaultForm, number, 'error' | 'incomplete']>([
  [{ kind: 'status_before', status: 503 }, 503, 'incomplete'],
  [{ kind: 'status_after' }, 500, 'error'],
  // A gateway answers itself after the platform applied the request.
  [{ kind: 'status_after', status: 400 }, 400, 'error'],
  [{ kind: 'status_after', status: 404 }, 404, 'error'],
  [{ kind: 'status_after', status: 429 }, 429, 'error'],
  [{ kind: 'garbage' }, 200, 'error'],
])('%j answers with something that is not JSON', async (fault, status, stored) => {
  emulator.setFaults([fault])
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([fail('tx-1')]),
  })
  expect(response.status).toBe(status)
  await expect(response.json()).rejects.toThrow()
  expect(statusOf()).toBe(stored)
})

test.each([true, false])(
  'a request without an answer takes effect if `applied` says so: %s',
  async (applied) => {
    emulator.setFaults([{ kind: 'no_answer', applied }])
    const client = new AbortController()
    const lost = attempt(client.signal)
    await expect.poll(() => emulator.faults()[0]?.hits).toBe(1)
    await expect.poll(() => statusOf()).toBe(applied ? 'error' : 'incomplete')
    client.abort()
    await expect(lost).rejects.toThrow()
    expect(emulator.requests().at(-1)).toMatchObject({ status: null, fault: 'no_answer' })
  },
)

test('a delayed answer is applied at once', async () => {
  emulator.setFaults([{ kind: 'delay', delayMs: 600_000 }])
  const client = new AbortController()
  const delayed = attempt(client.signal)
  await expect.poll(() => statusOf()).toBe('error')
  client.abort()
  await expect(delayed).rejects.toThrow()
})

test('a late request is applied after its delay', async () => {
  emulator.setFaults([
    { kind: 'late_apply', delayMs: 600_000, match: { transactionId: 'tx-1' } },
    { kind: 'late_apply', delayMs: 1, match: { transactionId: 'tx-2' } },
  ])
  const client = new AbortController()
  const late = attempt(client.signal)
  await expect.poll(() => emulator.faults()[0]?.hits).toBe(1)
  const { answers } = await post(emulator.url, [fail('tx-2')])
  expect(answers[0]?.result?.['status']).toBe('error')
  expect(statusOf()).toBe('incomplete')
  client.abort()
  await expect(late).rejects.toThrow()
})

test.each<[FaultForm['kind'], unknown[]]>([
  ['wrong_id', ['tx-1', 'the id of another request']],
  ['missing_id', ['tx-1', undefined]],
  ['missing_item', ['tx-1']],
  ['reversed', ['tx-2', 'tx-1']],
])('%s changes the answers to the matching calls only', async (kind, ids) => {
  emulator.setFaults([{ kind, match: { transactionId: 'tx-2' } }])
  const { answers } = await post(emulator.url, [fail('tx-1'), fail('tx-2')])
  expect(answers.map(({ id }) => id)).toEqual(ids)
  expect([statusOf(0), statusOf(1)]).toEqual(['error', 'error'])
})

test('a call whose event cannot be published is saved and answered with an error', async () => {
  emulator.setFaults([{ kind: 'event_failure', match: { transactionId: 'tx-2' } }])
  const { answers } = await post(emulator.url, [fail('tx-1'), fail('tx-2')])
  expect(answers.map(({ error }) => error?.code)).toEqual([undefined, -32603])
  expect(statusOf(1)).toBe('error')
  expect(emulator.state().events_published).toBe(1)
})

describe('with events on', () => {
  const refused = item('notify_refund_sent', { transaction_id: 'tx-1' })

  test('every accepted item waits for its event, one after the other, and a refused one does not', async () => {
    emulator.setFaults([{ kind: 'event_delay', delayMs: 40, times: 2 }])
    const started = performance.now()
    await post(emulator.url, [fail('tx-1'), fail('tx-2')])
    expect(performance.now() - started).toBeGreaterThanOrEqual(78)
    emulator.setFaults([{ kind: 'event_delay', delayMs: EVENT_QUEUE_AWAY_MS }])
    expect((await post(emulator.url, [refused])).answers[0]?.error?.code).toBe(-32600)
  })

  test('a reading shows the saved update while the answer still waits for the event queue', async () => {
    emulator.setFaults([
      { kind: 'event_delay', delayMs: EVENT_QUEUE_AWAY_MS, match: { transactionId: 'tx-1' } },
    ])
    const client = new AbortController()
    const waiting = attempt(client.signal)
    await expect.poll(() => statusOf()).toBe('error')
    const reading = await fetch(`${emulator.url}/transactions/tx-2`)
    expect(reading.status).toBe(200)
    client.abort()
    await expect(waiting).rejects.toThrow()
  })
})

describe('two writers of one transaction', () => {
  const refund = (id: string) =>
    item('notify_refund_sent', {
      transaction_id: 'tx-1',
      refund: {
        id,
        amount: { amount: '10', asset: USD },
        amount_fee: { amount: '1', asset: USD },
      },
    })

  test.each([
    [
      false,
      'both are answered with success, and the row holds the one that was saved later',
      'r-1',
    ],
    [true, 'the one that saves later is refused, and nothing of it is saved', 'r-2'],
  ])('with the lock %s, %s', async (optimistic_lock, _, kept) => {
    const deposit = transactionOf({ sep: '24', kind: 'deposit' }, 'pending_anchor', {
      transfer_received_at: PAID_AT,
    })
    emulator.setState(stateWith([deposit], { optimistic_lock }))
    emulator.setFaults([{ kind: 'slow_save', delayMs: 200 }])
    const slow = post(emulator.url, [refund('r-1')])
    await expect.poll(() => emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
    const quick = await post(emulator.url, [refund('r-2')])
    expect(quick.answers[0]?.error).toBeUndefined()
    const [answer] = (await slow).answers
    expect(answer?.error?.message ?? 'saved').toMatch(
      optimistic_lock ? /^Transaction was modified by another request\./ : /^saved$/,
    )
    const ids = emulator.state().transactions[0]?.refunds?.payments.map(({ id }) => id)
    expect(ids).toEqual([kept])
  })
})

describe('readings that go back', () => {
  const updatedAt = () => Date.parse(emulator.state().transactions[0]?.updated_at ?? '')
  const again = item('notify_transaction_recovery', { transaction_id: 'tx-1' })

  test('a server whose clock is behind stamps an earlier updated_at', async () => {
    const columns = { transfer_received_at: PAID_AT }
    const deposit = transactionOf({ sep: '24', kind: 'deposit' }, 'pending_anchor', columns)
    emulator.setState(stateWith([deposit]))
    await post(emulator.url, [fail('tx-1')])
    const before = updatedAt()
    emulator.setFaults([{ kind: 'clock_behind', delayMs: 60_000 }])
    const { answers } = await post(emulator.url, [again])
    expect(answers[0]?.error).toBeUndefined()
    expect(updatedAt()).toBeLessThan(before - 50_000)
  })

  test('after a restore the transaction is what it was before its last save', async () => {
    await post(emulator.url, [fail('tx-1')])
    emulator.setFaults([{ kind: 'restored', match: { path: '/transactions/tx-1' } }])
    const reading = await fetch(`${emulator.url}/transactions/tx-1`)
    expect(await reading.json()).toMatchObject({ status: 'incomplete' })
    expect(statusOf()).toBe('incomplete')
  })
})

test.each([
  '/transactions/a%2Fb',
  '/transactions/a%5Cb',
  '/transactions/%zz',
  `/transactions/${'a'.repeat(8_192)}`,
])('the web server answers %.30s with 400 and a page', async (path) => {
  const response = await fetch(emulator.url + path)
  expect(response.status).toBe(400)
  expect(await response.text()).toMatch(/^<!doctype html>/)
})

test('headers of more than 8 KiB get the page of the web server, and change nothing', async () => {
  const sent = (length: number) =>
    fetch(emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-long': 'a'.repeat(length) },
      body: JSON.stringify([fail('tx-1')]),
    })
  const refused = await sent(8_192)
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    400,
    'text/html;charset=utf-8',
  ])
  expect(statusOf()).toBe('incomplete')
  expect((await sent(7_000)).status).toBe(200)
})

describe.each([
  ['2.8.4', 500, /accessible/],
  ['4.3.0', 200, /^Failed to retrieve Stellar transaction by ID/],
] as const)('the ledger is silent at %s', (release, status, message) => {
  const report = item('notify_onchain_funds_received', {
    transaction_id: 'tx-1',
    stellar_transaction_id: HASH,
  })
  beforeEach(() => {
    const awaited = transactionOf({ sep: '24', kind: 'withdrawal' }, 'pending_user_transfer_start')
    emulator.setState(stateWith([awaited], { release }))
    emulator.setFaults([{ kind: 'ledger_silent', delayMs: 600_000, times: 2 }])
  })

  test('a call that asks it is given up after the delay, and nothing of it is saved', async () => {
    const before = emulator.state().transactions
    const asked = post(emulator.url, [report])
    await expect.poll(() => emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
    expect((await fetch(`${emulator.url}/transactions/tx-1`)).status).toBe(200)
    emulator.endDelays()
    const answered = await asked
    expect(answered.status).toBe(status)
    const said = (answered.answers[0]?.error?.message ?? answered.text) as string
    expect(said).toMatch(message)
    expect(emulator.state().transactions).toEqual(before)
  })

  test('a call that does not ask it is answered at once', async () => {
    const { answers } = await post(emulator.url, [fail('tx-1')])
    expect(answers[0]?.result).toMatchObject({ status: 'error' })
  })
})

test('a transaction whose asset left the configuration is saved and answered -32603, and no list shows it', async () => {
  const { assets, ...rest } = emulator.state()
  emulator.setState({ ...rest, assets: assets.filter(({ id }) => !id.includes('USDC')) })
  const { answers } = await post(emulator.url, [fail('tx-1')])
  expect(answers[0]?.error?.code).toBe(-32603)
  expect(statusOf()).toBe('error')
  const statusAt = async (path: string) => (await fetch(emulator.url + path)).status
  expect(await statusAt('/transactions/tx-1')).toBe(500)
  expect(await statusAt('/transactions?sep=24')).toBe(500)
  expect(await statusAt('/transactions?sep=6')).toBe(200)
})

test('faults happen in their order, `times` times, and to matching requests only', async () => {
  emulator.setFaults([
    { kind: 'status_before', status: 502, times: 2, match: { method: 'notify_transaction_error' } },
    { kind: 'status_before', status: 503, match: { path: '/transactions/tx-1' } },
  ])
  const read = async () => (await fetch(`${emulator.url}/transactions/tx-1`)).status
  expect(await read()).toBe(503)
  expect(await read()).toBe(200)
  const statuses = []
  for (let call = 0; call < 3; call++) {
    const response = await fetch(emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([fail('tx-1')]),
    })
    statuses.push(response.status)
    await response.text()
  }
  expect(statuses).toEqual([502, 502, 200])
  expect(
    emulator
      .requests()
      .slice(-3)
      .map(({ applied }) => applied),
  ).toEqual([0, 0, 1])
})

test('faults are set and counted over HTTP', async () => {
  const put = await fetch(`${emulator.url}/_emulator/faults`, {
    method: 'PUT',
    body: JSON.stringify([{ kind: 'status_after', match: { transactionId: 'tx-1' } }]),
  })
  expect(await put.json()).toMatchObject([{ kind: 'status_after', times: 1, hits: 0 }])
  await attempt()
  const faults = await fetch(`${emulator.url}/_emulator/faults`)
  expect(await faults.json()).toMatchObject([{ hits: 1, hitsApplied: 1, hitsNotApplied: 0 }])
  const refused = await fetch(`${emulator.url}/_emulator/faults`, {
    method: 'PUT',
    body: JSON.stringify([{ kind: 'explosion' }]),
  })
  expect(refused.status).toBe(400)
})

test('close ends requests that would never be answered', async () => {
  const own = await startPlatformEmulator()
  own.setFaults([{ kind: 'no_answer' }, { kind: 'late_apply', delayMs: 600_000 }])
  const lost = [post(own.url, []), post(own.url, [])].map((one) => one.catch(() => 'ended'))
  await expect.poll(() => own.requests().length).toBe(2)
  await own.close()
  expect(await Promise.all(lost)).toEqual(['ended', 'ended'])
})
