import { Networks, Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import {
  type LedgerAccount,
  LedgerError,
  type LedgerSource,
} from '../../../../lib/ledger/source.ts'
import { planRefund } from '../../../../lib/payments/refund/plan.ts'
import { prepareRefund } from '../../../../lib/payments/refund/prepare.ts'
import { formatMuxedAccount } from '../../../../lib/stellar/muxed-account.ts'
import { createLedgerStub } from '../../../helpers/ledger-stub.ts'
import { ACCOUNT, ISSUER, MUXED_ID, payment, USDC, USDC_ASSET, USER } from '../payments.ts'

const HASH = 'ab'.repeat(32)
const CONTRACT = 'CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA'
const NOW = new Date('2026-11-21T08:00:00Z')
const SEQUENCE = '9007199254740993'

const paid = {
  ...payment({ asset: USDC_ASSET, amount: '100.5000000', transactionHash: HASH }),
  account: ACCOUNT,
}

const trusting: LedgerAccount = {
  id: USER,
  sequence: '1',
  trustlines: [{ asset: USDC_ASSET, balance: '0', limit: null, authorized: true }],
}

/** A ledger with the paying account and the payer. */
function ledgerOf(payer: LedgerAccount | null, source: Partial<LedgerAccount> = {}): LedgerSource {
  const own = { id: ACCOUNT, sequence: SEQUENCE, trustlines: [], ...source }
  const account = async (id: string) => (id === ACCOUNT ? own : payer)
  return { ...createLedgerStub().source, account }
}

const prepare = (
  change: Partial<typeof paid> = {},
  named: Parameters<typeof planRefund>[1] = null,
  ledger = ledgerOf(trusting),
) =>
  prepareRefund(planRefund({ ...paid, ...change }, named), {
    ledger,
    networkPassphrase: Networks.TESTNET,
    now: () => NOW,
  })

/** What a wallet reads in the envelope. */
function readXdr(xdr: string) {
  const transaction = TransactionBuilder.fromXDR(xdr, Networks.TESTNET)
  if (!(transaction instanceof Transaction)) throw new Error('a fee bump')
  const { source, sequence, fee, timeBounds, operations, memo, signatures } = transaction
  const [operation, ...more] = operations
  if (operation?.type !== 'payment' || more.length > 0) throw new Error('not one payment')
  const { destination, amount, asset } = operation
  const hash = Buffer.from(transaction.hash()).toString('hex')
  const bytes = memo.value instanceof Uint8Array ? Buffer.from(memo.value) : null
  const memoValue =
    bytes === null ? memo.value : bytes.toString(memo.type === 'text' ? 'utf8' : 'hex')
  return {
    ...{ source, sequence, fee, timeBounds, destination, amount, hash },
    ...{ signatures: signatures.length, asset: asset.toString(), memo: [memo.type, memoValue] },
  }
}

describe('a prepared refund', () => {
  test('is an unsigned payment of what was received to who paid it, with the hash of the payment', async () => {
    const refund = await prepare()
    if ('unavailable' in refund) throw new Error(refund.unavailable)
    expect(readXdr(refund.xdr)).toEqual({
      source: ACCOUNT,
      sequence: '9007199254740994',
      fee: '100000',
      timeBounds: { minTime: '0', maxTime: String(NOW.getTime() / 1000 + 3_600) },
      destination: USER,
      amount: '100.5000000',
      asset: USDC.replace('stellar:', ''),
      memo: ['return', HASH],
      signatures: 0,
      hash: refund.transactionHash,
    })
    expect(refund).toMatchObject({
      source: ACCOUNT,
      destination: USER,
      asset: USDC,
      amount: '100.5',
      memo: { type: 'return', value: HASH },
      sequence: '9007199254740994',
      validUntil: '2026-11-21T09:00:00.000Z',
      cautions: [expect.stringContaining('exchange')],
    })
  })

  test('has a link that gives a wallet the envelope, the account and the network', async () => {
    const refund = await prepare()
    if ('unavailable' in refund) throw new Error(refund.unavailable)
    const link = new URL(refund.link)
    expect([link.protocol, link.pathname]).toEqual(['web+stellar:', 'tx'])
    expect(Object.fromEntries(link.searchParams)).toEqual({
      xdr: refund.xdr,
      pubkey: ACCOUNT,
      network_passphrase: Networks.TESTNET,
    })
    // A plus sign in a query may be read as a blank.
    expect(refund.link.slice(refund.link.indexOf('?'))).not.toMatch(/[+ ]/)
  })

  test('goes to the muxed address that paid', async () => {
    const refund = await prepare({ fromMuxedId: MUXED_ID })
    if ('unavailable' in refund) throw new Error(refund.unavailable)
    const muxed = formatMuxedAccount({ account: USER, id: MUXED_ID })
    expect(readXdr(refund.xdr).destination).toBe(muxed)
    expect(refund).toMatchObject({ destination: muxed, cautions: [] })
  })

  test.each<[string, string | null, [string, string]]>([
    ['7', 'id', ['id', '7']],
    ['order 7', 'text', ['text', 'order 7']],
    [Buffer.from(HASH, 'hex').toString('base64'), 'hash', ['hash', HASH]],
  ])('has the refund memo %s of type %s that its transaction names', async (memo, type, read) => {
    const refund = await prepare({}, { transactionId: 't', memo, type })
    if ('unavailable' in refund) throw new Error(refund.unavailable)
    expect(readXdr(refund.xdr).memo).toEqual(read)
    expect(refund.cautions).toEqual([])
  })

  test('of lumens and to the issuer needs no trustline', async () => {
    const bare = { ...trusting, trustlines: [] }
    const native = await prepare({ asset: { kind: 'native' } }, null, ledgerOf(bare))
    expect(native).toMatchObject({ asset: 'stellar:native' })
    const issuer = { ...bare, id: ISSUER }
    expect(await prepare({ from: ISSUER }, null, ledgerOf(issuer))).toMatchObject({
      destination: ISSUER,
    })
  })
})

describe('no refund is prepared, and the reason is given, for', () => {
  test.each<[string, Partial<typeof paid>, RegExp]>([
    ['a payer that the source does not show', { from: null }, /does not show who paid/],
    ['a contract', { from: CONTRACT }, /contract C.* paid/],
    ['a claimable balance', { from: `B${'A'.repeat(57)}` }, /not an account that can be paid/],
    ['an account that paid itself', { from: ACCOUNT }, /paid itself/],
    ['a clawback', { kind: 'clawback' }, /took the asset back/],
    ['a balance that may still be unclaimed', { kind: 'claimable_balance' }, /not come in/],
    ['an asset that the source does not show', { asset: null }, /does not show what was received/],
    [
      'an amount that the source does not show',
      { amount: null },
      /does not show what was received/,
    ],
  ])('%s', async (_, change, reason) => {
    expect(await prepare(change)).toEqual({ unavailable: expect.stringMatching(reason) })
  })

  test('a refund memo that no memo can be', async () => {
    const named = { transactionId: 't', memo: 'seven', type: 'id' }
    expect(await prepare({}, named)).toEqual({ unavailable: expect.stringContaining('"seven"') })
  })

  const withLine = (change: object) => ({
    ...trusting,
    trustlines: trusting.trustlines.map((line) => ({ ...line, ...change })),
  })
  test.each<[string, LedgerSource, RegExp]>([
    ['a payer that is gone', ledgerOf(null), /has no account G/],
    ['a payer without a trustline', ledgerOf({ ...trusting, trustlines: [] }), /no trustline/],
    ['a payer that may not hold the asset', ledgerOf(withLine({ authorized: false })), /may not/],
    ['an account without a sequence', ledgerOf(trusting, { sequence: null }), /no sequence/],
    [
      'a ledger that cannot be read',
      {
        ...ledgerOf(null),
        account: async () => {
          throw new LedgerError('ledger_unreachable', 'status 503')
        },
      },
      /status 503/,
    ],
  ])('%s', async (_, ledger, reason) => {
    expect(await prepare({}, null, ledger)).toEqual({ unavailable: expect.stringMatching(reason) })
  })
})
