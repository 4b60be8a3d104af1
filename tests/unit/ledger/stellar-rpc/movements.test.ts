import { Address, Asset, Networks, nativeToScVal, StrKey, xdr } from '@stellar/stellar-sdk'
import { beforeEach, describe, expect, test } from 'vitest'
import { eventIdOf } from '../../../../lib/ledger/stellar-rpc/events.ts'
import { createStellarRpcSource } from '../../../../lib/ledger/stellar-rpc/source.ts'
import { operationId } from '../../../helpers/ledger-stub.ts'
import { ANCHOR, CUSTOMER, ISSUER, ledgerError } from '../ledger-world.ts'
import { type ScriptedAnswer, scriptedIo } from '../scripted-io.ts'

const USDC = new Asset('USDC', ISSUER)
const XLM = Asset.native()
const OWN = new Asset('OWN', ANCHOR)
const BALANCE = StrKey.encodeClaimableBalance(Buffer.alloc(33, 0))
const POOL = StrKey.encodeLiquidityPool(Buffer.alloc(32, 7))
const CONTRACT = 'CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA'
const LATEST = 2_000

let events: Record<string, unknown>[]
beforeEach(() => {
  events = []
})

const source = () =>
  createStellarRpcSource(
    { url: 'https://rpc.sim' },
    scriptedIo((method, params): ScriptedAnswer => {
      if (method === 'getNetwork') return { body: { passphrase: Networks.TESTNET } }
      const { cursor, limit } = params['pagination'] as { cursor: string; limit: number }
      const found = events.filter(({ id }) => String(id) > cursor).slice(0, limit)
      const end = eventIdOf({ toid: (BigInt(LATEST + 1) << 32n) - 1n, event: 9 })
      const last = found.length === limit ? String(found.at(-1)?.['id']) : end
      return { body: { events: found, cursor: last, latestLedger: LATEST } }
    }),
  )

const base64 = (value: xdr.ScVal) => value.toXDR('base64')
const symbol = (name: string) => nativeToScVal(name, { type: 'symbol' })
const address = (text: string) => new Address(text).toScVal()

interface EventForm {
  asset?: Asset
  /** The contract that emits the event; by default that of the asset. */
  contract?: string
  place?: [transaction: number, operation: number, event: number]
  muxed?: boolean
}

/** Puts an event of ledger 1500 into the server. Operations count from 0 here. */
function emit(
  name: string,
  parties: string[],
  amount: bigint,
  {
    asset = USDC,
    contract = asset.contractId(Networks.TESTNET),
    place = [1, 0, 0],
    muxed = false,
  }: EventForm = {},
): void {
  const value = nativeToScVal(amount, { type: 'i128' })
  const entry = (key: string, val: xdr.ScVal) => new xdr.ScMapEntry({ key: symbol(key), val })
  const [transaction, operation, event] = place
  const named = name === 'fee' ? [] : [xdr.ScVal.scvString(asset.toString())]
  events.push({
    ...{ type: 'contract', contractId: contract, txHash: 'ab'.repeat(32) },
    id: eventIdOf({ toid: BigInt(operationId(1_500, transaction, operation)), event }),
    ledgerClosedAt: '2026-11-20T10:00:00Z',
    topic: [symbol(name), ...parties.map(address), ...named].map(base64),
    value: base64(
      muxed
        ? xdr.ScVal.scvMap([entry('amount', value), entry('to_muxed_id', xdr.ScVal.scvU64(7n))])
        : value,
    ),
  })
}

async function read() {
  const rpc = source()
  const { movements } = await rpc.movements(ANCHOR, rpc.movementsBehind(1_499))
  return movements.map(({ kind, stroops, asset }) =>
    [kind, stroops, asset.kind === 'issued' ? asset.code : 'XLM'].join(' '),
  )
}

const both = (asset: Asset, event: number): EventForm => ({ asset, place: [1, 0, event] })

