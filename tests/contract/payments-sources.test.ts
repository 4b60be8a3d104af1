import { beforeEach, describe, expect, test } from 'vitest'
import { createHorizonEndpoint, type HorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import type { BalanceChange, OperationForm } from '../../local/ledger/ledger-transaction.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import {
  createStellarRpcEndpoint,
  type StellarRpcEndpoint,
} from '../../local/ledger/stellar-rpc/endpoint.ts'
import { simulatedContractId } from '../../local/world/simulated-keys.ts'
import { BEARER, KEY, useService } from './service.ts'
import { ANCHOR, USDC, USER, withdrawal } from './transactions.ts'

const HORIZON = 'horizon.sources.sim'
const RPC = 'rpc.sources.sim'
const ISSUER = USDC.split(':')[2] ?? ''
const VAULT = simulatedContractId('vault')
/** The most claimable balances in one side look. */
const MOST_OPERATIONS = 25

const ledger = createSimulatedLedger({ genesis: new Date(Date.now() - 60_000) })
let horizon: HorizonEndpoint
let rpc: StellarRpcEndpoint

const service = useService({
  platformLedger: ledger,
  sleep: 'none',
  environment: {
    STELLAR_HORIZON_URL: `https://${HORIZON}`,
    STELLAR_RPC_URL: `https://${RPC}`,
    PAYMENT_OBSERVER_ACCOUNTS: ANCHOR,
    PAYMENT_OBSERVER_START: '2',
  },
})
beforeEach(() => {
  ledger.reset()
  ledger.advance(2)
  ledger.setAccount({ id: ANCHOR, trustlines: [{ asset: USDC }] })
  horizon = createHorizonEndpoint(ledger, `https://${HORIZON}`)
  rpc = createStellarRpcEndpoint(ledger)
  service.sites.set(HORIZON, { answer: (url) => horizon.answer(url) })
  service.sites.set(RPC, { answer: (url, request) => rpc.answer(url, request) })
})

const close = (...operations: OperationForm[]) => ledger.close([{ source: USER, operations }])[0]
const idOf = (closed: ReturnType<typeof close>, place = 0) => String(closed?.operations[place]?.id)
const payment = (amount = '5'): OperationForm => ({
  type: 'payment',
  to: ANCHOR,
  asset: USDC,
  amount,
})
const balance = (claimants = [ANCHOR]): OperationForm => ({
  type: 'create_claimable_balance',
  asset: USDC,
  amount: '7',
  claimants,
})
const clawback: OperationForm = {
  type: 'clawback',
  from: ANCHOR,
  asset: USDC,
  amount: '3',
  source: ISSUER,
}
const transfers = (...carried: Partial<BalanceChange>[]): OperationForm => ({
  type: 'invoke_host_function',
  changes: carried.map((one) => ({
    type: 'transfer',
    from: VAULT,
    to: ANCHOR,
    asset: USDC,
    amount: '100',
    ...one,
  })),
})
const hash = (byte: string) => byte.repeat(32)

const awaits = (id: string, memo: string, type: string) =>
  withdrawal(id, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    to_account: ANCHOR,
    withdraw_anchor_account: ANCHOR,
    memo,
    memo_type: type,
    started_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  })

async function observe() {
  const { status, body } = await service.call({ path: '/api/payments/observe', headers: BEARER })
  expect(status).toBe(200)
  return body.accounts[0]
}
async function payments() {
  const { body } = await service.call({ path: '/api/payments', query: 'limit=200', headers: KEY })
  return body.payments
}
async function observerHealth() {
  const { body } = await service.call({ path: '/api/health', headers: BEARER })
  return body.checks.observer
}
const logged = (event: string) =>
  service.log.map((line) => JSON.parse(line)).filter((line) => line.event === event)

