import { Address, Asset, Networks, nativeToScVal, StrKey, xdr } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operationIdOf, parseOperationId, placeOf } from '../../../../lib/ledger/operation-id.ts'
import { assetContractId } from '../../../../lib/ledger/stellar-rpc/asset-xdr.ts'
import {
  decodeContractValue,
  encodeAccountAddress,
  encodeSymbol,
} from '../../../../lib/ledger/stellar-rpc/contract-value.ts'
import { createStellarRpcSource } from '../../../../lib/ledger/stellar-rpc/source.ts'
import type { Asset as LedgerAsset } from '../../../../lib/stellar/asset.ts'
import {
  ANCHOR,
  CUSTOMER,
  ISSUER,
  type LedgerWorld,
  ledgerError,
  MUXED_ANCHOR,
  startLedgerWorld,
} from '../ledger-world.ts'
import { type FakeRpc, fakeRpc } from './rpc-world.ts'

const SYMBOL = /^[A-Za-z0-9_]{1,32}$/
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

describe('the XDR codec', () => {
  test('writes symbols and addresses as the SDK does', () => {
    fc.assert(
      fc.property(fc.stringMatching(SYMBOL), bytes32, (name, key) => {
        const account = StrKey.encodeEd25519PublicKey(key)
        expect(encodeSymbol(name)).toBe(nativeToScVal(name, { type: 'symbol' }).toXDR('base64'))
        expect(encodeAccountAddress(account)).toBe(new Address(account).toScVal().toXDR('base64'))
      }),
    )
  })

  test('reads addresses of every kind that a topic may have', () => {
    fc.assert(
      fc.property(bytes32, (key) => {
        for (const address of [
          StrKey.encodeEd25519PublicKey(key),
          StrKey.encodeContract(key),
          StrKey.encodeClaimableBalance(Buffer.concat([Buffer.of(0), key])),
          StrKey.encodeLiquidityPool(key),
        ]) {
          const base64 = new Address(address).toScVal().toXDR('base64')
          expect(decodeContractValue(base64)).toEqual({ type: 'address', value: address })
        }
      }),
    )
  })

  test('reads positive and negative numbers of 128 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), (value) => {
        const base64 = nativeToScVal(value, { type: 'i128' }).toXDR('base64')
        expect(decodeContractValue(base64)).toEqual({ type: 'i128', value })
      }),
    )
  })

  test('computes the contract id of every asset on every network as the SDK does', () => {
    const code = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/)
    fc.assert(
      fc.property(
        code,
        bytes32,
        fc.constantFrom(...Object.values(Networks)),
        (name, key, network) => {
          const issuer = StrKey.encodeEd25519PublicKey(key)
          const asset: LedgerAsset = { kind: 'issued', code: name, issuer }
          expect(assetContractId(asset, network)).toBe(new Asset(name, issuer).contractId(network))
          expect(assetContractId({ kind: 'native' }, network)).toBe(
            Asset.native().contractId(network),
          )
        },
      ),
    )
  })

  test('reads a value that no asset event has as null, and never throws', () => {
    const nested = nativeToScVal([[[['x']]]]).toXDR('base64')
    expect(decodeContractValue(nested)).toBeNull()
    const map = nativeToScVal({ a: { b: 1n } }).toXDR('base64')
    expect(decodeContractValue(map)).toBeNull()
    const huge = Buffer.from('0000001100000001ffffffff', 'hex').toString('base64')
    expect(decodeContractValue(huge)).toBeNull()
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(10, 13, 15, 17, 18),
        (rest, type) => {
          decodeContractValue(Buffer.concat([Buffer.of(0, 0, 0, type), rest]).toString('base64'))
        },
      ),
    )
  })
})

test('an operation id keeps its ledger, transaction and operation', () => {
  const place = fc.record({
    ledger: fc.nat(2 ** 31 - 1),
    transaction: fc.nat(2 ** 20 - 1),
    operation: fc.nat(2 ** 12 - 1),
  })
  fc.assert(
    fc.property(place, (value) => {
      const id = operationIdOf(value)
      expect(placeOf(id)).toEqual(value)
      expect(parseOperationId(String(id))).toBe(id)
    }),
  )
})

