import type { Random } from '../random.ts'
import { START_MS } from '../virtual-time.ts'
import { type Cast, type Planned, someTransaction } from './kinds.ts'
import type { Wanted } from './oracle.ts'
import type { PaymentWorld } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** A transaction, and when the platform shows it and ends it; milliseconds since 1970. */
export interface Customer extends Planned {
  shownAtMs: number
  /** null: it ends only if it is paid. */
  endsAtMs: number | null
}

/** Most transactions of an hour have begun before the first payment; others begin later. */
const someStart = (random: Random) =>
  START_MS + (random.chance(0.85) ? -random.whole(0, HOUR_MS) : random.whole(0, HOUR_MS))

/** Up to three transactions, most of which are shown from the beginning. */
export function customersOfAnHour(random: Random, cast: Cast): Customer[] {
  return Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, (_, index) => {
    const startedAtMs = someStart(random)
    const planned = someTransaction(random, cast, { place: index + 1, startedAtMs })
    // One that is shown late may have been paid before.
    const shownAtMs = random.chance(0.08) ? START_MS + random.whole(1_000, HOUR_MS) : START_MS
    return { ...planned, shownAtMs, endsAtMs: null }
  })
}

/** Up to four customers who get the same memo one after the other, and perhaps another one. */
export function customersOfDays(random: Random, cast: Cast, lengthMs: number): Customer[] {
  const count = random.whole(2, 4)
  const turnMs = lengthMs / count
  let first: Wanted | null = null
  return Array.from({ length: count + random.whole(0, 1) }, (_, index) => {
    const isFirst = index === 0
    const beganMs = START_MS + Math.floor((index % count) * turnMs)
    const startedAtMs = isFirst
      ? beganMs - random.whole(0, 20 * HOUR_MS)
      : beganMs + random.whole(0, Math.floor(turnMs / 2))
    const like = index < count ? first : null
    const planned = someTransaction(random, cast, { place: index + 1, startedAtMs, like })
    first ??= planned.wanted
    const isLate = random.chance(0.1)
    const shownAtMs = Math.max(START_MS, startedAtMs) + (isLate ? random.whole(0, 9 * HOUR_MS) : 0)
    // One of five has not ended when the next customer gets its memo.
    const laterMs = random.chance(0.2) ? turnMs : -random.whole(1, Math.floor(turnMs / 3))
    const endsAtMs = random.chance(0.9) ? Math.floor(beganMs + turnMs + laterMs) : null
    return { ...planned, shownAtMs, endsAtMs }
  })
}

const ENDS = ['expired', 'expired', 'error', 'refunded', 'completed']

/** Lets the platform show a transaction, change it and end it. Most change nothing but by a payment. */
export function live(
  world: PaymentWorld,
  random: Random,
  cast: Cast,
  { wanted, document, shownAtMs, endsAtMs }: Customer,
): void {
  const { time, platform } = world
  const { id } = wanted
  const after = (ms: number, event: () => void) =>
    time.after(ms, () => {
      event()
      return false
    })
  const change = (part: Record<string, unknown>) => {
    const shown = platform.document(id)
    if (shown !== undefined) world.showTransaction({ ...shown, ...part })
  }
  const changeLater = (ms: number, part: Record<string, unknown>) => after(ms, () => change(part))

  const first = firstDocument(random, cast, { wanted, document })
  const begin = () => {
    world.showTransaction(first)
    const { status } = document
    if (first['status'] !== status) changeLater(random.whole(1_000, 40_000), { status })
    if (first['message'] !== document['message']) {
      const { amount_in, amount_expected, message } = document
      const ms = random.pick([random.whole(1_000, 40_000), random.whole(MINUTE_MS, 3 * HOUR_MS)])
      changeLater(ms, { amount_in, amount_expected, message })
    }
    if (random.chance(0.06)) {
      const end = random.pick(['on_hold', 'expired', 'error'])
      changeLater(random.whole(1_000, 40_000), { status: end })
    }
    if (world.hasPlatform && random.chance(0.06)) vanish()
  }
  const vanish = () => {
    const comesBack = random.chance(0.6)
    after(random.pick([random.whole(1_000, 40_000), random.whole(MINUTE_MS, HOUR_MS)]), () => {
      const shown = platform.document(id)
      if (shown === undefined) return
      platform.remove(id)
      if (comesBack) after(random.whole(1_000, 3 * HOUR_MS), () => world.showTransaction(shown))
    })
  }
  if (shownAtMs <= START_MS) begin()
  else after(shownAtMs - START_MS, begin)
  if (endsAtMs === null) return
  after(endsAtMs - START_MS, () => {
    const isPaid = platform.document(id)?.['status'] !== document['status']
    const status = isPaid ? 'completed' : random.pick(ENDS)
    const completedAt = new Date(time.now()).toISOString()
    change({ status, ...(random.chance(0.5) && { completed_at: completedAt }) })
  })
}

/** 15 % begin to wait later, and for 10 % the platform shows other amounts first, or none. */
function firstDocument(
  random: Random,
  cast: Cast,
  { wanted, document }: Planned,
): Record<string, unknown> {
  const status = random.chance(0.15) ? 'incomplete' : document['status']
  if (!random.chance(0.1)) return { ...document, status }
  const stroops = random.chance(0.6) ? null : (wanted.stroops ?? 1n) + 1n
  const asset = random.chance(0.3) ? null : wanted.asset
  const { amount_in, amount_expected, message } = cast.documentOf(random, {
    ...wanted,
    stroops,
    asset,
  })
  return { ...document, amount_in, amount_expected, message, status }
}
