import { createHmac } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { callChecked } from '../db/client.ts'
import { jsonObject } from '../db/shapes.ts'
import { AppError } from '../errors.ts'
import { choice } from '../http/parameters.ts'
import type { Network } from '../stellar/network.ts'
import { ADVICE } from './check/advice.ts'
import type { Step } from './check/capability.ts'
import { FINDINGS, type Finding } from './check/finding.ts'
import { SEP_NAMES, type SepName } from './check/toml/fields.ts'
import type { CheckOutcome } from './health/health.ts'
import { checkNow, diagnosticsParameters, type ReadDeps } from './read-routes.ts'

/** A result that is younger is shown again in place of a further check. */
const KEPT_SECONDS = 60
/** A check ends after 12 s. One that has not ended after this time broke off. */
const RUNNING_SECONDS = 20
const WINDOW_SECONDS = 600
const MOST_OF_A_CALLER = 10
const MOST_OF_AN_OWNER = 10
/** Addresses of callers cost a stranger little, so all together are limited too. */
const MOST_IN_ALL = 200
/** A hostile home domain has thousands. */
const MOST_FINDINGS = 500

export const requestedCheckParameters = diagnosticsParameters.extend({
  format: choice(['json', 'markdown']).default('json'),
})

/** A finding in words that a developer of the anchor acts upon. */
export interface AdvisedFinding extends Finding {
  meaning: string
  advice: string
}

/** What a check that anybody may ask for shows. */
export interface RequestedCheck {
  network: Network
  domain: string
  checkedAt: string
  durationMs: number
  outcome: CheckOutcome
  error: string | null
  /** Whether the trust rules accept the stellar.toml, and why not; null if it was not read. */
  trust: { trusted: boolean; reasons: string[] } | null
  /** Null if the stellar.toml was not read. */
  steps: Record<SepName, Step> | null
  findings: AdvisedFinding[]
  /** Findings that are left out. */
  moreFindings: number
  /** The listings of the catalog, if it has any, and what this check says of them. */
  listings: { id: string; operational: boolean; why: string[] }[]
}

const begun = z.discriminatedUnion('state', [
  z.object({ state: z.literal('begun'), id: z.string() }),
  z.object({ state: z.literal('kept'), result: jsonObject }),
  z.object({
    state: z.literal('refused'),
    limit: z.enum(['running', 'caller', 'domain', 'all']),
    retryAfterSeconds: z.number().int(),
  }),
])

const REFUSED = {
  running: 'A check of this home domain is under way; allowed: one at a time',
  caller: `You have asked for ${MOST_OF_A_CALLER} checks in the last 10 minutes; allowed: ${MOST_OF_A_CALLER}`,
  domain: `Home domains of this owner were checked ${MOST_OF_AN_OWNER} times in the last 10 minutes; allowed: ${MOST_OF_AN_OWNER}`,
  all: `${MOST_IN_ALL} checks were asked for in the last 10 minutes; allowed: ${MOST_IN_ALL}`,
} as const

/**
 * Checks a home domain for anybody who asks, or shows what was found less than a minute ago. Nothing of it counts in the
 * catalog. The database limits how often, for all instances together.
 *
 * @param address of the caller; all callers whose address is not known share a limit
 * @throws AppError `too_many_checks`, `database_unavailable`
 */
export async function checkOnRequest(
  { domain }: Pick<z.output<typeof requestedCheckParameters>, 'domain'>,
  address: string | null,
  deps: ReadDeps,
): Promise<RequestedCheck> {
  const { db, config } = deps
  // Loading it takes 20 ms.
  const { getDomain } = await import('tldts')
  const start = await callChecked(db, begun, 'begin_requested_check', {
    network: config.network,
    domain,
    owner: getDomain(domain, { allowPrivateDomains: true }) ?? domain,
    caller: callerHash(address, config.supabase?.serviceKey ?? ''),
    keptSeconds: KEPT_SECONDS,
    runningSeconds: RUNNING_SECONDS,
    windowSeconds: WINDOW_SECONDS,
    perCaller: MOST_OF_A_CALLER,
    perOwner: MOST_OF_AN_OWNER,
    inAll: MOST_IN_ALL,
  })
  // Only this file wrote it, less than a minute ago.
  if (start.state === 'kept') return start.result as unknown as RequestedCheck
  if (start.state === 'refused') {
    const { limit, retryAfterSeconds } = start
    throw new AppError('too_many_checks', `${REFUSED[limit]}.`, { retryAfterSeconds })
  }
  const result = shownCheck(await checkNow({ domain }, deps))
  await callChecked(db, z.object({ stored: z.boolean() }), 'finish_requested_check', {
    id: start.id,
    result,
  })
  return result
}

/**
 * A keyed hash, so that a row does not say who asked. Whoever has an address of IPv6 has 2^64 of them, which share a limit.
 */
function callerHash(address: string | null, key: string): string {
  const counted = address === null ? 'unknown' : networkOf(address)
  return createHmac('sha256', key).update(`requested check ${counted}`).digest('hex')
}

/** An IPv4 address without its port, or the first 64 bits of an IPv6 address. */
function networkOf(text: string): string {
  const address = text.includes('.') ? text.replace(/:\d+$/, '') : text
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}

function shownCheck(check: Awaited<ReturnType<typeof checkNow>>): RequestedCheck {
  const { network, domain, checkedAt, durationMs, outcome, error, trust, capability } = check
  return {
    network,
    domain,
    checkedAt,
    durationMs,
    outcome,
    error: error ?? null,
    trust: trust && {
      trusted: trust.trusted,
      reasons: trust.reasons.map(({ message }) => message),
    },
    steps: capability && stepsOf(capability.sep),
    findings: check.findings.slice(0, MOST_FINDINGS).map(advised),
    moreFindings: Math.max(0, check.findings.length - MOST_FINDINGS),
    listings: (check.listings ?? []).map(({ id, operational, why }) => ({ id, operational, why })),
  }
}

function stepsOf(sep: Record<SepName, { step: Step }>): Record<SepName, Step> {
  return Object.fromEntries(SEP_NAMES.map((name) => [name, sep[name].step])) as Record<
    SepName,
    Step
  >
}

/** A finding with what it means and what to do about it. A stored one may be of a release that knew another code. */
export function advised(found: Finding): AdvisedFinding {
  const isKnown = Object.hasOwn(FINDINGS, found.code)
  return {
    ...found,
    meaning: isKnown ? FINDINGS[found.code].meaning : found.code,
    advice: isKnown ? ADVICE[found.code] : `Make it ${found.expected}.`,
  }
}