describe('an account of Stellar RPC', () => {
  let world: LedgerWorld
  let rpc: FakeRpc
  const usdc: LedgerAsset = { kind: 'issued', code: 'USDC', issuer: ISSUER }
  const long: LedgerAsset = { kind: 'issued', code: 'LONGCODE', issuer: ISSUER }

  beforeAll(async () => {
    world = await startLedgerWorld({ 'rpc.sim': (...both) => rpc.handler(...both) })
  })
  afterAll(() => world.close())

  function trustlineOf(asset: Asset, flags: number): string {
    const entry = new xdr.TrustLineEntry({
      accountId: xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(ANCHOR)),
      asset: asset.toTrustLineXDRObject(),
      balance: 15_000_000n,
      limit: 9_223_372_036_854_775_807n,
      flags,
      ext: xdr.TrustLineEntryExt.v0(),
    })
    return xdr.LedgerEntryData.trustline(entry).toXDR('base64')
  }

  function accountEntry(sequence: string): string {
    const entry = new xdr.AccountEntry({
      accountId: xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(ANCHOR)),
      balance: 15_000_000n,
      seqNum: BigInt(sequence),
      numSubEntries: 0,
      inflationDest: null,
      flags: 0,
      homeDomain: '',
      thresholds: Uint8Array.of(1, 0, 0, 0),
      signers: [],
      ext: xdr.AccountEntryExt.v0(),
    })
    return xdr.LedgerEntryData.account(entry).toXDR('base64')
  }

  function keysOf(asset: Asset): string[] {
    const accountId = xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(ANCHOR))
    const trustline = new xdr.LedgerKeyTrustLine({ accountId, asset: asset.toTrustLineXDRObject() })
    const account = xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId }))
    return [account.toXDR('base64'), xdr.LedgerKey.trustline(trustline).toXDR('base64')]
  }

  test.each([ANCHOR, MUXED_ANCHOR])('%s has the requested trustlines', async (account) => {
    rpc = fakeRpc()
    const [accountKey, usdcKey] = keysOf(new Asset('USDC', ISSUER))
    const [, longKey] = keysOf(new Asset('LONGCODE', ISSUER))
    const entries = [
      { key: accountKey, xdr: accountEntry('9007199254740993') },
      { key: longKey, xdr: trustlineOf(new Asset('LONGCODE', ISSUER), 0) },
      { key: usdcKey, xdr: trustlineOf(new Asset('USDC', ISSUER), 1) },
    ]
    rpc.instead.set('getLedgerEntries', { result: { entries, latestLedger: 2500 } })
    const source = createStellarRpcSource({ url: 'https://rpc.sim' }, world.io)
    const limit = '922337203685.4775807'
    expect(await source.account(account, [{ kind: 'native' }, usdc, long])).toEqual({
      id: ANCHOR,
      sequence: '9007199254740993',
      trustlines: [
        { asset: usdc, balance: '1.5', limit, authorized: true },
        { asset: long, balance: '1.5', limit, authorized: false },
      ],
    })
    expect(rpc.requests[0]?.params['keys']).toEqual([accountKey, usdcKey, longKey])
  })

  test('without the requested trustline has none, and an account that is not on the ledger is null', async () => {
    rpc = fakeRpc()
    const source = createStellarRpcSource({ url: 'https://rpc.sim' }, world.io)
    const [key] = keysOf(new Asset('USDC', ISSUER))
    rpc.instead.set('getLedgerEntries', { result: { entries: [{ key, xdr: 'AAAA' }] } })
    expect(await source.account(ANCHOR, [usdc])).toEqual({
      id: ANCHOR,
      sequence: null,
      trustlines: [],
    })
    rpc.instead.set('getLedgerEntries', { result: { entries: null } })
    expect(await source.account(CUSTOMER, [usdc])).toBeNull()
    expect(await source.account('anchor', [usdc])).toBeNull()
  })

  test('answered with another trustline is unreadable', async () => {
    rpc = fakeRpc()
    const source = createStellarRpcSource({ url: 'https://rpc.sim' }, world.io)
    const [accountKey, usdcKey] = keysOf(new Asset('USDC', ISSUER))
    const entries = [
      { key: accountKey, xdr: 'AAAA' },
      { key: usdcKey, xdr: trustlineOf(new Asset('EURC', ISSUER), 1) },
    ]
    rpc.instead.set('getLedgerEntries', { result: { entries } })
    expect(await ledgerError(() => source.account(ANCHOR, [usdc]))).toMatchObject({
      code: 'ledger_unreadable',
    })
  })
})
