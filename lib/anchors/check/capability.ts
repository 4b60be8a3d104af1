import type { AssetLink, Link } from '../issuers/link.ts'
import type { Answered, Answers } from './answers.ts'
import { earlierOf } from './earlier.ts'
import { type Finding, type FindingCode, finding } from './finding.ts'
import type { AssetSupport, Offering, Prices, Quote, TransferFeatures } from './offers.ts'
import type { RequestEvidence } from './request-evidence.ts'
import { readAssetKey } from './row/asset-key.ts'
import {
  type Currency,
  ENDPOINT_FIELD,
  SEP_NAMES,
  type SepName,
  type StellarToml,
  sepNumber,
} from './toml/fields.ts'
import type { SignIn } from './web-auth/sign-in.ts'
import type { SignedInSep, SignInOutcome } from './web-auth/signed-in-answer.ts'

/**
 * How far a protocol is shown to work. `absent`: the stellar.toml does not name it. `declared`: the stellar.toml names it.
 * `reachable`: its public request was answered. `conformant`: that answer is as the SEP says. `verified`: a further exchange
 * of this same check shows that the anchor serves it.
 */
export const STEPS = ['absent', 'declared', 'reachable', 'conformant', 'verified'] as const
export type Step = (typeof STEPS)[number]

/** What the last sign-in saw of one protocol. */
export interface SignedIn {
  /** ISO 8601, UTC. */
  at: string
  outcome: SignInOutcome
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
  /** SEP-10: the first of the checks in a row, up to the last one, that saw neither a challenge nor a refusal. ISO 8601, UTC. */
  silentSince?: string
  /** SEP-10 and SEP-45: what makes the challenge unsafe or wrong. */
  refuted?: FindingCode[]
  /** SEP-10: the endpoint answers 404, or refuses the home domain that names it. */
  refused?: 'missing' | 'home_domain'
  /** SEP-10: `web_auth_domain` is the home domain and not the host of the endpoint. The Stellar SDK refuses it. */
  webAuthDomainDiffers?: true
  signedIn?: SignedIn
  /** SEP-6, SEP-24 and SEP-31, by the keys of `/info`. */
  assets?: Record<string, AssetSupport>
  /** SEP-6 and SEP-24. */
  features?: TransferFeatures
  /** SEP-59. */
  offerings?: Offering[]
  /** SEP-38. */
  quotes?: Quote[]
  /** SEP-38. */
  prices?: Prices[]
  /** SEP-38: when `/prices` was last answered, and how often in a row the business behind it gave no rate. */
  pricesAsked?: { at: string; failures: number }
}

/** The protocols and assets of a home domain, as its checks show them. */
export interface Capability {
  networkPassphrase?: string
  /** As written. The trust verdict says whether it is an account. */
  signingKey?: string
  webAuthContractId?: string
  organisation?: string
  /** True when the stellar.toml is not valid TOML and the capability was read from what is certain in it. */
  salvaged: boolean
  sep: Record<SepName, SepCapability>
  currencies: Currency[]
  /** The accounts that the anchor says are its own. */
  accounts: string[]
  /** Identity fields that are in the stellar.toml and give no value. */
  unusable: StellarToml['unusable']
  /** What the accounts of the issuers say, by `CODE:ISSUER`. */
  links?: Record<string, AssetLink>
  /** When a check last signed in. ISO 8601, UTC. */
  signedInAt?: string
  toml: RequestEvidence & { url: string }
}

/** A check, with what it needs to know of earlier ones. */
interface CapabilityInput {
  toml: StellarToml
  salvaged: boolean
  source: RequestEvidence & { url: string }
  answers: Answers
  /** Null when the check did not sign in. */
  signIn: SignIn | null
  previous: Capability | null
  /** What the accounts of the issuers say, by `CODE:ISSUER`. */
  links: ReadonlyMap<string, AssetLink>
  now: Date
  /** How long the evidence of an earlier check counts. */
  maxAgeHours: number
}

/**
 * Combines the stellar.toml with the answers of its endpoints. A transient failure, and a request that was not due, keep
 * the last evidence of the same endpoint until it is too old. What is definite falls back to its own step.
 */