describe.each(['horizon', 'rpc'] as const)('with the source %s', (source) => {
  beforeEach(() => service.deploy({ LEDGER_SOURCE: source }))

  test('a transfer of a contract wallet is credited by the id, the text or the hash that it carries', async () => {
    service.platformHas([
      awaits('by-id', '7', 'id'),
      awaits('by-text', 'zwölf', 'text'),
      awaits('by-hash', Buffer.from(hash('ab'), 'hex').toString('base64'), 'hash'),
      awaits('twice', '8', 'id'),
    ])
    ledger.advance(1)
    close(transfers({ toMuxedId: '7' }))
    close(transfers({ carried: { string: 'zwölf' } }))
    close(transfers({ carried: { bytes: hash('ab') } }))
    close(transfers({ toMuxedId: '8' }, { toMuxedId: '8' }))
    expect(await observe()).toMatchObject({ credited: 3, refused: { manual_review: 1 } })
    expect(['by-id', 'by-text', 'by-hash', 'twice'].map(service.statusAtPlatform)).toEqual([
      'pending_anchor',
      'pending_anchor',
      'pending_anchor',
      'pending_user_transfer_start',
    ])
  })

  test('a payment from a muxed account shows its id, to which a refund must go', async () => {
    const form = { source: USER, sourceMuxedId: '77', operations: [payment()] }
    ledger.close([form])
    await observe()
    expect(await payments()).toMatchObject([{ from: USER, fromMuxedId: '77' }])
  })

  test('a claimable balance for the account is found, waits for a person, and is logged once', async () => {
    close(payment())
    const made = close(payment(), balance(), balance([USER]))
    close(payment())
    expect(await observe()).toMatchObject({
      payments: 4,
      refused: { manual_review: 1, no_memo: 3 },
    })
    const [found, ...more] = (await payments()).filter(
      ({ kind }: { kind: string }) => kind === 'claimable_balance',
    )
    expect(more).toEqual([])
    expect(found).toMatchObject({
      operationId: idOf(made, 1),
      source,
      verdict: 'manual_review',
      from: USER,
      to: ANCHOR,
      asset: USDC,
      amount: expect.stringMatching(/^7(?:\.0+)?$/),
    })
    expect(found.openSince).not.toBeNull()
    const alarm = { level: 'error', account: ANCHOR, operationId: idOf(made, 1), asset: USDC }
    expect(logged('observer_unclaimed')).toMatchObject([alarm])
    const { body } = await service.call({ path: '/api/attention', headers: KEY })
    expect(JSON.stringify(body.waiting)).toContain(found.sentence)

    await service.age(56 * 60)
    expect(await observe()).toMatchObject({ payments: 0 })
    expect(logged('observer_unclaimed')).toHaveLength(1)
  })

  test('a clawback from the account is found among its debits, and no other debit is', async () => {
    close(payment(), { ...payment(), to: USER, source: ANCHOR } as OperationForm)
    const taken = close(clawback, balance([USER]), { ...balance([USER]), source: ANCHOR })
    close(payment())
    ledger.advance(1)
    await observe()
    const found = (await payments()).filter(({ kind }: { kind: string }) => kind === 'clawback')
    expect(found).toMatchObject([
      {
        operationId: idOf(taken),
        verdict: 'manual_review',
        from: ANCHOR,
        amount: expect.any(String),
      },
    ])
    expect(logged('observer_unclaimed')).toMatchObject([{ kind: 'clawback' }])
    await service.age(56 * 60)
    expect(await observe()).toMatchObject({ payments: 0 })
  })

  test('a flood of claimable balances is read some at a time, the oldest first, and stops no credit', async () => {
    const made = Array.from({ length: 3 }, () =>
      close(...Array.from({ length: 20 }, () => balance())),
    )
    await observe()
    expect(await payments()).toHaveLength(MOST_OPERATIONS)
    service.platformHas([awaits('w', '7', 'id')])
    close(transfers({ toMuxedId: '7' }))
    // A clawback is found beside the flood.
    const taken = close(clawback)
    ledger.advance(1)
    expect(await observe()).toMatchObject({ credited: 1, refused: { manual_review: 26 } })
    expect(JSON.stringify(await payments())).toContain(idOf(taken))
    expect(await observe()).toMatchObject({ refused: { manual_review: 10 } })
    const found = (await payments()).filter(
      ({ kind }: { kind: string }) => kind === 'claimable_balance',
    )
    const ids = made.flatMap((one) => one?.operations.map(({ id }) => String(id)) ?? [])
    expect(found.map(({ operationId }: { operationId: string }) => operationId).toSorted()).toEqual(
      ids.toSorted(),
    )
    expect((await observe()).payments).toBe(0)
  })

  test('a claimable balance that is dust is recorded without an alarm', async () => {
    const PAYMENT_DUST = `USDC:${ISSUER}=7.0000001`
    service.deploy({ LEDGER_SOURCE: source, PAYMENT_DUST })
    close(balance())
    expect(await observe()).toMatchObject({ refused: { manual_review: 1 } })
    expect(await payments()).toMatchObject([{ kind: 'claimable_balance', state: 'dust' }])
    expect(logged('observer_unclaimed')).toEqual([])
  })

  test('a failure to read them is logged and told by health, and stops no payment', async () => {
    horizon.setFaults([{ kind: 'status', status: 503, times: 100, path: '/claimable_balances' }])
    close(payment(), balance())
    expect(await observe()).toMatchObject({ payments: 1, remaining: false })
    expect(logged('side_look_failed')).toMatchObject([
      { level: 'error', code: 'ledger_unreachable' },
    ])
    expect(await observerHealth()).toMatchObject({
      status: 'warning',
      reason: 'side_look_failed',
      accounts: [
        { alarm: null, sideLook: { lookedAt: null, failure: { code: 'ledger_unreachable' } } },
      ],
    })
    horizon.setFaults([])
    // The source gets time to recover.
    expect((await observe()).payments).toBe(0)
    await service.age(5 * 60)
    expect((await observe()).payments).toBe(1)
    expect((await observerHealth()).accounts).toMatchObject([
      { sideLook: { lookedAt: expect.any(String), failure: null } },
    ])
  })

  test('a ledger that was read before and is not found is no reset', async () => {
    close(payment())
    await observe()
    ledger.advance(1)
    const lost = [{ kind: 'gone', times: 10, path: '/ledgers/', after: 1 } as const]
    if (source === 'horizon') horizon.setFaults(lost)
    else rpc.setFaults([{ kind: 'status', status: 503, times: 3, path: 'getLedgers' }])
    expect(await observe()).toMatchObject({ alarm: { code: 'ledger_unreachable' } })
    horizon.setFaults([])
    rpc.setFaults([])
    expect((await observe()).alarm).toBeUndefined()
  })
})

