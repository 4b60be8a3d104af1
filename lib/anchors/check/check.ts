import type { FetchUntrusted } from '../../net/fetch-untrusted.ts'
import type { Network } from '../../stellar/network.ts'
import { buildCapability, type Capability } from './capability.ts'
import { type Finding, finding, limitFindings } from './finding.ts'
import type { CheckOutcome } from './health-policy.ts'
import {
  type CheckIo,
  FAILURE_KIND,
  type RequestEvidence,
  type RequestResult,
} from './request-evidence.ts'
import type { StellarToml } from './toml/fields.ts'
import { fetchStellarToml, readStellarToml } from './toml/stellar-toml.ts'
import { fetchTransferInfo, type TransferInfo, type TransferSepName } from './transfer-info.ts'
import {
  distrustUnreadable,
  judgeTrust,
  type TrustPolicy,
  type TrustVerdict,
} from './trust-policy.ts'

/** The time for all requests of one check together. */
export const CHECK_BUDGET_MS = 12_000

/** Whether one listing is served, by what, and why. */
export interface ListingVerdict {
  id: string
  operational: boolean
  /** Codes of docs/reasons.md. */
  why: string[]
  rail: 'sep6' | 'sep24' | 'sep31' | 'sep59' | null
  /** The asset of the rail, as its `/info` spells it. */
  asset: string | null
  basis: 'code' | 'anchor_asset' | 'known_asset' | 'quote' | 'offering' | null
  /** When the evidence that it rests on is too old. ISO 8601, UTC. */
  until: string | null
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
  /**
   * Whether payments may be routed there: the anchor is trusted, and SEP-24 or SEP-6 shows an enabled asset or SEP-31 is
   * declared. False when the stellar.toml is gone or the anchor untrusted. Null when unsure: the stored value stays.
   */
  operational: boolean | null
  findings: Finding[]
  /** What it says of each listing. Null when unsure: the stored verdicts stay, and grow old. */
  listings: ListingVerdict[] | null
  /** An error of our own. It is logged and never stored. */
  cause?: unknown
}

/**
 * Checks one home domain within 12 s: its stellar.toml, then `/info` of its transfer servers at the same time.
 * It never throws: a fault of our own is an unsure outcome with `cause`.
 */
export async function checkHomeDomain(
  domain: string,
  options: { network: Network; trust: TrustPolicy; previous: Capability | null },
  io: { fetch: FetchUntrusted; now: () => Date; signal?: AbortSignal },
): Promise<Check> {
  const startedAt = performance.now()
  const checkedAt = io.now().toISOString()
  let result: CheckResult
  try {
    const budget = AbortSignal.timeout(CHECK_BUDGET_MS)
    const signal = io.signal ? AbortSignal.any([io.signal, budget]) : budget
    result = await runCheck(domain, options, { fetch: io.fetch, now: io.now, signal })
  } catch (cause) {
    result = { ...unsure('check failed', [finding('internal_error')]), cause }
  }
  const durationMs = Math.round(performance.now() - startedAt)
  return { domain, checkedAt, durationMs, ...result, findings: limitFindings(result.findings) }
}

type CheckResult = Omit<Check, 'domain' | 'checkedAt' | 'durationMs'>

async function runCheck(
  domain: string,
  options: { network: Network; trust: TrustPolicy; previous: Capability | null },
  io: CheckIo,
): Promise<CheckResult> {
  const answer = await fetchStellarToml(domain, io)
  if ('error' in answer) {
    const found = finding(`toml_${FAILURE_KIND[answer.error]}`, { actual: answer.error })
    return unsure(`stellar.toml unavailable (${answer.error})`, [found])
  }
  const { status } = answer
  if (status === 404 || status === 410) {
    const found = finding('toml_not_found', { actual: status })
    return failed('definite', `stellar.toml not found (${status})`, null, [found])
  }
  if (status !== 200) {
    return unsure(`stellar.toml unavailable (${status})`, [
      finding('toml_status', { actual: status }),
    ])
  }

  const { toml, salvaged, findings } = readStellarToml(answer.text)
  findings.push(...noteDelivery(domain, answer))
  if (toml === null) {
    const verdict = distrustUnreadable(
      UNREADABLE[findings[0]?.code ?? ''] ?? 'stellar.toml is not readable',
    )
    return failed('policy', describe(verdict), verdict, findings)
  }

  const infos = await fetchInfos(toml, io)
  const source: RequestEvidence & { url: string } = { ...answer.evidence, url: answer.url }
  const { previous } = options
  const built = buildCapability({ toml, salvaged, source, infos, previous })
  const { capability } = built
  findings.push(...Object.values(infos).flatMap((info) => info.findings), ...built.findings)
  const trust = judgeTrust(capability, options.trust, options.network)
  if (!trust.trusted) {
    return { ...failed('policy', describe(trust), trust, findings), capability }
  }
  return { outcome: 'ok', capability, trust, operational: isOperational(capability), findings }
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
): CheckResult {
  return { outcome, error, capability: null, trust, operational: false, findings }
}

function describe(verdict: TrustVerdict): string {
  return `Untrusted anchor: ${verdict.reasons.map(({ message }) => message).join('; ')}`
}

function noteDelivery(
  domain: string,
  answer: Extract<RequestResult, { status: number }>,
): Finding[] {
  const findings: Finding[] = []
  if (!/^(?:text\/plain|application\/toml|text\/toml)\b/i.test(answer.contentType.trim())) {
    findings.push(finding('toml_content_type', { actual: answer.contentType || 'none' }))
  }
  const host = URL.parse(answer.url)?.hostname
  if (host !== domain) findings.push(finding('toml_redirected', { actual: host }))
  return findings
}

async function fetchInfos(
  toml: StellarToml,
  io: CheckIo,
): Promise<Partial<Record<TransferSepName, TransferInfo>>> {
  const names = (['sep6', 'sep24'] as const).filter((name) => toml.endpoints[name] !== undefined)
  const infos = await Promise.all(
    names.map(async (name) => {
      return [name, await fetchTransferInfo(name, toml.endpoints[name] ?? '', io)] as const
    }),
  )
  return Object.fromEntries(infos)
}

function isOperational({ sep }: Capability): boolean {
  const serves = (name: TransferSepName): boolean =>
    Object.values(sep[name].assets ?? {}).some(
      ({ deposit, withdraw }) => deposit?.enabled || withdraw?.enabled,
    )
  return serves('sep24') || serves('sep6') || sep.sep31.step !== 'absent'
}
