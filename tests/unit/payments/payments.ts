import type { LedgerPayment } from '../../../lib/ledger/source.ts'
import type { CandidateTransaction } from '../../../lib/payments/verdict/codes.ts'
import type { Asset } from '../../../lib/stellar/asset.ts'

/** The account and the muxed address are examples of SEP-23. */
export const ACCOUNT = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
export const MUXED_ID = '9223372036854775808'
export const MUXED = 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK'
export const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
export const OTHER_ACCOUNT = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
export const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
export const USDC = `stellar:USDC:${ISSUER}`
export const USDC_ASSET: Asset = { kind: 'issued', code: 'USDC', issuer: ISSUER }

/** 100 USDC from the user, with the memo id 7. */
export function payment(rest: Partial<LedgerPayment> = {}): LedgerPayment {
  return {
    operationId: '4295004161',
    cursor: '4295004161',
    ledger: 1,
    closedAt: '2026-11-21T08:00:00Z',
    transactionHash: 'ab'.repeat(32),
    successful: true,
    kind: 'payment',
    from: USER,
    fromMuxedId: null,
    to: ACCOUNT,
    toMuxedId: null,
    asset: USDC_ASSET,
    amount: '100.0000000',
    memo: { type: 'id', value: '7' },
    ...rest,
  }
}

/** A withdrawal that awaits 100 USDC with the memo id 7. */
export function awaiting(rest: Partial<CandidateTransaction> = {}): CandidateTransaction {
  return {
    id: 'w',
    sep: '24',
    kind: 'withdrawal',
    status: 'pending_user_transfer_start',
    account: ACCOUNT,
    memo: '7',
    memoType: 'id',
    amountIn: '100',
    amountInAsset: USDC,
    amountExpected: null,
    amountExpectedAsset: null,
    startedAt: '2026-11-21T07:00:00.000Z',
    endedAt: null,
    creditedBy: null,
    creditRefused: false,
    mark: 'mark',
    ...rest,
  }
}
