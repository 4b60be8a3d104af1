import { Address, Asset, nativeToScVal, xdr } from '@stellar/stellar-sdk'
import { beforeEach, describe, expect, test } from 'vitest'
import { NETWORK_PASSPHRASE } from '../../../lib/stellar/network.ts'
import { fetchInProcess } from '../../../local/ledger/in-process-fetch.ts'
import type { OperationForm, SimulatedMemo } from '../../../local/ledger/ledger-transaction.ts'
import {
  createSimulatedLedger,
  type SimulatedLedger,
} from '../../../local/ledger/simulated-ledger.ts'
import {
  createStellarRpcEndpoint,
  type StellarRpcEndpoint,
} from '../../../local/ledger/stellar-rpc/endpoint.ts'
import { simulatedAccountId, simulatedMuxedAddress } from '../../../local/world/simulated-keys.ts'

const ANCHOR = simulatedAccountId('anchor')
const USER = simulatedAccountId('user')
const ISSUER = simulatedAccountId('issuer')
const TOKEN = `stellar:USDC:${ISSUER}`
const NATIVE = 'stellar:native'
const BALANCE = '00000000'.concat('07'.repeat(32))

let ledger: SimulatedLedger
let rpc: StellarRpcEndpoint
beforeEach(() => {
  ledger = createSimulatedLedger()
  rpc = createStellarRpcEndpoint(ledger)
})

async function ask(method: string, params: object = {}) {
  const json = JSON.stringify({ jsonrpc: '2.0', id: 7, method, params })
  const request = { maxBytes: 10_000_000, json }
  const { text } = await fetchInProcess(rpc.answer)('https://rpc.sim', request)
  const { result, error } = JSON.parse(text)
  return result ?? { error }
}

const payment = (amount: string, more: object = {}): OperationForm => ({
  type: 'payment',
  to: ANCHOR,
  asset: NATIVE,
  amount,
  ...more,
})
const close = (
  operations: OperationForm[],
  more: { memo?: SimulatedMemo; successful?: boolean } = {},
) => ledger.close([{ source: USER, operations, ...more }])[0]

const symbol = (name: string) => xdr.ScVal.scvSymbol(name).toXDR('base64')
const account = (id: string) => new Address(id).toScVal().toXDR('base64')
const toAnchor = { topics: [[symbol('transfer'), '*', account(ANCHOR), '**']] }
const transfers = (params: object = {}) =>
  ask('getEvents', { startLedger: 1, filters: [toAnchor], ...params })

const EVERY_KIND: OperationForm[] = [
  payment('1.5'),
  payment('2', { toMuxedId: '420' }),
  {
    type: 'path_payment_strict_send',
    to: ANCHOR,
    asset: TOKEN,
    amount: '3',
    sourceAsset: NATIVE,
    sourceAmount: '9',
  },
  {
    type: 'path_payment_strict_receive',
    to: ANCHOR,
    asset: TOKEN,
    amount: '4',
    sourceAsset: TOKEN,
    sourceAmount: '4',
  },
  { type: 'create_account', account: ANCHOR, startingBalance: '5' },
  { type: 'account_merge', into: ANCHOR, amount: '6' },
  { type: 'create_claimable_balance', asset: TOKEN, amount: '7', claimants: [ANCHOR] },
  {
    type: 'claim_claimable_balance',
    source: ANCHOR,
    balanceId: BALANCE,
    asset: TOKEN,
    amount: '8',
  },
  { type: 'clawback', from: ANCHOR, asset: TOKEN, amount: '9' },
  {
    type: 'invoke_host_function',
    changes: [{ type: 'transfer', from: USER, to: ANCHOR, asset: TOKEN, amount: '10' }],
  },
]

