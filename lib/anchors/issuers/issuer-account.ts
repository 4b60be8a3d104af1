import { accountHomeDomain, orNull } from '../../stellar/home-domain.ts'

/** What an account lets its owner do with the assets it issues (stellar-xdr, AccountFlags). */
export const ISSUER_FLAGS = [
  'auth_required',
  'auth_revocable',
  'auth_immutable',
  'clawback_enabled',
] as const
export type IssuerFlag = (typeof ISSUER_FLAGS)[number]

/** The account of an issuer, as the ledger showed it. */
export interface IssuerAccount {
  account: string
  /** Canonical; null when the account names no usable one. */
  homeDomain: string | null
  /** Null when a list of assets showed the home domain alone. */
  flags: IssuerFlag[] | null
  /** True when nothing about the account can ever change, its home domain included. Null as `flags`. */
  locked: boolean | null
  /** The ledger has no such account, so nobody can issue its assets. */
  missing: boolean
  /** ISO 8601, UTC. */
  seenAt: string
}

export function missingAccount(account: string, seenAt: string): IssuerAccount {
  return { account, homeDomain: null, flags: null, locked: null, missing: true, seenAt }
}

/** The canonical form of the home domain that an account names: any text of at most 32 bytes. */
export function homeDomainOfIssuer(written: string | undefined): string | null {
  return written ? orNull(accountHomeDomain, written) : null
}

/** What a list of assets shows of issuers: the home domain that each names, and nothing else. */
export function sightsOf(named: ReadonlyMap<string, string>, seenAt: string): IssuerAccount[] {
  return [...named].map(([account, homeDomain]) => ({
    account,
    homeDomain,
    flags: null,
    locked: null,
    missing: false,
    seenAt,
  }))
}
