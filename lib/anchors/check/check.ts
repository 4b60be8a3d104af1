import type { FetchUntrusted } from '../../net/fetch-untrusted.ts'
import type { Network } from '../../stellar/network.ts'
import type { CheckOutcome } from '../health/health.ts'
import type { IssuerBook } from '../issuers/issuer-book.ts'
import { type AssetLink, linkIssuers } from '../issuers/link.ts'
import type { Answers } from './answers.ts'
import { answersOf, askEndpoints } from './ask-endpoints.ts'
import { buildCapability, type Capability } from './capability.ts'
import { type Finding, finding, limitFindings } from './finding.ts'
import { withKycServer } from './kyc-server.ts'
import { listenForPatience } from './patience.ts'
import {
  type CheckIo,
  corsFault,
  FAILURE_KIND,
  type RequestEvidence,
  type RequestResult,
} from './request-evidence.ts'
import { judgeRow } from './row/judge-row.ts'
import type { ListedRow, RowEvidence, RowVerdict } from './row/row-evidence.ts'
import { signInIfDue } from './sign-in-due.ts'
import type { StellarToml } from './toml/fields.ts'
import { fetchStellarToml, noteRepairs, readStellarToml } from './toml/stellar-toml.ts'
import {
  challengeProof,
  distrustUnreadable,
  issuerProof,
  judgeTrust,
  type TrustPolicy,
  type TrustVerdict,
} from './trust-policy.ts'
import type { SignIn } from './web-auth/sign-in.ts'
import type { SignInKey } from './web-auth/sign-in-key.ts'

/** The time for all requests of one check together. */
export const CHECK_BUDGET_MS = 12_000

/** A listing that a check judges. */
export interface CheckedListing extends ListedRow {
  id: string
  /** Whether it is in the catalog. */
  active: boolean
}

/** Whether one listing is served, by what, and why. */
export interface ListingVerdict extends RowVerdict {
  id: string
}

/** The result of one check of one home domain. */
export interface Check {
  domain: string
  /** ISO 8601, UTC. */
  checkedAt: string
  durationMs: number
  outcome: CheckOutcome
  error?: string
  /** Null when no stellar.toml was read. The stored capability stays then. */
  capability: Capability | null
  trust: TrustVerdict | null
  /** Whether one of the listings is operational. Null when unsure, or without listings: the stored value stays. */
  operational: boolean | null
  findings: Finding[]
  /** What it says of each listing. Null when unsure: the stored verdicts stay, and grow old. */
  listings: ListingVerdict[] | null
  /** How long a server of the anchor asks to be left alone (Retry-After), at most a day. */
  patienceSeconds: number
  /** An error of our own. It is logged and never stored. */
  cause?: unknown
}

export interface CheckOptions {
  network: Network
  trust: TrustPolicy
  /** How old the evidence may be that makes a listing operational. */
  maxAgeHours: number
  /** The listings to judge. */
  listings: readonly CheckedListing[]
  issuers: IssuerBook
  /** Signs in to the anchor once a day, where time is left; null never does. */
  signIn: { key: SignInKey; isTimeLeft: () => boolean } | null
  /** What the last checks read; null before the first. */
  previous: Capability | null
}

/**
 * Checks one home domain within 12 s: its stellar.toml, then every endpoint that it names and its issuers, side by side.
 * It never throws: a fault of our own is an unsure outcome with `cause`.
 */
export async function checkHomeDomain(
  domain: string,
  options: CheckOptions,
  io: { fetch: FetchUntrusted; now: () => Date; signal?: AbortSignal },
): Promise<Check> {
  const startedAt = performance.now()
  const checkedAt = io.now().toISOString()
  const { fetch, seconds } = listenForPatience(io)
  let result: CheckResult
  try {
    const budget = AbortSignal.timeout(CHECK_BUDGET_MS)
    const signal = io.signal ? AbortSignal.any([io.signal, budget]) : budget
    result = await runCheck(domain, options, { ...io, fetch, signal }, { ...io, fetch })
  } catch (cause) {
    result = { ...unsure('check failed', [finding('internal_error')]), cause }
  }
  const durationMs = Math.round(performance.now() - startedAt)
  const about = { domain, checkedAt, durationMs, patienceSeconds: seconds() }
  return { ...about, ...result, findings: limitFindings(result.findings) }
}