describe('movements', () => {
  test.each<[string, () => void, string[]]>([
    [
      'a payment that came in',
      () => emit('transfer', [CUSTOMER, ANCHOR], 5n),
      ['payment_in 5 USDC'],
    ],
    [
      'a payment to a muxed address',
      () => emit('transfer', [CUSTOMER, ANCHOR], 5n, { muxed: true }),
      ['payment_in 5 USDC'],
    ],
    [
      'a payment that went out',
      () => emit('transfer', [ANCHOR, CUSTOMER], 5n, { asset: XLM }),
      ['payment_out -5 XLM'],
    ],
    [
      'a payment to oneself',
      () => emit('transfer', [ANCHOR, ANCHOR], 5n),
      ['payment_out -5 USDC', 'payment_in 5 USDC'],
    ],
    ['a payment of the issuer', () => emit('mint', [ANCHOR], 5n), ['payment_in 5 USDC']],
    ['a payment to the issuer', () => emit('burn', [ANCHOR], 5n), ['payment_out -5 USDC']],
    ['a clawback', () => emit('clawback', [ANCHOR], 5n), ['clawback -5 USDC']],
    ['a claim', () => emit('transfer', [BALANCE, ANCHOR], 5n), ['claim 5 USDC']],
    [
      'a claimable balance',
      () => emit('transfer', [ANCHOR, BALANCE], 5n),
      ['claimable_balance -5 USDC'],
    ],
    [
      'a transfer of a contract',
      () => emit('transfer', [CONTRACT, ANCHOR], 5n),
      ['contract_transfer 5 USDC'],
    ],
    ['a fee', () => emit('fee', [ANCHOR], 100n, { asset: XLM }), ['fee -100 XLM']],
    [
      'a part of a fee that came back',
      () => emit('fee', [ANCHOR], -40n, { asset: XLM }),
      ['fee 40 XLM'],
    ],
    [
      'an offer that was taken',
      () => {
        emit('transfer', [ANCHOR, CUSTOMER], 5n, both(USDC, 0))
        emit('transfer', [CUSTOMER, ANCHOR], 7n, both(XLM, 1))
      },
      ['trade -5 USDC', 'trade 7 XLM'],
    ],
    [
      'an offer to the issuer',
      () => {
        emit('burn', [ANCHOR], 5n, both(USDC, 0))
        emit('transfer', [ISSUER, ANCHOR], 7n, both(XLM, 1))
      },
      ['trade -5 USDC', 'trade 7 XLM'],
    ],
    [
      'a deposit into a liquidity pool',
      () => {
        emit('transfer', [ANCHOR, POOL], 5n, both(USDC, 0))
        emit('transfer', [ANCHOR, POOL], 7n, both(XLM, 1))
      },
      ['liquidity_pool -5 USDC', 'liquidity_pool -7 XLM'],
    ],
    [
      'a path payment through a pool',
      () => {
        emit('transfer', [ANCHOR, POOL], 5n, both(USDC, 0))
        emit('transfer', [POOL, ANCHOR], 7n, both(XLM, 1))
        emit('transfer', [ANCHOR, CUSTOMER], 7n, both(XLM, 2))
      },
      ['trade -5 USDC', 'trade 7 XLM', 'payment_out -7 XLM'],
    ],
    ['the asset that the account issues', () => emit('mint', [ANCHOR], 5n, { asset: OWN }), []],
    [
      'an event of a contract that names the asset',
      () => emit('transfer', [CUSTOMER, ANCHOR], 5n, { contract: CONTRACT }),
      [],
    ],
    [
      'a fee of another contract',
      () => emit('fee', [ANCHOR], 5n, { asset: XLM, contract: CONTRACT }),
      [],
    ],
    ['movements of others', () => emit('transfer', [CUSTOMER, ISSUER], 5n), []],
    [
      'more than a JavaScript number holds',
      () => emit('transfer', [CUSTOMER, ANCHOR], 9_007_199_254_740_993n),
      ['payment_in 9007199254740993 USDC'],
    ],
  ])('%s is read from its events', async (_name, put, expected) => {
    put()
    expect(await read()).toEqual(expected)
  })

  test('have the operation id of the payment, and a fee has none', async () => {
    emit('fee', [ANCHOR], 100n, { asset: XLM, place: [0, 0, 0] })
    emit('transfer', [CUSTOMER, ANCHOR], 5n, { place: [3, 1, 0] })
    const rpc = source()
    const { movements, isLast } = await rpc.movements(ANCHOR, rpc.movementsBehind(1_499))
    expect(isLast).toBe(true)
    expect(movements).toMatchObject([
      { kind: 'fee', operationId: null, ledger: 1_500, transactionHash: 'ab'.repeat(32) },
      { operationId: operationId(1_500, 3, 2), closedAt: '2026-11-20T10:00:00.000Z' },
    ])
  })

  test('begin with the first fee of a ledger, and leave out the ledger before', async () => {
    emit('fee', [ANCHOR], 100n, { asset: XLM, place: [0, 0, 0] })
    const rpc = source()
    const behind = async (ledger: number) =>
      (await rpc.movements(ANCHOR, rpc.movementsBehind(ledger))).movements.length
    expect([await behind(1_499), await behind(1_500)]).toEqual([1, 0])
    expect(rpc.ledgerOf(rpc.movementsBehind(1_499))).toBe(1_499)
  })

  test('come once each when an operation is cut by the end of a page', async () => {
    for (let event = 0; event < 700; event += 1) {
      emit('transfer', [CUSTOMER, ANCHOR], 5n, { place: [1, 0, event] })
    }
    for (let event = 0; event < 700; event += 1) {
      emit('transfer', [CUSTOMER, ANCHOR], 7n, { place: [2, 0, event] })
    }
    const rpc = source()
    const first = await rpc.movements(ANCHOR, rpc.movementsBehind(1_499))
    expect([first.movements.length, first.isLast]).toEqual([700, false])
    const second = await rpc.movements(ANCHOR, first.cursor)
    expect([second.movements.length, second.isLast]).toEqual([700, true])
  })

  test('of an event without an amount are refused, never left out', async () => {
    emit('transfer', [CUSTOMER, ANCHOR], 5n)
    Object.assign(events[0] ?? {}, { value: base64(symbol('much')) })
    expect((await ledgerError(read)).code).toBe('ledger_unreadable')
  })
})

