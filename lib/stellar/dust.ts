import { formatAmount, parseAmount } from './amount.ts'
import { formatAsset, parseAsset } from './asset.ts'

/** The amount of one asset below which a payment is dust. */
export interface DustLimit {
  /** As in SEP-38, such as `stellar:native`. */
  asset: string
  /** Decimal text. */
  amount: string
}

const MOST_LIMITS = 50

/** What PAYMENT_DUST may be. */
export const DUST_LIMITS = `a comma list of at most ${MOST_LIMITS} assets, each once, with the amount below which a payment is dust, such as native=0.01,USDC:G…=0.001`

/**
 * Reads limits such as `native=0.01,USDC:G…=0.001`. An asset is in the form of SEP-11 or SEP-38.
 *
 * @returns null for every other text, and for an asset that comes twice
 */
export function parseDustLimits(text: string): DustLimit[] | null {
  const parts = text.split(',').map((part) => part.trim())
  const limits = parts.filter(Boolean).map(parseDustLimit)
  const read = limits.filter((limit) => limit !== null)
  const isOnce = new Set(read.map(({ asset }) => asset)).size === limits.length
  return isOnce && limits.length <= MOST_LIMITS ? read : null
}

function parseDustLimit(text: string): DustLimit | null {
  const at = text.lastIndexOf('=')
  if (at < 0) return null
  const name = text.slice(0, at).trim()
  const asset = parseAsset(name.startsWith('stellar:') ? name : `stellar:${name}`)
  const stroops = parseAmount(text.slice(at + 1).trim())
  if (asset === null || stroops === null || stroops === 0n) return null
  return { asset: formatAsset(asset), amount: formatAmount(stroops) }
}