describe('the ledger by Stellar RPC', () => {
  test('names its network, its oldest and latest ledger, and each ledger between', async () => {
    ledger.advance(9)
    ledger.trim(4)
    expect(await ask('getNetwork')).toMatchObject({ passphrase: NETWORK_PASSPHRASE.mainnet })
    expect(await ask('getHealth')).toMatchObject({
      status: 'healthy',
      latestLedger: 10,
      oldestLedger: 4,
      ledgerRetentionWindow: 7,
    })
    const newest = ledger.header(10)
    const time = String((newest?.closedAt.getTime() ?? 0) / 1000)
    expect(await ask('getLatestLedger')).toMatchObject({
      id: newest?.hash,
      sequence: 10,
      closeTime: time,
    })
    const { ledgers, cursor } = await ask('getLedgers', {
      startLedger: 9,
      pagination: { limit: 2 },
    })
    expect(ledgers).toMatchObject([
      { sequence: 9, hash: newest?.previousHash },
      { sequence: 10, hash: newest?.hash, ledgerCloseTime: time },
    ])
    expect(cursor).toBe('10')
    for (const startLedger of [3, 11]) {
      expect(await ask('getLedgers', { startLedger })).toMatchObject({ error: { code: -32600 } })
      expect(await transfers({ startLedger })).toMatchObject({ error: { code: -32600 } })
    }
  })

  test('has XDR and JSON of the same content for every kind of transaction', async () => {
    const texts = [Uint8Array.of(0x61, 0xff, 0x5c), 'plain']
    const hex = '0a'.repeat(32)
    const memos: (SimulatedMemo | undefined)[] = [
      ...texts.map((value) => ({ type: 'text', value }) as const),
      { type: 'id', value: '18446744073709551615' },
      { type: 'hash', value: hex },
      { type: 'return', value: hex },
      undefined,
    ]
    for (const memo of memos) {
      for (const successful of [true, false]) {
        const hash = close(EVERY_KIND, { ...(memo && { memo }), successful })?.hash
        const shown = await ask('getTransaction', { hash, xdrFormat: 'json' })
        const raw = await ask('getTransaction', { hash })
        expect(raw).toMatchObject({ status: successful ? 'SUCCESS' : 'FAILED', txHash: hash })
        const envelope = xdr.TransactionEnvelope.fromXDR(raw.envelopeXdr, 'base64')
        const result = xdr.TransactionResult.fromXDR(raw.resultXdr, 'base64')
        expect(envelope.toJson()).toEqual(shown.envelopeJson)
        expect(result.toJson()).toEqual(shown.resultJson)
      }
    }
  })

  test('does not find an unknown transaction', async () => {
    expect(await ask('getTransaction', { hash: '00'.repeat(32) })).toMatchObject({
      status: 'NOT_FOUND',
    })
  })

  test('shows accounts and trustlines by their keys', async () => {
    ledger.setAccount({ id: USER, trustlines: [{ asset: TOKEN, balance: '1.5' }] })
    const account_id = USER
    const credit_alphanum4 = { asset_code: 'USDC', issuer: ISSUER }
    const keys = [
      { account: { account_id } },
      { trustline: { account_id, asset: { credit_alphanum4 } } },
      {
        trustline: {
          account_id,
          asset: { credit_alphanum4: { ...credit_alphanum4, issuer: USER } },
        },
      },
      { account: { account_id: ANCHOR } },
    ].map((json) => xdr.LedgerKey.fromJson(json).toXDR('base64'))
    const shown = await ask('getLedgerEntries', { keys, xdrFormat: 'json' })
    expect(shown.entries).toMatchObject([
      { dataJson: { account: { account_id } } },
      { dataJson: { trustline: { account_id, balance: '15000000', flags: 1 } } },
    ])
    const { entries } = await ask('getLedgerEntries', { keys })
    expect(
      entries.map((entry: { xdr: string }) =>
        xdr.LedgerEntryData.fromXDR(entry.xdr, 'base64').toJson(),
      ),
    ).toEqual(shown.entries.map(({ dataJson }: { dataJson: object }) => dataJson))
  })
})

