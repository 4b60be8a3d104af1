import { isDeepStrictEqual } from 'node:util'
import type { Check } from '../check/check.ts'
import { type ShownRow, shownRow } from '../check/row/shown-row.ts'
import { type AnchorEvent, type IdentityState, nextIdentity } from '../health/drift.ts'
import {
  type CheckOutcome,
  type HealthState,
  judgeWindow,
  outcomeOfWindow,
  windowsUntilNextCheck,
} from '../health/health.ts'
import { traitsOf } from '../health/identity.ts'
import type { ClaimedHomeDomain, JudgedCheck } from './store.ts'

interface JudgePolicy {
  sep1DisableThreshold: number
  windowHours: number
}

const HOUR_MS = 3_600_000

/** Judges a home domain from its window, of which `check` is the newest. */
export function judgeCheck(
  claimed: ClaimedHomeDomain,
  check: Check,
  policy: JudgePolicy,
): JudgedCheck {
  const { window, health: before, listings } = claimed
  const outcome = countedOutcome(window.outcome, check.outcome, policy)
  const health = { ...judgeHealth(claimed, outcome, policy), idle: nextIdle(before.idle, check) }
  const isListed = listings.some(({ active, source }) => active && !source.startsWith('horizon:'))
  const isWell = isListed && health.autoDisabledReason === null
  return {
    check,
    shown: shownOf(claimed, check),
    window: { startedAt: window.startedAt, outcome },
    before,
    health,
    ...judgeIdentity(claimed, check, policy),
    windowsUntilNext: windowsUntilNextCheck(health, { isListed }),
    priority: isWell ? 0 : 2,
  }
}

/** Who sets the threshold to 1 says that one check is enough, also in a window that was ok before. */
function countedOutcome(
  earlier: CheckOutcome | null,
  outcome: CheckOutcome,
  { sep1DisableThreshold }: Pick<JudgePolicy, 'sep1DisableThreshold'>,
): CheckOutcome {
  if (earlier === null || (outcome === 'definite' && sep1DisableThreshold === 1)) return outcome
  return outcomeOfWindow([earlier, outcome])
}

/** A call with a lower threshold took the home domain out in this window: what fails again in it leaves it out. */
function judgeHealth(
  { window, health: before }: ClaimedHomeDomain,
  outcome: CheckOutcome,
  { sep1DisableThreshold }: JudgePolicy,
): HealthState {
  const wasTakenOut = before.autoDisabledReason === null && window.disabled === 'sep1_not_found'
  return judgeWindow(before, [outcome], {
    sep1DisableThreshold: wasTakenOut ? 1 : sep1DisableThreshold,
    startedAt: window.startedAt,
  })
}

function nextIdle(idle: number, { outcome, operational }: Check): number {
  if (outcome !== 'ok' || operational === null) return idle
  return operational ? 0 : idle + 1
}

/** Only a check with the outcome ok says who the anchor is. What is as it was is not written again. */
function judgeIdentity(
  { window, identity: known, held }: ClaimedHomeDomain,
  { outcome, capability, checkedAt }: Check,
  { windowHours }: JudgePolicy,
): { identity: IdentityState | null; events: AnchorEvent[] } {
  if (outcome !== 'ok' || capability === null) return { identity: null, events: [] }
  const startedMs = Date.parse(window.startedAt)
  // The database told the window. A clock of ours that jumps is off by the rest of it at most.
  const endMs = startedMs + windowHours * HOUR_MS
  const nowMs = Math.min(Math.max(Date.parse(checkedAt), startedMs), endMs)
  const at = { now: new Date(nowMs).toISOString(), window: window.startedAt }
  const { state, events } = nextIdentity({ known, held }, traitsOf(capability), at)
  return { identity: isDeepStrictEqual(state, { known, held }) ? null : state, events }
}

/** What a listing shows changes with its verdict, and only a stellar.toml that was read says anything of it. */
function shownOf(
  { listings }: ClaimedHomeDomain,
  { capability, listings: verdicts }: Check,
): Record<string, ShownRow> {
  if (capability === null || verdicts === null) return {}
  const byId = new Map(verdicts.map((verdict) => [verdict.id, verdict]))
  return Object.fromEntries(
    listings.flatMap((listing) => {
      const verdict = byId.get(listing.id)
      return verdict === undefined ? [] : [[listing.id, shownRow(listing, verdict, capability)]]
    }),
  )
}
