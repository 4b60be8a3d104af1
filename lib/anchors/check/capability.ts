import { type Finding, type FindingCode, finding } from './finding.ts'
import type { TransferInfo, TransferSepName } from './info/transfer.ts'
import type { AssetSupport, Offering, Prices, Quote } from './offers.ts'
import type { RequestEvidence } from './request-evidence.ts'
import {
  type Currency,
  ENDPOINT_FIELD,
  SEP_NAMES,
  type SepName,
  type StellarToml,
  sepNumber,
} from './toml/fields.ts'

/**
 * How far a protocol is shown to work. `absent`: the stellar.toml does not name it. `declared`: the stellar.toml names it.
 * `reachable`: its public request was answered. `conformant`: that answer is as the SEP says. `verified`: a further exchange
 * of this same check shows that the anchor serves it.
 */
export type Step = 'absent' | 'declared' | 'reachable' | 'conformant' | 'verified'

/** What a sign-in saw of one protocol. `failing`: the service erred. `off`: the protocol is not there for those signed in. */
export interface SignedIn {
  /** ISO 8601, UTC. */
  at: string
  outcome: 'ok' | 'refused' | 'failing' | 'off'
  /** The sign-ins in a row in which the service erred. Two take its listings out of operation. */
  failures: number
}

export interface SepCapability {
  step: Step
  /** As written in the stellar.toml. It may be http or private, so payments are routed to trusted anchors only. */
  endpoint?: string
  /** The service refuses strangers in the protocol's own words. It stands beside the step. */
  protected?: true
  /** The step rests on an earlier check, and is at most `conformant`. */
  kept?: true
  /** The request that the step rests on. */
  seen?: RequestEvidence
  /** When it was last seen at least conformant. ISO 8601, UTC. */
  lastOkAt?: string
  /** SEP-10 and SEP-45: what makes the challenge unsafe or wrong. */
  refuted?: FindingCode[]
  /** SEP-10: the endpoint answers 404, or refuses the home domain that names it. */
  refused?: 'missing' | 'home_domain'
  /** SEP-10: `web_auth_domain` is the home domain and not the host of the endpoint. The Stellar SDK refuses it. */
  webAuthDomainDiffers?: true
  signedIn?: SignedIn
  /** SEP-6, SEP-24 and SEP-31, by the keys of `/info`. */
  assets?: Record<string, AssetSupport>
  /** SEP-59. */
  offerings?: Offering[]
  /** SEP-38. */
  quotes?: Quote[]
  /** SEP-38. */
  prices?: Prices[]
}

/** The protocols and assets of a home domain, as its checks show them. */
export interface Capability {
  networkPassphrase?: string
  /** As written. The trust verdict says whether it is an account. */
  signingKey?: string
  webAuthContractId?: string
  organisation?: string
  /** True when the stellar.toml is not valid TOML and the capability was read from single lines of it. */
  salvaged: boolean
  sep: Record<SepName, SepCapability>
  currencies: Currency[]
  toml: RequestEvidence & { url: string }
}

/**
 * Combines the stellar.toml with the answers of its endpoints. A transient failure of `/info` keeps the last result of the
 * same endpoint; a lasting failure falls back to `declared`.
 */
export function buildCapability(check: {
  toml: StellarToml
  salvaged: boolean
  source: RequestEvidence & { url: string }
  infos: Partial<Record<TransferSepName, TransferInfo>>
  previous: Capability | null
}): { capability: Capability; findings: Finding[] } {
  const { endpoints, currencies, ...identity } = check.toml
  const findings: Finding[] = []
  const sep = Object.fromEntries(
    SEP_NAMES.map((name) => {
      const endpoint = endpoints[name]
      if (endpoint === undefined) return [name, { step: 'absent' }]
      const info = name === 'sep6' || name === 'sep24' ? check.infos[name] : undefined
      if (!info) return [name, { step: 'declared', endpoint }]
      const before = check.previous?.sep[name]
      if (info.transient && before?.assets && before.endpoint === endpoint) {
        findings.push(
          finding('capability_kept', {
            sep: sepNumber(name),
            field: ENDPOINT_FIELD[name],
            actual: before.seen?.at,
          }),
        )
        return [name, before]
      }
      const { step, assets, evidence } = info
      return [
        name,
        { step, endpoint, ...(evidence ? { seen: evidence } : {}), ...(assets ? { assets } : {}) },
      ]
    }),
  ) as Record<SepName, SepCapability>
  return {
    capability: { ...identity, salvaged: check.salvaged, sep, currencies, toml: check.source },
    findings,
  }
}
