import { type Sight, WINDOW_HOURS } from './sight.ts'

export type Decision = 'enable' | 'disable' | 'forget' | 'accept'

/** A catalog that lives through a month: the model, or the database behind the shipped calls. */
export interface Catalog {
  /** Lists these home domains, new or known, as a sync finds them in a directory or on Horizon. */
  list(domains: readonly string[], source: string): Promise<void>
  /** Lets the hours pass since the last call. */
  passTo(hour: number): Promise<void>
  /** One run at this hour: of what is due, or of everything, as a forged or impatient caller wants it. */
  run(hour: number, all: boolean, sightOf: (domain: string) => Sight): Promise<void>
  decide(domain: string, decision: Decision): Promise<void>
  /** The home domains whose listing is operational now, sorted. */
  operational(): Promise<string[]>
  told(): Promise<Told[]>
}

/** One change, as the catalog tells it. */
export interface Told {
  domain: string
  kind: string
}

/** A life of one anchor for a month, window by window, and how it must end. */
export interface Life {
  source: string
  sight: (window: number) => Sight
  /** The window in which its directory lists it. */
  listedIn?: number
  /** From the first of these windows on and below the second, its directory does not list it. */
  dropped?: readonly [from: number, below: number]
  /** What people decide, by window, before its checks. */
  decisions?: Record<number, Decision>
  isOperational: boolean
  tells: readonly string[]
}

/** What happens to the whole catalog, by window. */
export interface Weather {
  windows: number
  /** How many runs of everything are made beside the due one. */
  forged: Record<number, number>
  /** The windows in which our own network shows every stellar.toml as gone. */
  blind: readonly number[]
  /** The windows in which every directory lists its anchors once more. */
  imports: readonly number[]
}

/** Lets the catalog live through these lives. `onWindow` looks at it after each window. */
export async function liveThrough(
  lives: Readonly<Record<string, Life>>,
  weather: Weather,
  catalog: Catalog,
  onWindow: (window: number) => Promise<void> = async () => {},
): Promise<void> {
  const domains = Object.keys(lives)
  const list = async (window: number) => {
    const isListed = ({ listedIn = 0, dropped: [from, below] = [Infinity, Infinity] }: Life) =>
      listedIn <= window && (window < from || window >= below)
    const bySource = Map.groupBy(
      domains.filter((domain) => isListed(lifeOf(lives, domain))),
      (domain) => lifeOf(lives, domain).source,
    )
    for (const [source, listed] of bySource) await catalog.list(listed, source)
  }
  for (let window = 0; window < weather.windows; window += 1) {
    const hour = window * WINDOW_HOURS + 1
    await catalog.passTo(hour)
    if (weather.imports.includes(window)) await list(window)
    for (const domain of domains) {
      const decision = lifeOf(lives, domain).decisions?.[window]
      if (decision !== undefined) await catalog.decide(domain, decision)
    }
    const isBlind = weather.blind.includes(window)
    const sightOf = (domain: string): Sight =>
      isBlind ? { outcome: 'definite' } : lifeOf(lives, domain).sight(window)
    await catalog.run(hour, false, sightOf)
    for (let run = 1; run <= (weather.forged[window] ?? 0); run += 1) {
      await catalog.run(hour + run / 4, true, sightOf)
    }
    await onWindow(window)
  }
}

/** The home domains whose listing is operational by what was told: the last switch of each counts. */
export function operationalAfter(told: readonly Told[]): string[] {
  const on = new Set<string>()
  for (const { domain, kind } of told) {
    if (kind === 'listing_on') on.add(domain)
    if (kind === 'listing_off') on.delete(domain)
  }
  return [...on].toSorted()
}

function lifeOf(lives: Readonly<Record<string, Life>>, domain: string): Life {
  const life = lives[domain]
  if (life === undefined) throw new Error(`no life of ${domain}`)
  return life
}

const DIRECTORY = 'https://directory.example/'
const OK: Sight = { outcome: 'ok' }
const GONE: Sight = { outcome: 'definite' }

/** The sight of these windows, from the first one on and below the second, and an ok in every other. */
const during = (from: number, below: number, sight: Sight) => (window: number) =>
  window >= from && window < below ? sight : OK
const FOREVER = Number.POSITIVE_INFINITY
/** Three windows gone and three ok, again and again from window 8 on. */
const unsteady = (window: number) => (window >= 8 && (window - 8) % 6 < 3 ? GONE : OK)

/** In window 90 everything looks gone. The listings that are operational by the rules go and come back. */
const BLIND_WINDOW = 90
const BLIND = ['listing_off', 'listing_on']
const OUT_AND_BACK = ['listing_off', 'domain_disabled', 'domain_returned', 'listing_on']
const HELD = ['drift', 'held', 'listing_off']

/** The month that the issue of a catalog in operation asks for. A day has 4 windows. */
export const MONTH: Weather = {
  windows: 120,
  forged: { 30: 5, 31: 5, 60: 2, [BLIND_WINDOW]: 2 },
  blind: [BLIND_WINDOW],
  imports: [0, 60, 70, 71, 72, 80],
}

