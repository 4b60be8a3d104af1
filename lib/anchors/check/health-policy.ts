/**
 * What one check says about a home domain. `definite`: its stellar.toml is gone (404 or 410 over validated TLS).
 * `policy`: it is there and not to be trusted. `unsure`: DNS, TLS, timeout, 5xx and the like, which may be our own fault.
 */
export type CheckOutcome = 'ok' | 'definite' | 'policy' | 'unsure'

export interface HealthState {
  /** Definite failures since the last ok. */
  notFoundCount: number
  /** Policy failures since the last ok. */
  policyFailureCount: number
  /** Ok since the last definite or policy failure. */
  okStreak: number
  autoDisabledReason: null | 'sep1_not_found' | 'policy'
  lastOutcome: CheckOutcome | null
}

/** A home domain that was never checked. */
export const NEW_HEALTH: HealthState = {
  notFoundCount: 0,
  policyFailureCount: 0,
  okStreak: 0,
  autoDisabledReason: null,
  lastOutcome: null,
}

const POLICY_DISABLE_THRESHOLD = 2
const OK_STREAK_TO_RETURN = 2
const MASS_FAILURE_MIN_DOMAINS = 5
const MASS_FAILURE_MIN_PERCENT = 20

/**
 * The state after one more check. "Consecutive" means not interrupted by an ok: a definite failure leaves the policy count
 * and the other way round, and an unsure outcome changes no count at all.
 */
export function nextHealth(
  previous: HealthState,
  outcome: CheckOutcome,
  policy: { sep1DisableThreshold: number },
): HealthState {
  const state = { ...previous, lastOutcome: outcome }
  if (outcome === 'unsure') return state
  if (outcome === 'ok') {
    const okStreak = previous.okStreak + 1
    const stays = okStreak < OK_STREAK_TO_RETURN ? previous.autoDisabledReason : null
    return {
      ...state,
      notFoundCount: 0,
      policyFailureCount: 0,
      okStreak,
      autoDisabledReason: stays,
    }
  }
  if (outcome === 'definite') {
    const notFoundCount = previous.notFoundCount + 1
    const reached = notFoundCount >= policy.sep1DisableThreshold ? 'sep1_not_found' : null
    const autoDisabledReason = previous.autoDisabledReason ?? reached
    return { ...state, notFoundCount, okStreak: 0, autoDisabledReason }
  }
  const policyFailureCount = previous.policyFailureCount + 1
  const reached = policyFailureCount >= POLICY_DISABLE_THRESHOLD ? 'policy' : null
  const autoDisabledReason = previous.autoDisabledReason ?? reached
  return { ...state, policyFailureCount, okStreak: 0, autoDisabledReason }
}

/**
 * Whether so many of the domains that were healthy last time failed in one run that the fault is likely ours: at least 5
 * and at least 20 % of them, whatever the kind of failure. Then no failure of that run is counted.
 */
export function isMassFailure(run: { healthyBefore: number; failedNow: number }): boolean {
  return (
    run.failedNow >= MASS_FAILURE_MIN_DOMAINS &&
    run.failedNow * 100 >= run.healthyBefore * MASS_FAILURE_MIN_PERCENT
  )
}