describe('with Stellar RPC', () => {
  test('that emits no events of payments the observer does not move', async () => {
    service.deploy({ LEDGER_SOURCE: 'rpc' })
    rpc.setEmission(false)
    close(payment())
    expect(await observe()).toMatchObject({ payments: 0, alarm: { code: 'events_not_emitted' } })
    expect(await observerHealth()).toMatchObject({ reason: 'events_not_emitted' })
    rpc.setEmission(true)
    expect(await observe()).toMatchObject({ payments: 1 })
  })

  test('and without a Horizon, health says that claimable balances are unseen', async () => {
    service.deploy({ LEDGER_SOURCE: 'rpc', STELLAR_HORIZON_URL: undefined })
    close(payment(), balance())
    expect(await observe()).toMatchObject({ payments: 1 })
    expect(await observerHealth()).toMatchObject({
      status: 'warning',
      reason: 'claimable_balances_unseen',
      sideLooks: { seen: false },
    })
    expect(Object.keys(service.requests())).toEqual([RPC])
  })

  test('a Horizon of another ledger is not believed', async () => {
    const other = createSimulatedLedger()
    other.reset()
    other.reset()
    other.advance(20)
    other.close([{ source: USER, operations: [balance()] }])
    horizon = createHorizonEndpoint(other, `https://${HORIZON}`)
    service.deploy({ LEDGER_SOURCE: 'rpc' })
    close(payment())
    expect(await observe()).toMatchObject({ payments: 1 })
    expect(logged('side_look_failed')).toMatchObject([{ code: 'ledger_reset' }])
  })
})
