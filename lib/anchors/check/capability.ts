import { type Finding, finding } from './finding.ts'
import type { RequestEvidence } from './request-evidence.ts'
import {
  type Currency,
  ENDPOINT_FIELD,
  SEP_NAMES,
  type SepName,
  type StellarToml,
  sepNumber,
} from './stellar-toml.ts'
import type { AssetSupport, TransferInfo, TransferSepName } from './transfer-info.ts'

/**
 * How far a protocol is shown to work. `absent`: the stellar.toml does not name it. `declared`: the stellar.toml names it.
 * `reachable`: its `/info` answered 200 and is readable. `conformant`: that answer is as the SEP says. `verified`: a further
 * exchange was checked, which no check does yet.
 */
export type Step = 'absent' | 'declared' | 'reachable' | 'conformant' | 'verified'

interface SepCapability {
  step: Step
  /** As written in the stellar.toml. It may be http or private, so payments are routed to trusted anchors only. */
  endpoint?: string
  seen?: RequestEvidence
  assets?: Record<string, AssetSupport>
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
