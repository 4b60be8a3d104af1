import type { Check } from '../check/check.ts'
import { type CheckOutcome, type HealthState, nextHealth } from '../check/health-policy.ts'
import type { ClaimedHomeDomain, JudgedCheck } from './store.ts'

/**
 * What all checks of a window say together: ok if one of them was ok, else the last failure that was not unsure. Repeated
 * checks of a window therefore say no more than one.
 */
function outcomeOfWindow(earlier: CheckOutcome | null, outcome: CheckOutcome): CheckOutcome {
  if (earlier === 'ok' || outcome === 'ok') return 'ok'
  return outcome === 'unsure' ? (earlier ?? outcome) : outcome
}

/** Judges the health of a home domain from its window, of which `check` is the newest. */
export function judgeCheck(
  { window, health: before, listings }: ClaimedHomeDomain,
  check: Check,
  policy: { sep1DisableThreshold: number },
): JudgedCheck {
  const outcome = outcomeOfWindow(window.outcome, check.outcome)
  const health: HealthState = nextHealth(before, outcome, policy)
  const isListed = listings.some(({ active, source }) => active && !source.startsWith('horizon:'))
  const isWell = isListed && health.autoDisabledReason === null
  return {
    check,
    window: { startedAt: window.startedAt, outcome },
    before,
    health,
    windowsUntilNext: 1,
    priority: isWell ? 0 : 2,
  }
}
