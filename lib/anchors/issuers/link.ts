import type { Network } from '../../stellar/network.ts'
import { type Finding, finding } from '../check/finding.ts'
import type { Currency } from '../check/toml/fields.ts'
import type { IssuerAccount } from './issuer-account.ts'

/**
 * What the account of an issuer says of the stellar.toml that lists its asset, best first. `two_way`: it names the home
 * domain. `third_party`: it names another one, as Circle does where an anchor serves USDC; `_confirmed` when that one lists
 * the asset too. `contradicted`: it names another one although the stellar.toml claims the account. `unlinked`: it names
 * none. `impossible`: the home domain is longer than an account can hold. `missing`: there is no such account.
 */
export const LINKS = [
  'two_way',
  'third_party_confirmed',
  'third_party',
  'impossible',
  'unlinked',
  'unknown',
  'missing',
  'contradicted',
] as const
export type Link = (typeof LINKS)[number]

/** `issuer_locked`: nothing about the account can change any more. `issuer_home_domain_www`: it names the domain with or without `www.`. */
export type LinkNote = 'issuer_locked' | 'issuer_home_domain_www'

export interface AssetLink {
  link: Link
  notes: LinkNote[]
  /** When the account was read; null when it never was. ISO 8601, UTC. */
  seenAt: string | null
}

/** An issuer with what the catalog knows of the home domain that its account names. */
export interface KnownIssuer extends IssuerAccount {
  /** The codes of this issuer that the stellar.toml of that home domain lists. */
  confirmedCodes: string[]
  /** The hash of that stellar.toml. */
  tomlSha256: string | null
}

/** What a home domain says of its assets. */
export interface Claims {
  domain: string
  currencies: readonly Currency[]
  /** `ACCOUNTS` of the stellar.toml: the accounts that the anchor says it controls. */
  accounts: readonly string[]
  toml: { url: string; sha256?: string }
}

/** An account holds a home domain of at most 32 bytes. */
const MAX_HOME_DOMAIN_BYTES = 32
/** The findings of a link. The other links are no fault of the anchor. */
const FINDING_OF = {
  contradicted: 'issuer_claimed',
  missing: 'issuer_missing',
  unlinked: 'issuer_without_home_domain',
} as const

/**
 * Links each asset with an issuer in both directions: the stellar.toml lists it, and its issuer's account names a home
 * domain.
 *
 * @param known by account; an issuer that is not in it was never read
 * @returns the links by `CODE:ISSUER`, and what a person should put right
 */
export function linkIssuers(
  claims: Claims,
  known: ReadonlyMap<string, KnownIssuer>,
  network: Network,
): { links: Map<string, AssetLink>; findings: Finding[] } {
  const links = new Map<string, AssetLink>()
  const findings: Finding[] = []
  for (const { code, issuer } of claims.currencies) {
    const asset = `${code}:${issuer}`
    if (issuer === undefined || links.has(asset)) continue
    const account = known.get(issuer)
    const { link, notes } =
      account === undefined
        ? { link: 'unknown' as const, notes: [] }
        : linkOf(code, account, claims, network)
    links.set(asset, { link, notes, seenAt: account?.seenAt ?? null })
    if (link === 'contradicted' || link === 'missing' || link === 'unlinked') {
      const actual = account?.homeDomain ?? undefined
      findings.push(finding(FINDING_OF[link], { field: asset, actual }))
    }
  }
  return { links, findings }
}

function linkOf(
  code: string,
  issuer: KnownIssuer,
  claims: Claims,
  network: Network,
): { link: Link; notes: LinkNote[] } {
  const notes: LinkNote[] = issuer.locked ? ['issuer_locked'] : []
  // The test network forgets every account when it is reset.
  if (issuer.missing) return { link: network === 'mainnet' ? 'missing' : 'unknown', notes }
  if (issuer.homeDomain === claims.domain) return { link: 'two_way', notes }
  if (issuer.homeDomain !== null && isSameBarringWww(issuer.homeDomain, claims.domain)) {
    notes.push('issuer_home_domain_www')
    if (servesTheSame(issuer, claims)) return { link: 'two_way', notes }
  }
  if (claims.domain.length > MAX_HOME_DOMAIN_BYTES) return { link: 'impossible', notes }
  if (issuer.homeDomain === null) return { link: 'unlinked', notes }
  if (notes.at(-1) !== 'issuer_home_domain_www' && claims.accounts.includes(issuer.account)) {
    return { link: 'contradicted', notes }
  }
  const isConfirmed = issuer.confirmedCodes.includes(code)
  return { link: isConfirmed ? 'third_party_confirmed' : 'third_party', notes }
}

function isSameBarringWww(one: string, other: string): boolean {
  return one === `www.${other}` || other === `www.${one}`
}

/** Whether both hosts serve one file: the one redirects to the other, or the catalog read the same bytes from both. */
function servesTheSame({ homeDomain, tomlSha256 }: KnownIssuer, { toml }: Claims): boolean {
  const isRedirected = URL.parse(toml.url)?.hostname === homeDomain
  return isRedirected || (tomlSha256 !== null && tomlSha256 === toml.sha256)
}

/** The link of a whole home domain: two-way when one asset is, contradicted when one is, else the best of the rest. */
export function bestLink(links: Iterable<AssetLink>): Link {
  const found = new Set([...links].map(({ link }) => link))
  if (found.has('two_way')) return 'two_way'
  if (found.has('contradicted')) return 'contradicted'
  return LINKS.find((link) => found.has(link)) ?? 'unknown'
}