describe('balances', () => {
  const USDC_ASSET = { kind: 'issued', code: 'USDC', issuer: ISSUER } as const
  const key = () => xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(ANCHOR))
  const account = new xdr.AccountEntry({
    ...{ accountId: key(), balance: 9_007_199_254_740_993n, seqNum: 1n, numSubEntries: 1 },
    ...{ inflationDest: null, flags: 0, homeDomain: '', thresholds: Uint8Array.of(1, 0, 0, 0) },
    ...{ signers: [], ext: xdr.AccountEntryExt.v0() },
  })
  const trustline = new xdr.TrustLineEntry({
    ...{ accountId: key(), asset: USDC.toTrustLineXDRObject(), balance: 15_000_000n },
    ...{ limit: 9_223_372_036_854_775_807n, flags: 1, ext: xdr.TrustLineEntryExt.v0() },
  })
  const entries = {
    account: {
      key: xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: key() })).toXDR('base64'),
      xdr: xdr.LedgerEntryData.account(account).toXDR('base64'),
    },
    trustline: {
      key: xdr.LedgerKey.trustline(
        new xdr.LedgerKeyTrustLine({ accountId: key(), asset: USDC.toTrustLineXDRObject() }),
      ).toXDR('base64'),
      xdr: xdr.LedgerEntryData.trustline(trustline).toXDR('base64'),
    },
  }
  const reading = (body: object, assets = [USDC_ASSET]) => {
    const io = scriptedIo((method): ScriptedAnswer => {
      if (method === 'getLedgerEntries') return { body }
      const latestLedgerCloseTime = '1795168800'
      return { body: { oldestLedger: 1, latestLedger: LATEST, latestLedgerCloseTime } }
    })
    return createStellarRpcSource({ url: 'https://rpc.sim' }, io).balances(ANCHOR, assets)
  }

  test('are read from the entries of one ledger, as the SDK writes them', async () => {
    const body = { entries: [entries.trustline, entries.account], latestLedger: LATEST }
    expect(await reading(body)).toEqual({
      ...{ ledger: LATEST, closedAt: '2026-11-20T10:00:00.000Z', isWhole: false },
      balances: [
        { asset: { kind: 'native' }, stroops: '9007199254740993' },
        { asset: USDC_ASSET, stroops: '15000000' },
      ],
    })
  })

  test('without an entry are zero', async () => {
    expect(await reading({ entries: null, latestLedger: LATEST })).toMatchObject({
      balances: [{ stroops: '0' }, { stroops: '0' }],
    })
  })

  test('of an issuer leave out the asset that it issues', async () => {
    const own = { ...USDC_ASSET, issuer: ANCHOR }
    const body = { entries: [entries.account], latestLedger: LATEST }
    expect((await reading(body, [own as never])).balances).toHaveLength(1)
  })

  test.each([
    [
      'another entry',
      { entries: [{ ...entries.account, xdr: entries.trustline.xdr }], latestLedger: LATEST },
    ],
    [
      'half of an entry',
      {
        entries: [{ ...entries.account, xdr: entries.account.xdr.slice(0, 40) }],
        latestLedger: LATEST,
      },
    ],
    ['no ledger', { entries: [] }],
  ])('with %s are refused', async (_name, body) => {
    expect((await ledgerError(() => reading(body))).code).toBe('ledger_unreadable')
  })
})
