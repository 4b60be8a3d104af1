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
 * How much of a protocol was seen: not in the stellar.toml; named there; its `/info` answered 200 with something
 * readable; that answer is as the SEP says; a further exchange was checked.
 */
export type Step = 'absent' | 'declared' | 'reachable' | 'conformant' | 'verified'

interface SepCapability {
  step: Step
  /** As written in the stellar.toml. May be http or private: only a trusted capability may be routed to. */
  endpoint?: string
  seen?: RequestEvidence
  assets?: Record<string, AssetSupport>
}

/** What a home domain offers, as far as it was seen. */
export interface Capability {
  networkPassphrase?: string
  /** As written; the trust verdict says whether it is an account. */
  signingKey?: string
  webAuthContractId?: string
  organisation?: string
  /** The stellar.toml is not valid TOML; this was read from single lines of it. */
  salvaged: boolean
  sep: Record<SepName, SepCapability>
  currencies: Currency[]
  toml: RequestEvidence & { url: string }
}

/**
 * Puts together what the stellar.toml declares and what was seen of it. A transient failure of `/info` keeps what the same
 * endpoint showed last; a definite one falls back to `declared`.
 */
export function buildCapability(seen: {
  toml: StellarToml
  salvaged: boolean
  source: RequestEvidence & { url: string }
  infos: Partial<Record<TransferSepName, TransferInfo>>
  previous: Capability | null
}): { capability: Capability; findings: Finding[] } {
  const { endpoints, currencies, ...identity } = seen.toml
  const findings: Finding[] = []
  const sep = Object.fromEntries(
    SEP_NAMES.map((name) => {
      const endpoint = endpoints[name]
      if (endpoint === undefined) return [name, { step: 'absent' }]
      const info = name === 'sep6' || name === 'sep24' ? seen.infos[name] : undefined
      if (!info) return [name, { step: 'declared', endpoint }]
      const before = seen.previous?.sep[name]
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
    capability: { ...identity, salvaged: seen.salvaged, sep, currencies, toml: seen.source },
    findings,
  }
}
