import type { CheckOutcome } from '../../health/health.ts'
import type { AssetLink } from '../../issuers/link.ts'
import type { Capability, SepCapability } from '../capability.ts'
import type { Rail, ReasonCode } from './reasons.ts'

/** One listing: who serves which currency where. `source` says where it was found. */
export interface ListedRow {
  /** ISO 3166-1 alpha-2; `ZZ` is worldwide. */
  country: string
  currency: string
  type: 'on-ramp' | 'off-ramp'
  source: string
}

/** What is known of the home domain of a listing. */
export interface RowEvidence {
  /** Null before the first readable stellar.toml. */
  capability:
    | (Pick<Capability, 'currencies' | 'toml'> & {
        sep: Partial<Record<RowSep, SepCapability>>
      })
    | null
  /** The verdict of the trust policy; null before the first one. */
  trusted: boolean | null
  /** The outcome of the last check that was not unsure; null before the first one. */
  outcome: CheckOutcome | null
  /** By `CODE:ISSUER`. */
  links: ReadonlyMap<string, Pick<AssetLink, 'link' | 'seenAt'>>
}

export type RowSep = Rail | 'sep10' | 'sep12' | 'sep38' | 'sep45'

/** What links an asset of a rail to the currency of a listing, strongest first. */
export type Basis = 'code' | 'anchor_asset' | 'known_asset' | 'quote' | 'offering'

export interface RowVerdict {
  operational: boolean
  /** Also when operational: what a reader should know. */
  why: ReasonCode[]
  /** The protocol and its asset that carry the verdict; null when there is none. */
  rail: Rail | null
  asset: string | null
  basis: Basis | null
  /** When the oldest evidence that the verdict needs is too old; null when the verdict needs none. ISO 8601, UTC. */
  until: string | null
  /** The reason from that time on, where it is not that the rail is stale. */
  stale?: ReasonCode
}