export const LIVES: Record<string, Life> = {
  'steady.example': {
    ...{ source: DIRECTORY, sight: () => OK },
    isOperational: true,
    tells: ['listing_on', ...BLIND],
  },
  'two-days-out.example': {
    ...{ source: DIRECTORY, sight: during(20, 28, { outcome: 'unsure' }) },
    isOperational: true,
    tells: ['listing_on', ...BLIND],
  },
  'dead-dns.example': {
    ...{ source: DIRECTORY, sight: during(40, FOREVER, { outcome: 'unsure' }) },
    isOperational: false,
    tells: ['listing_on', 'listing_off'],
  },
  'gone-for-two-windows.example': {
    ...{ source: DIRECTORY, sight: during(30, 32, GONE) },
    isOperational: true,
    tells: ['listing_on', 'listing_off', 'listing_on', ...BLIND],
  },
  'gone-for-four-days.example': {
    ...{ source: DIRECTORY, sight: during(32, 48, GONE) },
    isOperational: true,
    tells: ['listing_on', ...OUT_AND_BACK, ...BLIND],
  },
  'untrusted-for-two-windows.example': {
    ...{ source: DIRECTORY, sight: during(50, 52, { outcome: 'policy' }) },
    isOperational: true,
    tells: ['listing_on', ...OUT_AND_BACK, ...BLIND],
  },
  'flapping.example': {
    ...{ source: DIRECTORY, sight: unsteady },
    isOperational: false,
    tells: ['listing_on', ...OUT_AND_BACK, 'listing_off', 'domain_disabled', 'domain_flapping'],
  },
  'flapping-and-forgiven.example': {
    ...{ source: DIRECTORY, decisions: { 60: 'forget' } },
    sight: (window) => (window < 30 ? unsteady(window) : OK),
    isOperational: true,
    tells: [
      ...['listing_on', ...OUT_AND_BACK, 'listing_off', 'domain_disabled', 'domain_flapping'],
      ...['domain_returned', 'listing_on', ...BLIND],
    ],
  },
  'stolen-for-a-night.example': {
    ...{ source: DIRECTORY, sight: during(28, 30, { ...OK, key: 'GTHIEF' }) },
    isOperational: true,
    tells: ['listing_on', ...HELD, 'released', 'listing_on', ...BLIND],
  },
  'new-key.example': {
    ...{ source: DIRECTORY, sight: during(28, FOREVER, { ...OK, key: 'GNEW' }) },
    isOperational: true,
    tells: ['listing_on', ...HELD, 'accepted', 'listing_on', ...BLIND],
  },
  'moved-and-accepted.example': {
    ...{ source: DIRECTORY, decisions: { 29: 'accept' } },
    sight: during(28, FOREVER, { ...OK, host: 'moved.example' }),
    isOperational: true,
    tells: ['listing_on', ...HELD, 'accepted', 'listing_on', ...BLIND],
  },
  'stolen-and-disabled.example': {
    ...{ source: DIRECTORY, decisions: { 29: 'disable' } },
    sight: during(28, FOREVER, { ...OK, key: 'GTHIEF' }),
    isOperational: false,
    tells: ['listing_on', ...HELD, 'accepted'],
  },
  'gone-and-enabled.example': {
    ...{ source: DIRECTORY, sight: during(10, FOREVER, GONE), decisions: { 20: 'enable' } },
    isOperational: true,
    tells: ['listing_on', 'listing_off', 'domain_disabled', 'listing_on'],
  },
  'disabled.example': {
    ...{ source: DIRECTORY, sight: () => OK, decisions: { 5: 'disable' } },
    isOperational: false,
    tells: ['listing_on', 'listing_off'],
  },
  'listed-later.example': {
    ...{ source: DIRECTORY, sight: () => OK, listedIn: 60 },
    isOperational: true,
    tells: ['listing_on', ...BLIND],
  },
  'dropped.example': {
    ...{ source: DIRECTORY, sight: () => OK, dropped: [70, FOREVER] },
    isOperational: false,
    tells: ['listing_on', 'delisted', 'listing_off'],
  },
  'dropped-and-listed-again.example': {
    ...{ source: DIRECTORY, sight: () => OK, dropped: [70, 80] },
    isOperational: true,
    tells: ['listing_on', 'delisted', 'listing_off', 'relisted', 'listing_on', ...BLIND],
  },
  'dropped-and-enabled.example': {
    ...{ source: DIRECTORY, sight: () => OK, dropped: [70, FOREVER], decisions: { 40: 'enable' } },
    isOperational: true,
    tells: ['listing_on', 'delisted'],
  },
  'never-answered.example': {
    ...{ source: DIRECTORY, sight: () => ({ outcome: 'unsure' }) },
    isOperational: false,
    tells: [],
  },
  'horizon-only.example': {
    ...{ source: 'horizon:https://h.example', sight: () => ({ ...OK, serves: false }) },
    isOperational: false,
    tells: [],
  },
}
