import type { SepCapability } from '../capability.ts'
import type { AssetSupport, TransferSupport } from '../offers.ts'
import { assetIndexOf, countryOf } from './asset-index.ts'
import { createAssetLinker, type LinkedAsset, wantedCode } from './asset-link.ts'
import type { Rail, ReasonCode } from './reasons.ts'
import type { Basis, ListedRow, RowEvidence } from './row-evidence.ts'
import { signInBar } from './web-auth-reasons.ts'

type Known = NonNullable<RowEvidence['capability']>

/** What a rail says about a listing: what serves it and when that was seen, or every reason why nothing does. */
export type RailVerdict =
  | {
      serves: true
      asset: string | null
      basis: Basis
      countryConfirmed: boolean
      /** The times of all evidence that it rests on. */
      seenAt: string[]
      /** Since when SEP-10 has been silent, where the rail needs a token. */
      silentSince?: string
    }
  | { serves: false; why: ReasonCode[] }

export interface RailContext {
  row: ListedRow
  seen: Known
  links: RowEvidence['links']
  /** Whether evidence of this time is young enough to count. */
  isFresh: (at: string | undefined) => boolean
}

const refuse = (...why: ReasonCode[]): RailVerdict => ({ serves: false, why })

/** Judges one rail that the stellar.toml declares. */
export function judgeRail(rail: Rail, context: RailContext): RailVerdict {
  const { sep } = context.seen
  const of = sep[rail]
  if (of === undefined || of.step === 'absent') return refuse()
  if (of.protected) return refuse(`${rail}_protected`)
  if (of.step === 'declared') {
    const wasGood = of.lastOkAt !== undefined && !context.isFresh(of.lastOkAt)
    return refuse(wasGood ? `${rail}_stale` : `${rail}_unseen`)
  }
  if (of.seen === undefined) return refuse(`${rail}_unseen`)
  if (!context.isFresh(of.seen.at)) return refuse(`${rail}_stale`)
  // What a sign-in saw grows old as every evidence does: who switches it off needs no decisions to undo what it said last.
  const signedIn = context.isFresh(of.signedIn?.at) ? of.signedIn : undefined
  if (isFailing(signedIn?.failures) || isBusinessAway(context)) return refuse(`${rail}_failing`)
  if (signedIn?.outcome === 'off') return refuse(`${rail}_unseen`)
  return rail === 'sep59'
    ? judgeOfferings(of, of.seen.at, context)
    : judgeAssets(rail, of, of.seen.at, context)
}

/** One sign-in may meet a restart. The second is an hour later. */
function isFailing(failures = 0): boolean {
  return failures >= 2
}

/**
 * Whether the business behind all servers of the anchor is away. It shows in SEP-12 and in the prices of SEP-38 alone: the
 * Anchor Platform answers every other request of a stranger as ever, and no transfer ends without the business.
 */
function isBusinessAway({ seen: { sep }, isFresh }: RailContext): boolean {
  const counted = [sep.sep12?.signedIn, sep.sep38?.pricesAsked]
  return counted.some((seen) => isFailing(seen?.failures) && isFresh(seen?.at))
}

function judgeOfferings(
  { offerings = [] }: SepCapability,
  seenAt: string,
  { row, seen, isFresh }: RailContext,
): RailVerdict {
  const wanted = wantedCode(row).toUpperCase()
  const offered = offerings.filter(({ currency }) => currency?.toUpperCase() === wanted)
  if (offered.length === 0) return refuse('sep59_not_offered')
  const here = offered.filter(({ country }) => isIn(row, country))
  if (here.length === 0) return refuse('country_not_served')
  const bar = signInBar(seen.sep.sep10, isFresh)
  if (bar !== null) return refuse(bar)
  // A server of SEP-45 signs for whatever home domain it is asked, so that anybody may point to it as his own.
  if (seen.sep.sep10?.step !== 'verified') return refuse('sep59_unproven')
  const { seen: proof } = seen.sep.sep10
  if (proof === undefined || !isFresh(proof.at)) return refuse('sep59_stale')
  return {
    serves: true,
    asset: null,
    basis: 'offering',
    countryConfirmed: here.some(({ country }) => country !== undefined),
    seenAt: [seenAt, proof.at],
  }
}

function isIn(row: ListedRow, country: string | undefined): boolean {
  return row.country === 'ZZ' || country === undefined || countryOf(country) === row.country
}

