import { isDeepStrictEqual } from 'node:util'
import { getDomain } from 'tldts'
import { isGreaterDecimal, sumDecimals } from '../../stellar/amount.ts'
import { STEPS } from '../check/capability.ts'
import { ENDPOINT_FIELD, SEP_NAMES } from '../check/toml/fields.ts'
import type { AnchorTraits, Identity } from './identity.ts'

/** What changed, by the name of the field: what is known of it, and what the check saw. */
export type Changes = Record<string, { before: unknown; after: unknown }>

/** An identity that was seen and does not count yet. */
export interface Held {
  /** When it was first seen. ISO 8601, UTC. */
  since: string
  /** When the window began in which it was first seen. ISO 8601, UTC. */
  window: string
  changes: Changes
  /** Who the anchor is once the changes count. */
  identity: Identity
}

export interface IdentityState {
  /** Null before the first check with the outcome ok. */
  known: AnchorTraits | null
  held: Held | null
}

/** Something to tell of a home domain. */
export interface AnchorEvent {
  kind: 'drift' | 'held' | 'released' | 'accepted' | 'step_gained' | 'step_lost'
  before: object | null
  after: object | null
}

/** People who watch the changes have a day to look at a new identity before it counts by itself. */
const HOLD_MS = 24 * 3_600_000

/**
 * What is known of an anchor after a check with the outcome ok, and what there is to tell. Another signing key, passphrase,
 * host of an endpoint or issuer of a known code is held until a check at least 24 hours and one window later sees the same,
 * or a check sees what is known. The first sight is believed and tells nothing. What a file no longer states stays known, so
 * that to leave a value out and to bring back another one is a change.
 *
 * @param at.window when the window of the check began
 */
export function nextIdentity(
  { known, held }: IdentityState,
  seen: AnchorTraits,
  at: { now: string; window: string },
): { state: IdentityState; events: AnchorEvent[] } {
  if (known === null) return { state: { known: seen, held: null }, events: [] }
  const changes = identityChanges(known, seen)
  const terms = nextTerms(known, seen)
  const identity = mergeIdentity(known, seen)
  const isChanged = Object.keys(changes).length > 0
  if (!isChanged) {
    const released = held === null ? [] : [eventOf('released', held.changes)]
    return {
      state: { known: { ...terms.known, ...identity }, held: null },
      events: [...terms.events, ...released],
    }
  }
  if (held === null || !isDeepStrictEqual(held.changes, changes)) {
    return {
      state: {
        known: terms.known,
        held: { since: at.now, window: at.window, changes, identity },
      },
      events: [...terms.events, eventOf('drift', changes), eventOf('held', changes)],
    }
  }
  const isAgreed =
    Date.parse(at.window) > Date.parse(held.window) &&
    Date.parse(at.now) - Date.parse(held.since) >= HOLD_MS
  if (!isAgreed) {
    return { state: { known: terms.known, held: { ...held, identity } }, events: terms.events }
  }
  return {
    state: { known: { ...terms.known, ...identity }, held: null },
    events: [...terms.events, eventOf('accepted', changes)],
  }
}

/**
 * A code that was not known, and a field that was never stated, are no changes. A protocol that was not there is one where
 * it is served by a host of somebody else: it would carry money to there. Where no host is known, each is somebody else's.
 */
function identityChanges(known: Identity, seen: Identity): Changes {
  const owners = new Set(Object.values(known.endpoints).map(ownerOf))
  const isForeign = (host: string | undefined) => host !== undefined && !owners.has(ownerOf(host))
  const hosts = SEP_NAMES.map((name): [string, unknown, unknown] => {
    const [before, after] = [known.endpoints[name], seen.endpoints[name]]
    const first = isForeign(after) ? null : undefined
    return [`host of ${ENDPOINT_FIELD[name]}`, before ?? first, after]
  })
  const pairs: [string, unknown, unknown][] = [
    ['SIGNING_KEY', known.signingKey, seen.signingKey],
    ['NETWORK_PASSPHRASE', known.passphrase, seen.passphrase],
    ...hosts,
  ]
  const changes: Changes = {}
  for (const [field, before, after] of pairs) {
    if (before !== undefined && after !== undefined && before !== after) {
      changes[field] = { before, after }
    }
  }
  for (const [code, after] of Object.entries(seen.issuers)) {
    const before = Object.hasOwn(known.issuers, code) ? known.issuers[code] : undefined
    if (before !== undefined && after.some((issuer) => !before.includes(issuer))) {
      changes[`issuer of ${code}`] = { before, after }
    }
  }
  return changes
}

/**
 * The registrable domain of a host with or without a port, or a host that has none. Private suffixes such as vercel.app count:
 * anybody may have a name below them.
 */
function ownerOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host
}

/** Who the anchor is once what was seen counts. */
function mergeIdentity(known: Identity, seen: Identity): Identity {
  const signingKey = seen.signingKey ?? known.signingKey
  const passphrase = seen.passphrase ?? known.passphrase
  return {
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    endpoints: { ...known.endpoints, ...seen.endpoints },
    issuers: { ...known.issuers, ...seen.issuers },
  }
}

/** The organisation, the fees and the steps count at once, and are told. */
function nextTerms(
  known: AnchorTraits,
  seen: AnchorTraits,
): { known: AnchorTraits; events: AnchorEvent[] } {
  const { organisation = known.organisation } = seen
  const changes: Changes = {}
  if (known.organisation !== undefined && organisation !== known.organisation) {
    changes['ORG_NAME'] = { before: known.organisation, after: organisation }
  }
  // A fee that creeps is compared with what was last told, so that many small steps are told too.
  const fees = { ...seen.fees }
  for (const [name, before] of Object.entries(known.fees)) {
    const after = Object.hasOwn(seen.fees, name) ? seen.fees[name] : undefined
    if (after !== undefined && isOtherFee(before, after)) changes[name] = { before, after }
    else fees[name] = before
  }
  const steps = SEP_NAMES.flatMap((name): AnchorEvent[] => {
    const [before, after] = [known.steps[name], seen.steps[name]]
    if (before === undefined || after === undefined || before === after) return []
    const isGain = STEPS.indexOf(after) > STEPS.indexOf(before)
    return [
      {
        kind: isGain ? 'step_gained' : 'step_lost',
        before: { [name]: before },
        after: { [name]: after },
      },
    ]
  })
  return {
    known: {
      ...known,
      ...(organisation === undefined ? {} : { organisation }),
      fees,
      steps: { ...known.steps, ...seen.steps },
    },
    events: [...(Object.keys(changes).length > 0 ? [eventOf('drift', changes)] : []), ...steps],
  }
}

/** Whether a fee is more than a fifth above or below another. */
function isOtherFee(before: string, after: string): boolean {
  const times = (count: number, fee: string) => sumDecimals(Array(count).fill(fee))
  return (
    isGreaterDecimal(times(5, after), times(6, before)) ||
    isGreaterDecimal(times(4, before), times(5, after))
  )
}

/** A file may change thousands of values at once. The event names the first ones. */
const MOST_NAMED = 20

function eventOf(kind: AnchorEvent['kind'], changes: Changes): AnchorEvent {
  const all = Object.entries(changes)
  const named = all.slice(0, MOST_NAMED)
  const more = all.length - named.length
  const part = (side: 'before' | 'after') => ({
    ...Object.fromEntries(named.map(([field, change]) => [field, change[side]])),
    ...(more > 0 ? { more } : {}),
  })
  return { kind, before: part('before'), after: part('after') }
}
