import type { Capability } from '../../../lib/anchors/check/capability.ts'
import type { Check } from '../../../lib/anchors/check/check.ts'
import type { CheckOutcome } from '../../../lib/anchors/health/health.ts'

export const WINDOW_HOURS = 6
/** The month of the simulation is over, so that no clock of a database stands before it. */
const START_MS = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000
const EVIDENCE_HOURS = 72

/** What a check of an anchor sees at one hour. */
export interface Sight {
  outcome: CheckOutcome
  /** The SIGNING_KEY of its stellar.toml. */
  key?: string
  /** The host of its SEP-24. */
  host?: string
  /** Whether SEP-24 serves the listing. */
  serves?: boolean
}

export function timeOf(hour: number): string {
  return new Date(START_MS + hour * HOUR_MS).toISOString()
}

/** The hour of a time that `timeOf` wrote. */
export function hourOf(time: string): number {
  return (Date.parse(time) - START_MS) / HOUR_MS
}

/** The one listing of each anchor of the month. */
export function listingIdOf(domain: string): string {
  return `${domain}:on-ramp:MX:MXN`
}

/** The check of a home domain that sees this at this hour. */
export function checkOf(domain: string, hour: number, sight: Sight): Check {
  const { outcome, serves = true } = sight
  const id = listingIdOf(domain)
  const away = { id, operational: false, rail: null, asset: null, basis: null, until: null }
  const base = {
    ...{ domain, checkedAt: timeOf(hour), durationMs: 100, outcome, findings: [] },
    patienceSeconds: 0,
  }
  if (outcome === 'unsure') {
    const nothing = { capability: null, trust: null, operational: null, listings: null }
    return { ...base, ...nothing, error: 'stellar.toml unavailable (timeout)' }
  }
  if (outcome === 'definite') {
    return {
      ...{ ...base, error: 'stellar.toml not found (404)', capability: null, trust: null },
      ...{ operational: false, listings: [{ ...away, why: ['toml_gone'] }] },
    }
  }
  if (outcome === 'policy') {
    return {
      ...{ ...base, error: 'Untrusted anchor', capability: null },
      trust: { trusted: false, reasons: [] },
      ...{ operational: false, listings: [{ ...away, why: ['untrusted'] }] },
    }
  }
  const served = {
    ...{ id, operational: true, why: ['country_unconfirmed' as const], rail: 'sep24' as const },
    ...{ asset: 'MXN', basis: 'code' as const, until: timeOf(hour + EVIDENCE_HOURS) },
  }
  return {
    ...{ ...base, capability: capabilityOf(domain, sight), trust: { trusted: true, reasons: [] } },
    operational: serves,
    listings: [serves ? served : { ...away, why: ['sep24_no_assets'] }],
  }
}

function capabilityOf(domain: string, { key = 'GOWN', host = domain }: Sight): Capability {
  const absent = { step: 'absent' } as const
  const sep24 = { step: 'conformant', endpoint: `https://${host}/sep24` } as const
  return {
    ...{ salvaged: false, signingKey: key, currencies: [], accounts: [], unusable: {} },
    sep: {
      ...{ sep6: absent, sep10: absent, sep12: absent, sep24, sep31: absent, sep38: absent },
      ...{ sep45: absent, sep59: absent },
    },
    toml: { url: `https://${domain}/.well-known/stellar.toml`, durationMs: 1, at: timeOf(0) },
  }
}
