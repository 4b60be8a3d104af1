import type { IdentityState } from '../../../lib/anchors/health/drift.ts'
import {
  type CheckOutcome,
  type HealthState,
  isMassFailure,
  NEW_HEALTH,
} from '../../../lib/anchors/health/health.ts'
import { judgeCheck } from '../../../lib/anchors/queue/judge-check.ts'
import type { JudgedCheck } from '../../../lib/anchors/queue/store.ts'
import type { Catalog, Decision, Told } from './month.ts'
import { checkOf, hourOf, listingIdOf, type Sight, timeOf, WINDOW_HOURS } from './sight.ts'

/** The verdict on the one listing of an anchor. */
interface Verdict {
  operational: boolean
  until: number
}

interface Anchor {
  source: string
  missed: number
  dueAt: number
  health: HealthState
  window: { startedAt: string; outcome: CheckOutcome; before: HealthState } | null
  identity: IdentityState
  verdict: Verdict
  /** The verdict that a failure of the window took the place of. */
  replaced: Verdict | null
  personSays: Decision | null
  shown: boolean
}

interface Tally {
  healthyBefore: number
  failedNow: number
  isBraked: boolean
}

const SYNCS_TO_DELIST = 3

/** What the functions of the database do to the catalog, with one listing for each home domain. */
export function createModelCatalog(sep1DisableThreshold = 3): Catalog {
  const anchors = new Map<string, Anchor>()
  const tallies = new Map<string, Tally>()
  const told: Told[] = []
  let now = 0

  const tell = (domain: string, kind: string) => told.push({ domain, kind })
  const isOperational = (one: Anchor) => {
    if (one.personSays !== null) return one.personSays === 'enable'
    const { verdict, health, identity, missed } = one
    const isIn = health.autoDisabledReason === null && identity.held === null
    return isIn && missed < SYNCS_TO_DELIST && verdict.operational && verdict.until > now
  }
  const noteSwitches = () => {
    for (const [domain, one] of anchors) {
      if (isOperational(one) === one.shown) continue
      one.shown = !one.shown
      tell(domain, one.shown ? 'listing_on' : 'listing_off')
    }
  }
  const setHealth = (domain: string, one: Anchor, health: HealthState) => {
    const [before, after] = [one.health.autoDisabledReason, health.autoDisabledReason]
    one.health = health
    if (before === after) return
    if (after === null) tell(domain, 'domain_returned')
    else tell(domain, after === 'flapping' ? 'domain_flapping' : 'domain_disabled')
  }

  const judge = (domain: string, one: Anchor, hour: number, sight: Sight): JudgedCheck => {
    const startedAt = timeOf(Math.floor(hour / WINDOW_HOURS) * WINDOW_HOURS)
    const again = one.window?.startedAt === startedAt ? one.window : null
    const active = one.missed < SYNCS_TO_DELIST
    const listing = { id: listingIdOf(domain), country: 'MX', currency: 'MXN', active } as const
    return judgeCheck(
      {
        ...{ domain, capability: null, durationMs: null },
        listings: [{ ...listing, type: 'on-ramp', source: one.source }],
        window: {
          ...{ startedAt, outcome: again?.outcome ?? null },
          disabled: again && one.health.autoDisabledReason,
        },
        health: again?.before ?? one.health,
        ...{ identity: one.identity.known, held: one.identity.held },
      },
      checkOf(domain, hour, sight),
      { sep1DisableThreshold, windowHours: WINDOW_HOURS },
    )
  }
  const record = (domain: string, one: Anchor, judged: JudgedCheck) => {
    const { check, window, before, health, identity, events } = judged
    const again = one.window?.startedAt === window.startedAt ? one.window : null
    const tally = tallies.get(window.startedAt) ?? {
      healthyBefore: 0,
      failedNow: 0,
      isBraked: false,
    }
    tallies.set(window.startedAt, tally)
    const wasHealthy = before.lastOutcome === 'ok'
    const isFailure = window.outcome === 'definite' || window.outcome === 'policy'
    const isSpared = isFailure && tally.isBraked
    if (wasHealthy) {
      tally.healthyBefore += again ? 0 : 1
      tally.failedNow +=
        Number(window.outcome !== 'ok') - Number(again !== null && again.outcome !== 'ok')
    }
    const isKept = again !== null && one.replaced !== null
    if (!isKept) {
      one.replaced = isFailure && wasHealthy && !tally.isBraked ? { ...one.verdict } : null
    }
    one.window = { ...window, before }
    one.dueAt =
      Math.floor(now / WINDOW_HOURS) * WINDOW_HOURS + judged.windowsUntilNext * WINDOW_HOURS
    const [seen] = check.listings ?? []
    if (seen && !isSpared) {
      one.verdict = { operational: seen.operational, until: seen.until ? hourOf(seen.until) : 0 }
    }
    for (const { kind } of events) tell(domain, kind)
    if (identity !== null) one.identity = identity
    setHealth(domain, one, isSpared ? { ...before, lastOutcome: window.outcome } : health)
  }
  const brake = () => {
    for (const [startedAt, tally] of tallies) {
      if (tally.isBraked || !isMassFailure(tally)) continue
      tally.isBraked = true
      for (const [domain, one] of anchors) {
        const { window } = one
        const isFailure = window?.outcome === 'definite' || window?.outcome === 'policy'
        if (window?.startedAt !== startedAt || !isFailure) continue
        if (one.replaced) one.verdict = one.replaced
        one.replaced = null
        setHealth(domain, one, { ...window.before, lastOutcome: window.outcome })
      }
    }
  }
  const forgive = (domain: string, one: Anchor) => {
    one.dueAt = Math.min(one.dueAt, now)
    if (one.health.autoDisabledReason !== 'flapping') return
    if (one.window) {
      const { autoDisabledReason: reason } = one.window.before
      const autoDisabledReason = reason === 'flapping' ? null : reason
      one.window.before = { ...one.window.before, flips: [], autoDisabledReason }
    }
    setHealth(domain, one, { ...one.health, flips: [], autoDisabledReason: null })
  }

  return {
    list: async (domains, source) => {
      for (const [domain, one] of anchors) {
        if (one.source !== source || domains.includes(domain) || source.startsWith('horizon:'))
          continue
        if (one.missed === SYNCS_TO_DELIST) continue
        one.missed += 1
        if (one.missed === SYNCS_TO_DELIST) tell(domain, 'delisted')
      }
      for (const domain of domains) {
        const known = anchors.get(domain)
        if (known?.missed === SYNCS_TO_DELIST) {
          tell(domain, 'relisted')
          known.dueAt = Math.min(known.dueAt, now)
        }
        if (known) known.missed = 0
        else anchors.set(domain, newAnchor(source, now))
      }
      noteSwitches()
    },
    passTo: async (hour) => {
      now = hour
    },
    run: async (hour, all, sightOf) => {
      now = hour
      noteSwitches()
      for (const [domain, one] of anchors) {
        if (all || one.dueAt <= now) record(domain, one, judge(domain, one, hour, sightOf(domain)))
      }
      noteSwitches()
      brake()
      noteSwitches()
    },
    decide: async (domain, decision) => {
      const one = anchors.get(domain)
      if (one === undefined) throw new Error(`not listed: ${domain}`)
      const { known, held } = one.identity
      if (decision === 'accept' && known !== null && held !== null) {
        one.identity = { known: { ...known, ...held.identity }, held: null }
        tell(domain, 'accepted')
      }
      if (decision !== 'accept') one.personSays = decision === 'forget' ? null : decision
      if (decision !== 'disable') forgive(domain, one)
      noteSwitches()
    },
    operational: async () =>
      [...anchors].flatMap(([domain, one]) => (isOperational(one) ? [domain] : [])).toSorted(),
    told: async () => [...told],
  }
}

function newAnchor(source: string, now: number): Anchor {
  return {
    ...{ source, missed: 0, dueAt: now, health: NEW_HEALTH, window: null, replaced: null },
    ...{ identity: { known: null, held: null }, verdict: { operational: false, until: 0 } },
    ...{ personSays: null, shown: false },
  }
}
