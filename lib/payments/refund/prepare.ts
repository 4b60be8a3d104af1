import { type LedgerAccount, LedgerError, type LedgerSource } from '../../ledger/source.ts'
import { formatAsset } from '../../stellar/asset.ts'
import type { RefundMemo, RefundPlan } from './plan.ts'

/** The most that the refund pays to the ledger, in stroops: 0.01 XLM. The ledger takes what the others pay too. */
const FEE_STROOPS = '100000'
/** How long the refund can be sent after it was prepared. */
const VALID_SECONDS = 3_600

/** A refund that a person signs with the keys of the account. Its fields say what the envelope holds. */
export type PreparedRefund =
  | {
      source: string
      destination: string
      asset: string
      amount: string
      memo: RefundMemo
      feeStroops: string
      sequence: string
      /** ISO 8601. */
      validUntil: string
      networkPassphrase: string
      /** The hash of the refund once it is on the ledger. */
      transactionHash: string
      /** The unsigned transaction envelope, XDR in base64. */
      xdr: string
      /** A link that opens the envelope in a wallet (SEP-7). */
      link: string
      cautions: string[]
    }
  | { unavailable: string }

/**
 * Prepares a refund as an unsigned transaction: the sequence comes from the ledger, and the payer must be able to receive
 * the asset.
 *
 * @param plan a text says why there is none
 */
export async function prepareRefund(
  plan: RefundPlan | string,
  {
    ledger,
    networkPassphrase,
    now,
  }: { ledger: LedgerSource; networkPassphrase: string; now: () => Date },
): Promise<PreparedRefund> {
  if (typeof plan === 'string') return { unavailable: plan }
  try {
    const [payer, payee] = await Promise.all([
      ledger.account(plan.source, []),
      ledger.account(plan.destination, [plan.asset]),
    ])
    if (payer === null) return { unavailable: `The ledger has no account ${plan.source}.` }
    const { sequence } = payer
    if (sequence === null)
      return { unavailable: `${ledger.name} shows no sequence of the account.` }
    const obstacle = obstacleOf(plan, payee)
    if (obstacle !== null) return { unavailable: obstacle }
    const validUntilSeconds = Math.floor(now().getTime() / 1000) + VALID_SECONDS
    const { buildEnvelope } = await import('./envelope.ts')
    const { xdr, hash } = buildEnvelope(plan, {
      sequence,
      feeStroops: FEE_STROOPS,
      validUntilSeconds,
      networkPassphrase,
    })
    return {
      source: plan.source,
      destination: plan.destination,
      asset: plan.assetName,
      amount: plan.amount,
      memo: plan.memo,
      feeStroops: FEE_STROOPS,
      sequence: String(BigInt(sequence) + 1n),
      validUntil: new Date(validUntilSeconds * 1000).toISOString(),
      networkPassphrase,
      transactionHash: hash,
      xdr,
      link: linkOf(xdr, { pubkey: plan.source, network_passphrase: networkPassphrase }),
      cautions: plan.cautions,
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    return { unavailable: error.message }
  }
}

/** Why the payer cannot receive the asset; null when nothing is in the way. */
function obstacleOf(
  { asset, assetName, destination }: RefundPlan,
  payee: LedgerAccount | null,
): string | null {
  if (payee === null) return `The ledger has no account ${destination} any more.`
  if (asset.kind !== 'issued' || asset.issuer === payee.id) return null
  const trustline = payee.trustlines.find((one) => formatAsset(one.asset) === assetName)
  if (trustline === undefined) return `${destination} has no trustline of ${assetName} any more.`
  return trustline.authorized ? null : `${destination} may not hold ${assetName} now.`
}

/** The link by which a wallet gets the envelope (SEP-7, operation `tx`). */
function linkOf(xdr: string, rest: Record<string, string>): string {
  const parameters = Object.entries({ xdr, ...rest })
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `web+stellar:tx?${query.join('&')}`
}
