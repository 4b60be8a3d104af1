/**
 * The outcome of one check, as it is stored and answered. `definite`: the stellar.toml is gone (404 or 410 over validated
 * TLS). `policy`: it is there and untrusted. `unsure`: DNS, TLS, timeout, 5xx and the like, which may be our own fault.
 */
export type CheckOutcome = 'ok' | 'definite' | 'policy' | 'unsure'

export interface HealthState {
  /** The number of `definite` outcomes since the last ok. */
  notFoundCount: number
  /** The number of `policy` outcomes since the last ok. */
  policyFailureCount: number
  /** The number of ok outcomes since the last `definite` or `policy`. */
  okStreak: number
  autoDisabledReason: null | 'sep1_not_found' | 'policy'
  lastOutcome: CheckOutcome | null
}

/** The health of a home domain that was never checked. */
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
 * The health after one more check. Only an ok resets the two counts of failures: a `definite` outcome leaves the count of
 * `policy` outcomes as it is, and the reverse. An unsure outcome changes no count.
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
 * Whether at least 5 domains, and at least 20 % of those that were healthy last time, failed in one run. The fault is then
 * likely ours, and no failure of that run is counted. Every kind of failure counts, unsure ones too.
 */
export function isMassFailure(run: { healthyBefore: number; failedNow: number }): boolean {
  return (
    run.failedNow >= MASS_FAILURE_MIN_DOMAINS &&
    run.failedNow * 100 >= run.healthyBefore * MASS_FAILURE_MIN_PERCENT
  )
}