export function buildCapability(check: CapabilityInput): {
  capability: Capability
  findings: Finding[]
} {
  const { endpoints, isKycAtTransferServer: _, currencies, ...identity } = check.toml
  const findings: Finding[] = []
  const sep = Object.fromEntries(
    SEP_NAMES.map((name) => {
      const endpoint = endpoints[name]
      if (endpoint === undefined) return [name, { step: 'absent' }]
      const absent = name === 'sep12' ? absentKyc(endpoint, check) : null
      if (absent !== null) return [name, absent]
      const { kept, ...combined } = withSignIn(name, combine(name, endpoint, check), check)
      const isTransient = check.answers.seps[name]?.transient === true
      if (kept && isTransient) findings.push(keptFinding(name, combined.seen?.at))
      return [name, { ...combined, ...(kept ? { kept } : {}) }]
    }),
  ) as Record<SepName, SepCapability>
  verify(sep, check)
  const signedInAt = check.signIn?.at ?? check.previous?.signedInAt
  return {
    capability: {
      ...{ ...identity, salvaged: check.salvaged, sep, currencies, toml: check.source },
      links: Object.fromEntries(check.links),
      ...(signedInAt === undefined ? {} : { signedInAt }),
    },
    findings,
  }
}

/** SEP-12 that no field declares and TRANSFER_SERVER does not serve. It has been looked for, and is again after a day. */
function absentKyc(endpoint: string, check: CapabilityInput): SepCapability | null {
  const answered = check.answers.seps.sep12
  const known = earlierOf('sep12', check.toml, check.previous)
  if (answered === undefined) return known?.step === 'absent' ? known : null
  const isKnown = known !== undefined && known.step !== 'absent' && isYoung(known, check)
  if (answered.step !== 'absent' || (answered.transient && isKnown)) return null
  const { transient, evidence } = answered
  return { step: 'absent', ...(evidence && !transient ? { endpoint, seen: evidence } : {}) }
}

function keptFinding(name: SepName, seenAt: string | undefined): Finding {
  return finding('capability_kept', {
    sep: sepNumber(name),
    field: ENDPOINT_FIELD[name],
    actual: seenAt,
  })
}

function combine(name: SepName, endpoint: string, check: CapabilityInput): SepCapability {
  const known = earlierOf(name, check.toml, check.previous)
  const answered = check.answers.seps[name]
  const silence = name === 'sep10' ? silenceOf(answered, known, check) : {}
  const isLeftOpen =
    answered === undefined || answered.transient || isReadWithToken(answered, known)
  if (isLeftOpen && isYoung(known, check)) return { ...keep(known), ...silence }
  const carried = {
    ...silence,
    ...(known?.lastOkAt === undefined ? {} : { lastOkAt: known.lastOkAt }),
    ...(known?.signedIn === undefined ? {} : { signedIn: known.signedIn }),
  }
  if (answered === undefined) return { step: 'declared', endpoint, ...carried }
  const { step, evidence, assets, features, offerings, quotes, refuted = [], refused } = answered
  const isWell = step === 'conformant' || step === 'verified'
  const combined: SepCapability = {
    step,
    endpoint,
    ...carried,
    ...(answered.protected ? { protected: true } : {}),
    ...(evidence ? { seen: evidence } : {}),
    ...(isWell && evidence ? { lastOkAt: evidence.at } : {}),
    ...(refuted.length > 0 ? { refuted } : {}),
    ...(refused === undefined ? {} : { refused }),
    ...(answered.webAuthDomainDiffers ? { webAuthDomainDiffers: true } : {}),
    ...(assets ? { assets } : {}),
    ...(features ? { features } : {}),
    ...(offerings ? { offerings } : {}),
    ...(quotes ? { quotes } : {}),
  }
  return name === 'sep38' ? withPrices(combined, known, check) : combined
}

/**
 * Adds what the sign-in saw. SEP-31 asks the same business as SEP-12 for each transaction, so it fails with it. A server that
 * is not there once signed in is only declared, and a customer that was read makes SEP-12 verified.
 */
function withSignIn(name: SepName, combined: SepCapability, check: CapabilityInput): SepCapability {
  const { signIn } = check
  if (signIn === null || !(name in SIGNED_IN_BY)) return combined
  const sights = SIGNED_IN_BY[name as SignedInSep].map((sep) => signIn.seps[sep])
  const [own] = sights
  const isFailing = sights.some((sight) => sight?.outcome === 'failing')
  // What SEP-12 alone said of the business ends with it, also where the own answer of SEP-31 says nothing.
  if (sights.every((sight) => sight === undefined)) return combined
  if (own === undefined && !isFailing && combined.signedIn === undefined) return combined
  const outcome = isFailing ? 'failing' : (own?.outcome ?? 'ok')
  const failures = isFailing ? failuresBefore(combined.signedIn, check) + 1 : 0
  const signedIn: SignedIn = { at: signIn.at, outcome, failures }
  if (name === 'sep12' && own?.isConformant) {
    const { kept: _, ...fresh } = combined
    return { ...fresh, step: 'verified', lastOkAt: signIn.at, signedIn }
  }
  return { ...combined, signedIn }
}

