import type { CheckOutcome } from '../../../lib/anchors/health/health.ts'
import { createRandom, type Random } from '../random.ts'
import type { Decision, Life, Weather } from './month.ts'
import type { Sight } from './sight.ts'

const WINDOWS = 60
const SOURCES = ['https://directory.example/', 'horizon:https://h.example'] as const
const OUTCOMES: readonly CheckOutcome[] = ['ok', 'ok', 'definite', 'policy', 'unsure']
const DECISIONS: readonly Decision[] = ['enable', 'disable', 'forget', 'accept']

/** Eight anchors whose sight changes now and then, with decisions, imports and blind windows of our own network. */
export function randomMonth(seed: number): { lives: Record<string, Life>; weather: Weather } {
  const random = createRandom(seed)
  const lives = Object.fromEntries(
    Array.from({ length: 8 }, (_, place) => [`a${place}.example`, randomLife(random)]),
  )
  const some = (chance: number) =>
    Array.from({ length: WINDOWS }, (_, window) => window).filter(() => random.chance(chance))
  return {
    lives,
    weather: {
      windows: WINDOWS,
      forged: Object.fromEntries(some(0.1).map((window) => [window, random.whole(1, 4)])),
      blind: some(0.02),
      imports: [0, ...some(0.1).filter((window) => window > 0)],
    },
  }
}

function randomLife(random: Random): Life {
  const sights: Sight[] = []
  while (sights.length < WINDOWS) {
    const sight = randomSight(random)
    sights.push(...Array<Sight>(random.whole(1, 8)).fill(sight))
  }
  const decisions: Record<number, Decision> = {}
  while (random.chance(0.4)) decisions[random.whole(1, WINDOWS - 1)] = random.pick(DECISIONS)
  const from = random.whole(1, WINDOWS * 2)
  return {
    source: random.chance(0.8) ? SOURCES[0] : SOURCES[1],
    sight: (window) => sights[window] ?? { outcome: 'ok' },
    decisions,
    dropped: [from, from + random.whole(1, WINDOWS)],
    ...{ isOperational: false, tells: [] },
  }
}

function randomSight(random: Random): Sight {
  return {
    outcome: random.pick(OUTCOMES),
    ...(random.chance(0.2) ? { key: 'GTHIEF' } : {}),
    ...(random.chance(0.1) ? { host: 'moved.example' } : {}),
    serves: !random.chance(0.1),
  }
}
