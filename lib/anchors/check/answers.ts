import type { Finding, FindingCode } from './finding.ts'
import type { PricesInfo } from './info/prices.ts'
import type { AssetSupport, Offering, Quote, TransferFeatures } from './offers.ts'
import type { RequestEvidence } from './request-evidence.ts'
import type { SepName } from './toml/fields.ts'

/** What the public request of one protocol led to. */
export interface Answered {
  step: 'absent' | 'declared' | 'reachable' | 'conformant' | 'verified'
  protected?: true
  /** The answer is one to somebody signed in. */
  withToken?: true
  /** A failure that the next check may not meet. It proves nothing about the anchor. */
  transient: boolean
  evidence?: RequestEvidence
  findings: Finding[]
  assets?: Record<string, AssetSupport>
  features?: TransferFeatures
  offerings?: Offering[]
  quotes?: Quote[]
  refuted?: FindingCode[]
  refused?: 'missing' | 'home_domain'
  webAuthDomainDiffers?: boolean
}

/** What each declared protocol answered. One that was not due has no answer, and keeps its last evidence. */
export interface Answers {
  seps: Partial<Record<SepName, Answered>>
  /** Null when the prices were not due, or there is nothing to ask for. */
  prices: PricesInfo | null
  /** SIGNING_KEY signed the SEP-10 challenge for this network. */
  isSigned: boolean
}