/** The failures in a row until now. A failure that is too old to count begins no row. */
function failuresBefore(
  last: { at: string; failures: number } | undefined,
  check: CapabilityInput,
): number {
  return last !== undefined && isYoungAt(last.at, check) ? last.failures : 0
}

const SIGNED_IN_BY: Record<SignedInSep, readonly SignedInSep[]> = {
  sep6: ['sep6'],
  sep12: ['sep12'],
  sep24: ['sep24'],
  sep31: ['sep31', 'sep12'],
}

/**
 * Since when SEP-10 has been silent. Its challenge proves no rail, so that no age of a rail would ever show that nobody can
 * sign in. A refusal in the protocol's own words, and a challenge with a fault, are signs of life.
 */
function silenceOf(
  answered: Answered | undefined,
  known: SepCapability | undefined,
  { now }: CapabilityInput,
): Pick<SepCapability, 'silentSince'> {
  const since = known?.silentSince
  if (answered === undefined) return since === undefined ? {} : { silentSince: since }
  if (answered.step !== 'declared') return {}
  return { silentSince: since ?? answered.evidence?.at ?? now.toISOString() }
}

function isYoung(known: SepCapability | undefined, check: CapabilityInput): known is SepCapability {
  if (known?.seen === undefined || known.step === 'declared') return false
  return isYoungAt(known.seen.at, check)
}

function isYoungAt(at: string, { now, maxAgeHours }: CapabilityInput): boolean {
  return now.getTime() - Date.parse(at) <= maxAgeHours * 3_600_000
}

/** A server that refuses strangers showed its content to the last sign-in, and is asked again at the next. */
function isReadWithToken(answered: Answered, known: SepCapability | undefined): boolean {
  return (
    answered.protected === true &&
    answered.withToken === undefined &&
    known?.protected === true &&
    known.quotes !== undefined
  )
}

/** Only what was seen in this check verifies. */
function keep(known: SepCapability): SepCapability {
  const { silentSince: _, ...rest } = known
  return { ...rest, step: known.step === 'verified' ? 'conformant' : known.step, kept: true }
}

/** Adds what `/prices` showed to a quote server, now or on an earlier day. */
function withPrices(
  combined: SepCapability,
  known: SepCapability | undefined,
  check: CapabilityInput,
): SepCapability {
  const { prices } = check.answers
  const before = {
    ...(known?.prices ? { prices: known.prices } : {}),
    ...(known?.pricesAsked ? { pricesAsked: known.pricesAsked } : {}),
  }
  if (prices === null) return { ...combined, ...before }
  const { step, evidence, failing } = prices
  if (prices.transient && !failing) return { ...combined, ...before }
  const failures = failing ? failuresBefore(known?.pricesAsked, check) + 1 : 0
  return {
    ...combined,
    step,
    ...(prices.prices.length > 0 || !failing ? { prices: prices.prices } : before),
    ...(evidence ? { pricesAsked: { at: evidence.at, failures } } : {}),
  }
}

/**
 * Raises what this check saw conformant to verified, where SIGNING_KEY signed the challenge of this same check, and every
 * asset that a transfer server has enabled is one of the stellar.toml whose issuer does not deny it.
 */
function verify(sep: Record<SepName, SepCapability>, check: CapabilityInput): void {
  if (!check.answers.isSigned) return
  for (const name of ['sep6', 'sep24', 'sep31', 'sep59'] as const) {
    const of = sep[name]
    if (of.step !== 'conformant' || of.kept) continue
    const isTransfer = name === 'sep6' || name === 'sep24'
    if (!isTransfer || enabledKeys(of).every((key) => isTied(key, check))) of.step = 'verified'
  }
}

function enabledKeys({ assets = {} }: SepCapability): string[] {
  const isOpen = (support: AssetSupport) => Object.values(support).some(({ enabled }) => enabled)
  return Object.keys(assets).filter((key) => isOpen(assets[key] ?? {}))
}

const TIED: ReadonlySet<Link> = new Set(['two_way', 'third_party', 'third_party_confirmed'])

function isTied(key: string, { toml, links }: CapabilityInput): boolean {
  const { code, issuer, fiat } = readAssetKey(key)
  if (issuer === 'native') return true
  if (fiat) return false
  const named = toml.currencies.filter(
    (currency) => currency.code === code && (issuer === undefined || currency.issuer === issuer),
  )
  const found = named.map((currency) => links.get(`${code}:${currency.issuer}`)?.link ?? 'unknown')
  return found.length > 0 && found.every((link) => TIED.has(link))
}
