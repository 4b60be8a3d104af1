/**
 * The outcome of one check, as it is stored and answered. `definite`: the stellar.toml is gone (404 or 410 over validated
 * TLS). `policy`: it is there and untrusted. `unsure`: DNS, TLS, timeout, 5xx and the like, which may be our own fault.
 */
export type CheckOutcome = 'ok' | 'definite' | 'policy' | 'unsure'

/** The health of a home domain after a window. Every count is of windows, not of checks. */
export interface HealthState {
  /** The number of `definite` outcomes since the last ok. */
  notFoundCount: number
  /** The number of `policy` outcomes since the last ok. */
  policyFailureCount: number
  /** The number of ok outcomes since the last `definite` or `policy`. */
  okStreak: number
  autoDisabledReason: null | 'sep1_not_found' | 'policy' | 'flapping'
  lastOutcome: CheckOutcome | null
  /** Whether any outcome was ok. */
  wasOk: boolean
  /** The failures in a row, unsure ones too. They are counted anew when the home domain is taken out of service. */
  failuresInARow: number
  /** The ok outcomes in a row in which no listing was operational. */
  idle: number
  /** When the rules took the home domain out of service or back, the newest last, at most 4. ISO 8601, UTC. */
  flips: string[]
}

/** The health of a home domain that was never checked. */
export const NEW_HEALTH: HealthState = {
  notFoundCount: 0,
  policyFailureCount: 0,
  okStreak: 0,
  autoDisabledReason: null,
  lastOutcome: null,
  wasOk: false,
  failuresInARow: 0,
  idle: 0,
  flips: [],
}

const POLICY_DISABLE_THRESHOLD = 2
const OK_STREAK_TO_RETURN = 2
/** A home domain that was switched more often than this within 14 days stays out until a person decides. */
const MOST_FLIPS = 3
const FLIP_MEMORY_MS = 14 * 86_400_000
const MASS_FAILURE_MIN_DOMAINS = 5
const MASS_FAILURE_MIN_PERCENT = 20

const WEIGHT = ['ok', 'definite', 'policy', 'unsure'] as const satisfies readonly CheckOutcome[]

/**
 * What the checks of a window say together: ok if one was ok, else gone, else untrusted, else unsure. Neither their order nor
 * their number changes it, so that repeated checks say no more than one.
 */
export function outcomeOfWindow(
  outcomes: readonly [CheckOutcome, ...CheckOutcome[]],
): CheckOutcome {
  return WEIGHT.find((outcome) => outcomes.includes(outcome)) ?? outcomes[0]
}

/** How a window is judged. */
interface WindowPolicy {
  /** So many windows with `definite` take a home domain out of service. */
  sep1DisableThreshold: number
  /** When the window began. ISO 8601, UTC. */
  startedAt: string
}

/**
 * The health after a window, from the health before it and the outcomes of its checks. Only an ok resets the two counts of
 * failures: a `definite` outcome leaves the count of `policy` outcomes as it is, and the reverse. An unsure outcome changes
 * neither. Two windows in a row with an ok bring a home domain back into service, unless it was switched too often.
 */
export function judgeWindow(
  before: HealthState,
  outcomes: readonly [CheckOutcome, ...CheckOutcome[]],
  { sep1DisableThreshold, startedAt }: WindowPolicy,
): HealthState {
  const counted = count(before, outcomeOfWindow(outcomes))
  const reason = reasonAfter(before, counted, sep1DisableThreshold)
  const isFlip = (reason === null) !== (before.autoDisabledReason === null)
  if (!isFlip || before.autoDisabledReason === 'flapping') {
    return { ...counted, autoDisabledReason: reason }
  }
  const flips = [...before.flips, startedAt]
    .filter((at) => Date.parse(startedAt) - Date.parse(at) <= FLIP_MEMORY_MS)
    .slice(-MOST_FLIPS - 1)
  const isFlapping = flips.length > MOST_FLIPS
  return {
    ...counted,
    flips,
    failuresInARow: 0,
    autoDisabledReason: isFlapping ? 'flapping' : reason,
  }
}

function count(before: HealthState, outcome: CheckOutcome): HealthState {
  const state = { ...before, lastOutcome: outcome }
  if (outcome === 'ok') {
    const okStreak = before.okStreak + 1
    return {
      ...state,
      wasOk: true,
      notFoundCount: 0,
      policyFailureCount: 0,
      okStreak,
      failuresInARow: 0,
    }
  }
  const failed = { ...state, failuresInARow: before.failuresInARow + 1 }
  if (outcome === 'unsure') return failed
  return outcome === 'definite'
    ? { ...failed, okStreak: 0, notFoundCount: before.notFoundCount + 1 }
    : { ...failed, okStreak: 0, policyFailureCount: before.policyFailureCount + 1 }
}

function reasonAfter(
  { autoDisabledReason }: HealthState,
  { lastOutcome, okStreak, notFoundCount, policyFailureCount }: HealthState,
  sep1DisableThreshold: number,
): HealthState['autoDisabledReason'] {
  if (autoDisabledReason === 'flapping') return 'flapping'
  if (lastOutcome === 'ok' && okStreak >= OK_STREAK_TO_RETURN) return null
  if (autoDisabledReason !== null) return autoDisabledReason
  if (lastOutcome === 'definite' && notFoundCount >= sep1DisableThreshold) return 'sep1_not_found'
  const isUntrusted = lastOutcome === 'policy' && policyFailureCount >= POLICY_DISABLE_THRESHOLD
  return isUntrusted ? 'policy' : null
}

const MOST_WINDOWS = 56
const IDLE_WINDOWS = { fewest: 4, most: 28 }
/** An anchor that is in service and silent for so many windows has evidence of 72 h, which is too old by default. */
const SILENT_WINDOWS = 12

/**
 * In how many windows a home domain is due again: the next one for an anchor that is in service. What is out of service,
 * never answered or fell silent is asked after 1, 2, 4, 8 and at last 56 windows, and in the next window after an ok. An
 * anchor that only Horizon names is asked after 4 to 28 windows while none of its listings is operational.
 */
export function windowsUntilNextCheck(
  health: HealthState,
  { isListed }: { isListed: boolean },
): number {
  const waits = Math.min(MOST_WINDOWS, 2 ** failuresToWaitFor(health))
  if (isListed) return waits
  if (health.lastOutcome !== 'ok') return Math.max(IDLE_WINDOWS.fewest, waits)
  if (health.idle === 0) return waits
  return Math.min(IDLE_WINDOWS.most, IDLE_WINDOWS.fewest * 2 ** (health.idle - 1))
}

function failuresToWaitFor({ autoDisabledReason, wasOk, failuresInARow }: HealthState): number {
  if (failuresInARow === 0) return 0
  if (autoDisabledReason !== null) return failuresInARow
  return Math.max(0, failuresInARow - (wasOk ? SILENT_WINDOWS : 1))
}

/**
 * Whether at least 5 domains, and at least 20 % of those that were healthy last time, failed in one window. The fault is then
 * likely ours, and no failure of that window is counted. Every kind of failure counts, unsure ones too.
 */
export function isMassFailure(window: { healthyBefore: number; failedNow: number }): boolean {
  return (
    window.failedNow >= MASS_FAILURE_MIN_DOMAINS &&
    window.failedNow * 100 >= window.healthyBefore * MASS_FAILURE_MIN_PERCENT
  )
}
