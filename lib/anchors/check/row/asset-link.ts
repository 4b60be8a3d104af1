import type { AssetLink } from '../../issuers/link.ts'
import type { Quote } from '../offers.ts'
import type { Currency } from '../toml/fields.ts'
import { type NamedAsset, readAssetKey } from './asset-key.ts'
import type { Basis, ListedRow, RowEvidence } from './row-evidence.ts'

/** The pegs that anchors list without `anchor_asset`, because everybody knows them: USDC and EURC of Circle. */
const KNOWN_PEGS: Readonly<Record<string, string>> = {
  'USDC:GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN': 'USD',
  'EURC:GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2': 'EUR',
}

/** The three letters of every currency of ISO 4217. */
const ISO_4217: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))
const PEG_TYPES: ReadonlySet<string> = new Set(['fiat', 'crypto'])

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

/** Links an asset of a rail to the currency of a listing by the strongest basis; null when nothing public links them. */
export function linkAsset(
  key: string,
  row: ListedRow,
  seen: Known,
  issuers: RowEvidence['links'],
): LinkedAsset | null {
  const asset = readAssetKey(key)
  const named = seen.currencies.filter((currency) => isOf(currency, asset))
  const quotes = seen.sep.sep38?.quotes ?? []
  const ids =
    asset.issuer === undefined ? issuersOf(asset, seen.currencies, quotes) : [asset.issuer]
  const own = ownBasis(asset, row, named, ids)
  const seenAt = own === null ? pricedAt(asset, row, seen) : []
  if (seenAt === null) return null
  const [id = ''] = ids
  return {
    key,
    basis: own ?? 'quote',
    ambiguous: ids.length > 1 || pegsOf(named).size > 1,
    issuer: issuers.get(`${asset.code}:${id}`) ?? { link: 'unknown', seenAt: null },
    seenAt,
  }
}

/** The currency of a listing as assets spell it: native is `XLM`, and `ars` is the currency `ARS`. */
export function wantedCode({ currency }: ListedRow): string {
  const upper = currency.toUpperCase()
  if (upper === 'NATIVE') return 'XLM'
  return ISO_4217.has(upper) ? upper : currency
}

/** The quotes of the listing's currency, when that is money off the ledger. */
export function fiatQuotes(row: ListedRow, quotes: readonly Quote[]): Quote[] {
  return quotes.filter(({ asset }) => isFiat(asset, row))
}

function ownBasis(
  asset: NamedAsset,
  row: ListedRow,
  named: readonly Currency[],
  ids: readonly string[],
): 'code' | 'anchor_asset' | 'known_asset' | null {
  const wanted = wantedCode(row)
  if (asset.code === wanted || (asset.fiat && asset.code === wanted.toUpperCase())) return 'code'
  if (asset.fiat) return null
  const known = ids.map((id) => KNOWN_PEGS[`${asset.code}:${id}`]).find((peg) => peg !== undefined)
  // A file may claim what it likes of an asset that is not its own. What everybody knows of it holds.
  if (known !== undefined && known !== wanted) return null
  if (pegsOf(named).has(wanted.toUpperCase())) return 'anchor_asset'
  return known === undefined ? null : 'known_asset'
}

/** What the entries say that the asset stands for, upper case. `is_asset_anchored = false` takes the claim back. */
function pegsOf(named: readonly Currency[]): Set<string> {
  const pegs = named.flatMap(({ anchorAsset, anchorAssetType, isAssetAnchored }) => {
    const type = anchorAssetType?.trim().toLowerCase()
    const counts = isAssetAnchored !== false && (!type || PEG_TYPES.has(type))
    return counts && anchorAsset?.trim() ? [anchorAsset.trim().toUpperCase()] : []
  })
  return new Set(pegs)
}

function isOf(currency: Currency, { code, issuer, fiat }: NamedAsset): boolean {
  if (fiat || codeOf(currency) !== code) return false
  return issuer === undefined || issuerOf(currency) === issuer
}

function codeOf({ code }: Currency): string {
  return code === 'native' ? 'XLM' : code
}

function issuerOf(currency: Currency): string | undefined {
  const { issuer, contract } = currency
  return issuer ?? contract ?? (codeOf(currency) === 'XLM' ? 'native' : undefined)
}

/**
 * The issuers that `CURRENCIES` and SEP-38 name for a code. A platform merges the assets of two issuers under one key, the
 * deposit of one beside the withdrawal of the other. A contract counts only beside no issuer, because it may be the contract
 * of that issuer's asset.
 */
function issuersOf(
  { code, fiat }: NamedAsset,
  currencies: readonly Currency[],
  quotes: readonly Quote[],
): string[] {
  if (fiat) return []
  const listed = currencies.filter((currency) => codeOf(currency) === code)
  const quoted = quotes.map(({ asset }) => readAssetKey(asset))
  const issuers = new Set([
    ...listed.flatMap((currency) =>
      currency.issuer !== undefined || currency.contract === undefined ? [issuerOf(currency)] : [],
    ),
    ...quoted.flatMap((asset) => (!asset.fiat && asset.code === code ? [asset.issuer] : [])),
  ])
  const contracts = new Set(listed.map(({ contract }) => contract))
  const known = [...issuers].filter((issuer) => issuer !== undefined)
  return known.length > 0 ? known : [...contracts].filter((contract) => contract !== undefined)
}

/**
 * When SEP-38 was seen to trade the asset against the listing's currency in its direction; null when it was not. Prices of
 * the opposite order count only where `/info` names a method for this direction. Standing side by side in `/info` shows
 * nothing: the Anchor Platform lists native there and trades it with nothing.
 */
function pricedAt(asset: NamedAsset, row: ListedRow, { sep }: Known): string[] | null {
  const { quotes = [], prices = [], seen } = sep.sep38 ?? {}
  const fiat = fiatQuotes(row, quotes)
  if (asset.fiat || fiat.length === 0 || seen === undefined) return null
  const paysIn = fiat.some(({ sellMethods }) => sellMethods?.length)
  const paysOut = fiat.some(({ buyMethods }) => buyMethods?.length)
  const [stated, onlyOther] =
    row.type === 'on-ramp' ? [paysIn, paysOut && !paysIn] : [paysOut, paysIn && !paysOut]
  const isAsset = (name: string) => {
    const { code, issuer, fiat } = readAssetKey(name)
    return !fiat && code === asset.code && (asset.issuer === undefined || issuer === asset.issuer)
  }
  const ats = prices.flatMap(({ at, sells, buys }) => {
    const out = isAsset(sells) && buys.some((name) => isFiat(name, row))
    const into = isFiat(sells, row) && buys.some(isAsset)
    const exact = row.type === 'on-ramp' ? into : out
    return (exact && !onlyOther) || ((into || out) && stated) ? [at] : []
  })
  const newest = ats.toSorted().at(-1)
  return newest === undefined ? null : [newest, seen.at]
}

function isFiat(name: string, row: ListedRow): boolean {
  const { code, fiat } = readAssetKey(name)
  return fiat && code === wantedCode(row).toUpperCase()
}