describe('the events of payments', () => {
  test('have the form of CAP-67, in XDR and in JSON', async () => {
    const transaction = close([payment('1'), payment('1.5')])
    const filters = [
      {
        ...toAnchor,
        type: 'contract',
        contractIds: [Asset.native().contractId(ledger.passphrase)],
      },
    ]
    const { events } = await transfers({ filters })
    expect(events).toHaveLength(2)
    expect(events[1]).toEqual({
      type: 'contract',
      ledger: 2,
      ledgerClosedAt: '2026-01-01T00:00:05Z',
      contractId: 'CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA',
      id: `${String((2n << 32n) | (1n << 12n) | 1n).padStart(19, '0')}-0000000000`,
      transactionIndex: 1,
      operationIndex: 1,
      inSuccessfulContractCall: true,
      topic: [
        symbol('transfer'),
        account(USER),
        account(ANCHOR),
        xdr.ScVal.scvString('native').toXDR('base64'),
      ],
      value: nativeToScVal(15_000_000n, { type: 'i128' }).toXDR('base64'),
      txHash: transaction?.hash,
    })
    const shown = await transfers({ xdrFormat: 'json' })
    expect(shown.events[1]).toMatchObject({
      topicJson: [
        { symbol: 'transfer' },
        { address: USER },
        { address: ANCHOR },
        { string: 'native' },
      ],
      valueJson: { i128: '15000000' },
    })
  })

  test('have the muxed id of the destination, or else the memo, beside the amount', async () => {
    const hex = '0a'.repeat(32)
    close([payment('1', { toMuxedId: '420' })], { memo: { type: 'text', value: 'hidden' } })
    close([payment('1')], { memo: { type: 'text', value: '123' } })
    close([payment('1')], { memo: { type: 'id', value: '123' } })
    close([payment('1')], { memo: { type: 'hash', value: hex } })
    close([payment('1')], { memo: { type: 'return', value: hex } })
    const { events } = await transfers({ xdrFormat: 'json' })
    expect(
      events.map(
        ({ valueJson }: { valueJson: { map: { val: unknown }[] } }) => valueJson.map[1]?.val,
      ),
    ).toEqual([{ u64: '420' }, { string: '123' }, { u64: '123' }, { bytes: hex }, { bytes: hex }])
  })

  test('are the movements of CAP-67 for every kind of operation', async () => {
    close(EVERY_KIND)
    const { events } = await ask('getEvents', { startLedger: 1, xdrFormat: 'json' })
    type Topics = [{ symbol: string }, ...{ address?: string }[]]
    const seen = events.map(
      ({
        operationIndex,
        topicJson: [name, ...rest],
      }: {
        operationIndex: number
        topicJson: Topics
      }) =>
        [operationIndex, name.symbol, ...rest.flatMap(({ address }) => address?.[0] ?? [])].join(
          ' ',
        ),
    )
    expect(seen).toEqual([
      '0 fee G',
      '0 transfer G G',
      '1 transfer G G',
      '2 transfer G G',
      '2 transfer G G',
      '2 transfer G G',
      '3 transfer G G',
      '4 transfer G G',
      '5 transfer G G',
      '6 transfer G B',
      '7 transfer B G',
      '8 clawback G',
      '9 transfer G G',
    ])
    // Every event has a form in XDR.
    expect((await ask('getEvents', { startLedger: 1 })).events).toHaveLength(seen.length)
  })

  test('are mints when the issuer pays, and burns when the issuer is paid', async () => {
    close([
      payment('1', { source: ISSUER, asset: TOKEN }),
      payment('1', { to: ISSUER, asset: TOKEN }),
    ])
    const { events } = await ask('getEvents', { startLedger: 1, xdrFormat: 'json' })
    expect(events).toMatchObject([
      { topicJson: [{ symbol: 'fee' }, { address: USER }] },
      { topicJson: [{ symbol: 'mint' }, { address: ANCHOR }, { string: `USDC:${ISSUER}` }] },
      { topicJson: [{ symbol: 'burn' }, { address: USER }, { string: `USDC:${ISSUER}` }] },
    ])
  })

  test('are missing for a failed transaction, which has paid its fee', async () => {
    close([payment('1')], { successful: false })
    expect((await transfers()).events).toEqual([])
    expect((await ask('getEvents', { startLedger: 1 })).events).toHaveLength(1)
  })

  test('are only those of contracts when the server emits no others', async () => {
    const changes = [
      { type: 'transfer', from: USER, to: ANCHOR, asset: TOKEN, amount: '1' } as const,
    ]
    close([payment('1'), { type: 'invoke_host_function', changes }])
    rpc.setEmission(false)
    const { events } = await ask('getEvents', { startLedger: 1 })
    expect(events).toMatchObject([{ operationIndex: 1 }])
  })

  test('come once each by the cursor, which ends behind the searched ledgers', async () => {
    for (let index = 0; index < 3; index += 1) {
      close(Array.from({ length: 5 }, (_, at) => payment(String(at))))
    }
    const first = await transfers()
    expect(first.events).toHaveLength(15)
    const seen: unknown[] = []
    let page = await transfers({ pagination: { limit: 4 } })
    for (; page.events.length > 0; ) {
      seen.push(...page.events)
      const pagination = { limit: 4, cursor: page.cursor }
      page = await ask('getEvents', { filters: [toAnchor], pagination })
    }
    expect(seen).toEqual(first.events)
    const end = (BigInt(ledger.latestSequence() + 1) << 32n) - 1n
    expect(first.cursor).toBe(`${String(end).padStart(19, '0')}-4294967295`)
    close([payment('9')])
    const more = await ask('getEvents', {
      filters: [toAnchor],
      pagination: { cursor: first.cursor },
    })
    expect(more.events).toMatchObject([{ ledger: ledger.latestSequence() }])
  })

  test('are searched in 10,000 ledgers at most by one call', async () => {
    ledger.advance(10_000)
    close([payment('1')])
    const { events, cursor } = await transfers()
    expect(events).toEqual([])
    const next = await ask('getEvents', { filters: [toAnchor], pagination: { cursor } })
    expect(next.events).toHaveLength(1)
  })
})

test('a fault meets only the calls of its method', async () => {
  rpc.setFaults([{ kind: 'rate_limited', path: 'getEvents', retryAfterSeconds: 3 }])
  expect(await ask('getHealth')).toMatchObject({ status: 'healthy' })
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getEvents', params: {} })
  expect(rpc.answer(new URL('https://rpc.sim'), { method: 'POST', body })).toMatchObject({
    status: 429,
    headers: { 'retry-after': '3' },
  })
})

test('the muxed addresses of the simulated world are valid for the SDK', () => {
  const address = simulatedMuxedAddress(ANCHOR, '420')
  expect(xdr.MuxedAccount.fromJson(address).toJson()).toBe(address)
})
