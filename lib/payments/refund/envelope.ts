// The only module that loads the Stellar SDK, which adds 300 ms: `prepare` imports it when a refund is prepared.
import {
  Account,
  Asset,
  Memo,
  Operation,
  type Transaction,
  TransactionBuilder,
} from '@stellar/stellar-sdk/base'
import type { RefundMemo, RefundPlan } from './plan.ts'

/** Builds the unsigned envelope of a refund. @returns XDR in base64, and the hash that is signed */
export function buildEnvelope(
  { source, destination, asset, amount, memo }: RefundPlan,
  {
    sequence,
    feeStroops,
    validUntilSeconds,
    networkPassphrase,
  }: {
    /** The present sequence of the account; the refund has the next one. */
    sequence: string
    feeStroops: string
    validUntilSeconds: number
    networkPassphrase: string
  },
): { xdr: string; hash: string } {
  if (asset.kind === 'fiat') throw new RangeError('A refund of a currency refused: not on a ledger')
  const transaction: Transaction = new TransactionBuilder(new Account(source, sequence), {
    fee: feeStroops,
    networkPassphrase,
    memo: memoOf(memo),
    timebounds: { minTime: 0, maxTime: validUntilSeconds },
  })
    .addOperation(
      Operation.payment({
        destination,
        asset: asset.kind === 'native' ? Asset.native() : new Asset(asset.code, asset.issuer),
        amount,
      }),
    )
    .build()
  return { xdr: transaction.toXDR(), hash: Buffer.from(transaction.hash()).toString('hex') }
}

function memoOf({ type, value }: RefundMemo): Memo {
  switch (type) {
    case 'text':
      return Memo.text(value)
    case 'id':
      return Memo.id(value)
    case 'hash':
      return Memo.hash(value)
    case 'return':
      return Memo.return(value)
  }
}
