import type { AssetLink } from '../../issuers/link.ts'
import { type AssetFacts, assetIndexOf } from './asset-index.ts'
import type { Basis, ListedRow, RowEvidence } from './row-evidence.ts'

/** The three letters of every currency of ISO 4217. */
const ISO_4217: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** An asset of a rail that has to do with the currency of a listing. */
export interface LinkedAsset {
  key: string
  basis: Exclude<Basis, 'offering'>
  /** Two assets have this code, and the key does not say which it means. Nothing follows from it. */
  ambiguous: boolean
  issuer: Pick<AssetLink, 'link' | 'seenAt'>
  /** When the quotes were seen that the basis rests on. */
  seenAt: string[]
}

type Known = NonNullable<RowEvidence['capability']>

/**
 * Links assets of a rail to the currency of a listing, each by its strongest basis. The function gives null where nothing
 * public links them.
 */
export function createAssetLinker(
  row: ListedRow,
  seen: Known,
  links: RowEvidence['links'],
): (key: string) => LinkedAsset | null {
  const wanted = wantedCode(row)
  const index = assetIndexOf(seen)
  const quotedAt = createQuoteLookup(row, seen)
  return (key) => {
    const facts = index.factsOf(key)
    const { asset, issuers, pegs } = facts
    const own = ownBasis(facts, wanted)
    const seenAt = own === null ? quotedAt(asset) : []
    if (seenAt === null) return null
    return {
      key,
      basis: own ?? 'quote',
      ambiguous: issuers.length > 1 || pegs.size > 1,
      issuer: links.get(`${asset.code}:${issuers[0]}`) ?? { link: 'unknown', seenAt: null },
      seenAt,
    }
  }
}

/** The currency of a listing as assets spell it: native is `XLM`, and `ars` is the currency `ARS`. */
export function wantedCode({ currency }: ListedRow): string {
  const upper = currency.toUpperCase()
  if (upper === 'NATIVE') return 'XLM'
  return ISO_4217.has(upper) ? upper : currency
}

function ownBasis(
  { asset, pegs, knownPeg }: AssetFacts,
  wanted: string,
): 'code' | 'anchor_asset' | 'known_asset' | null {
  if (asset.code === wanted || (asset.fiat && asset.code === wanted.toUpperCase())) return 'code'
  if (asset.fiat) return null
  // A file may claim what it likes of an asset that is not its own. What everybody knows of it holds.
  if (knownPeg !== undefined && knownPeg !== wanted) return null
  if (pegs.has(wanted.toUpperCase())) return 'anchor_asset'
  return knownPeg === undefined ? null : 'known_asset'
}

/**
 * Says when SEP-38 was seen to trade the asset against the listing's currency in its direction; null when it was not. Prices of
 * the opposite order count only where `/info` names a method for this direction. Standing side by side in `/info` shows
 * nothing: the Anchor Platform lists native there and trades it with nothing.
 */
function createQuoteLookup(
  row: ListedRow,
  seen: Known,
): (asset: AssetFacts['asset']) => string[] | null {
  const index = assetIndexOf(seen)
  const currency = wantedCode(row).toUpperCase()
  const quote = index.fiatQuote(currency)
  const quotedAt = seen.sep.sep38?.seen?.at
  if (quote === undefined || quotedAt === undefined) return () => null
  const { paysIn, paysOut } = quote
  const [stated, opposite] = row.type === 'on-ramp' ? [paysIn, paysOut] : [paysOut, paysIn]
  const reverse: ListedRow['type'] = row.type === 'on-ramp' ? 'off-ramp' : 'on-ramp'
  const orders: ListedRow['type'][] = stated ? [row.type, reverse] : opposite ? [] : [row.type]
  return (asset) => {
    if (asset.fiat) return null
    const ats = orders.flatMap((order) => index.pricedAt(asset, currency, order) ?? [])
    const newest = ats.toSorted().at(-1)
    return newest === undefined ? null : [newest, quotedAt]
  }
}