function judgeAssets(
  rail: Exclude<Rail, 'sep59'>,
  { assets = {} }: SepCapability,
  seenAt: string,
  context: RailContext,
): RailVerdict {
  const { row, seen, links } = context
  const keys = Object.keys(assets)
  if (!keys.some((key) => isOpenFor(assets[key], row))) {
    const isEmpty = rail === 'sep31' || !Object.values(assets).some(isOpen)
    return refuse(isEmpty ? `${rail}_no_assets` : `${rail}_direction_closed`)
  }
  const link = createAssetLinker(row, seen, links)
  const known = keys.flatMap((key) => link(key) ?? [])
  const linked = known.filter(({ key }) => isOpenFor(assets[key], row)).toSorted(byWorth)
  if (linked.length === 0) {
    return refuse(known.length > 0 ? `${rail}_asset_closed` : 'currency_unlinked')
  }
  const why = new Set<ReasonCode>()
  for (const asset of linked) {
    const needsToken = rail !== 'sep6' || openSupports(assets[asset.key], row).every(isGated)
    const verdict = judgeAsset(asset, seenAt, needsToken, context)
    if (verdict.serves) return verdict
    for (const code of verdict.why) why.add(code)
  }
  return refuse(...why)
}

/** Judges one asset that is open and has to do with the currency. */
function judgeAsset(
  { key, basis, ambiguous, issuer, seenAt: quotesSeenAt }: LinkedAsset,
  seenAt: string,
  needsToken: boolean,
  { row, seen, isFresh }: RailContext,
): RailVerdict {
  if (ambiguous) return refuse('asset_ambiguous')
  if (issuer.link === 'contradicted') return refuse('asset_link_contradicted')
  if (issuer.link === 'missing') return refuse('asset_issuer_missing')
  const horizonOnly = isFromHorizon(row)
  if (horizonOnly && (issuer.link !== 'two_way' || !isFresh(issuer.seenAt ?? undefined))) {
    return refuse('horizon_unconfirmed')
  }
  if (!quotesSeenAt.every(isFresh)) return refuse('sep38_stale')
  const country = countryFits(row, basis, seen, isFresh)
  if (country === false) return refuse('country_not_served')
  const bar = needsToken ? signInBar(seen.sep.sep10, isFresh) : null
  if (bar !== null) return refuse(bar)
  const silentSince = needsToken ? seen.sep.sep10?.silentSince : undefined
  return {
    ...(silentSince === undefined ? {} : { silentSince }),
    serves: true,
    asset: key,
    basis,
    countryConfirmed: country === true,
    seenAt: [seenAt, ...quotesSeenAt, ...(horizonOnly ? [issuer.seenAt ?? ''] : [])],
  }
}

/** Whether only Horizon names the anchor: anybody may write any home domain into an account. */
export function isFromHorizon({ source }: ListedRow): boolean {
  return source.startsWith('horizon:')
}

/**
 * True or false when SEP-38 says where it serves the currency, null when nothing does. It speaks of quotes: where another
 * basis links the currency it may confirm a country and not deny one.
 */
function countryFits(
  row: ListedRow,
  basis: Basis,
  seen: Known,
  isFresh: RailContext['isFresh'],
): boolean | null {
  if (!isFresh(seen.sep.sep38?.seen?.at)) return null
  const countries = assetIndexOf(seen).fiatQuote(wantedCode(row).toUpperCase())?.countries
  if (!countries?.size) return null
  const fits = row.country === 'ZZ' || countries.has(row.country)
  return fits || basis === 'quote' ? fits : null
}

function supportsOf(support: AssetSupport | undefined, { type }: ListedRow): TransferSupport[] {
  const { deposit, depositExchange, withdraw, withdrawExchange, receive } = support ?? {}
  const all =
    type === 'on-ramp' ? [deposit, depositExchange] : [withdraw, withdrawExchange, receive]
  return all.filter((one) => one !== undefined)
}

function openSupports(support: AssetSupport | undefined, row: ListedRow): TransferSupport[] {
  return supportsOf(support, row).filter(({ enabled }) => enabled)
}

function isOpenFor(support: AssetSupport | undefined, row: ListedRow): boolean {
  return openSupports(support, row).length > 0
}

function isOpen(support: AssetSupport): boolean {
  return Object.values(support).some(({ enabled }) => enabled)
}

function isGated({ authenticationRequired }: TransferSupport): boolean {
  return authenticationRequired === true
}

const BASES: readonly Basis[] = ['code', 'anchor_asset', 'known_asset', 'quote']
const LINKS = ['two_way', 'third_party_confirmed', 'third_party']

/** The strongest basis first, then the best proven issuer. The order of `/info` decides the rest. */
function byWorth(a: LinkedAsset, b: LinkedAsset): number {
  const byBasis = BASES.indexOf(a.basis) - BASES.indexOf(b.basis)
  return byBasis === 0 ? rankOf(a) - rankOf(b) : byBasis
}

function rankOf({ issuer }: LinkedAsset): number {
  const at = LINKS.indexOf(issuer.link)
  return at === -1 ? LINKS.length : at
}