type CheckResult = Omit<Check, 'domain' | 'checkedAt' | 'durationMs' | 'patienceSeconds'>

/** @param outer without the budget of the check, for a sign-in, which has its own */
async function runCheck(
  domain: string,
  options: CheckOptions,
  io: CheckIo,
  outer: CheckIo,
): Promise<CheckResult> {
  const judge = (judged: Omit<RowEvidence, 'links'>) =>
    judgeListings(options, { ...judged, links: new Map() }, io.now())
  const answer = await fetchStellarToml(domain, io)
  if ('error' in answer) {
    const found = finding(`toml_${FAILURE_KIND[answer.error]}`, { actual: answer.error })
    return unsure(`stellar.toml unavailable (${answer.error})`, [found])
  }
  const { status } = answer
  if (status === 404 || status === 410) {
    const found = finding('toml_not_found', { actual: status })
    return {
      ...failed('definite', `stellar.toml not found (${status})`, null, [found]),
      listings: judge({ capability: null, trusted: null, outcome: 'definite' }),
    }
  }
  if (status !== 200) {
    return unsure(`stellar.toml unavailable (${status})`, [
      finding('toml_status', { actual: status }),
    ])
  }

  const { toml: read, salvaged, findings } = readStellarToml(answer.text)
  const toml = read && withKycServer(read)
  const repairs = noteRepairs(answer.repairs ?? {})
  if (toml === null && answer.repairs?.encoding === 'broken_utf8') {
    // Bytes that are no text may be an answer that broke on its way.
    return unsure('stellar.toml unavailable (not_utf8)', repairs)
  }
  findings.push(...repairs, ...noteDelivery(domain, answer))
  if (toml !== null) {
    const source = { ...answer.evidence, url: answer.url }
    return judgeSeen(domain, { toml, salvaged, source, findings }, options, io, outer)
  }
  const verdict = distrustUnreadable(
    UNREADABLE[findings[0]?.code ?? ''] ?? 'stellar.toml is not readable',
  )
  return {
    ...failed('policy', describe(verdict), verdict, findings),
    listings: judge({ capability: null, trusted: false, outcome: 'policy' }),
  }
}

interface ReadToml {
  toml: StellarToml
  salvaged: boolean
  /** The request that it rests on. */
  source: RequestEvidence & { url: string }
  /** What is wrong with the file itself. */
  findings: readonly Finding[]
}

/** Asks what a readable stellar.toml names, and judges the home domain and its listings from it. */
async function judgeSeen(
  domain: string,
  { toml, salvaged, source, findings: ofToml }: ReadToml,
  options: CheckOptions,
  io: CheckIo,
  outer: CheckIo,
): Promise<CheckResult> {
  const seen = await ask(domain, toml, source, options, io, outer)
  const { signedIn } = seen
  const built = buildCapability({
    ...{ toml, salvaged, source, answers: seen.answers, links: seen.links, signIn: signedIn },
    ...{ previous: options.previous, maxAgeHours: options.maxAgeHours, now: io.now() },
  })
  const { capability } = built
  const findings = [...ofToml, ...seen.findings, ...(signedIn?.findings ?? []), ...built.findings]
  const judge = (judged: Pick<RowEvidence, 'trusted' | 'outcome'>) =>
    judgeListings(options, { capability, links: seen.links, ...judged }, io.now())
  const proof = {
    challenge: challengeProof(seen.answers.seps.sep10, seen.answers.isSigned),
    issuers: issuerProof(seen.links.values()),
  }
  const trust = judgeTrust(capability, options.trust, options.network, proof)
  if (trust.unsure) {
    // Whatever the network is, a wallet must not sign such a challenge: the stored verdicts do not stay.
    const { sep10, sep45 } = capability.sep
    const isRefuted = [sep10, sep45].some((auth) => auth.refuted?.length)
    const listings = isRefuted ? judge({ trusted: true, outcome: 'ok' }) : null
    return {
      ...unsure(messages(trust), findings),
      capability,
      ...(isRefuted ? { operational: false, listings } : {}),
    }
  }
  const outcome = trust.trusted ? 'ok' : 'policy'
  const listings = judge({ trusted: trust.trusted, outcome })
  if (!trust.trusted) {
    return { ...failed('policy', describe(trust), trust, findings), capability, listings }
  }
  const operational = listings.length === 0 ? null : listings.some((one) => one.operational)
  return { outcome, capability, trust, operational, listings, findings }
}

/** Puts what a quote server shows to somebody signed in in the place of its refusal. */
function withQuotes(answers: Answers, signedIn: SignIn | null): Answers {
  if (!signedIn?.quotes) return answers
  const isThere = signedIn.quotes.step !== 'declared'
  const refusing = isThere ? ({ protected: true } as const) : {}
  const sep38 = { ...signedIn.quotes, ...refusing, withToken: true } as const
  return { ...answers, seps: { ...answers.seps, sep38 }, prices: signedIn.prices }
}

interface Seen {
  answers: Answers
  signedIn: SignIn | null
  links: ReadonlyMap<string, AssetLink>
  findings: Finding[]
}

/** Asks the endpoints, looks up the issuers and signs in, side by side. */
async function ask(
  domain: string,
  toml: StellarToml,
  source: RequestEvidence & { url: string },
  options: CheckOptions,
  io: CheckIo,
  outer: CheckIo,
): Promise<Seen> {
  const { network, previous, issuers } = options
  const { currencies, accounts } = toml
  const named = new Set(currencies.flatMap(({ issuer }) => issuer ?? []))
  const asked = askEndpoints(toml, { domain, network, previous }, io)
  const [open, known, signedIn] = await Promise.all([
    answersOf(asked, toml, previous, io),
    issuers.find([...named]),
    signInIfDue(domain, toml, asked, options, outer),
  ])
  const linked = linkIssuers({ domain, currencies, accounts, toml: source }, known, network)
  const found = Object.values(open.seps).flatMap((answered) => answered.findings)
  const priced = open.prices?.findings ?? []
  const findings = [...found, ...priced, ...linked.findings]
  return { answers: withQuotes(open, signedIn), signedIn, links: linked.links, findings }
}

const UNREADABLE: Record<string, string> = {
  toml_html: 'stellar.toml is an HTML page',
  toml_empty: 'stellar.toml is empty',
  toml_unreadable: 'stellar.toml is not valid TOML',
}

function unsure(error: string, findings: Finding[]): CheckResult {
  return {
    outcome: 'unsure',
    error,
    ...{ capability: null, trust: null, operational: null, listings: null },
    findings,
  }
}

/** `definite`: the stellar.toml is gone. `policy`: it is untrusted. */
function failed(
  outcome: 'definite' | 'policy',
  error: string,
  trust: TrustVerdict | null,
  findings: Finding[],
): Omit<CheckResult, 'listings'> {
  return { outcome, error, capability: null, trust, operational: false, findings }
}

function describe(verdict: TrustVerdict): string {
  return `Untrusted anchor: ${messages(verdict)}`
}

function messages({ reasons }: TrustVerdict): string {
  return reasons.map(({ message }) => message).join('; ')
}

function noteDelivery(
  domain: string,
  answer: Extract<RequestResult, { status: number }>,
): Finding[] {
  const findings: Finding[] = []
  if (!/^(?:text\/plain|application\/toml|text\/toml)\b/i.test(answer.contentType.trim())) {
    findings.push(finding('toml_content_type', { actual: answer.contentType || 'none' }))
  }
  const fault = corsFault(answer)
  if (fault !== null) findings.push(finding('toml_cors', { actual: fault }))
  const host = URL.parse(answer.url)?.hostname
  if (host !== domain) findings.push(finding('toml_redirected', { actual: host }))
  return findings
}

/** Judges the listings by the evidence alone. The database adds what people say and the switch of the home domain. */
function judgeListings(
  { listings, maxAgeHours }: CheckOptions,
  evidence: RowEvidence,
  now: Date,
): ListingVerdict[] {
  return listings.map((row) => ({ id: row.id, ...judgeRow(row, evidence, { now, maxAgeHours }) }))
}
