import { performance } from 'node:perf_hooks'

const FEWEST_PLACES = 8
/** A healthy anchor takes 250 ms. An anchor that hangs takes 6 s, and ten others would wait for it. */
const SLOW_CHECK_MS = 500
/** If slow checks give up their places, at most this many run for each place. */
const MOST_PER_PLACE = 3
const LOOK_MS = 100
/** A timer that comes this late shows that the process has more to do than it can. Answers are then late by as much. */
const LATE_MS = 150
const IN_TIME_MS = 40
/** A call that claims or records 500 checks takes 0.3 s. */
const SLOW_DATABASE_MS = 3_000

/**
 * How many checks may run side by side after the next look: a quarter less when the event loop or the database is late, one
 * place more when neither is.
 */
export function nextPlaces(
  places: number,
  late: { loopMs: number; databaseMs: number },
  most: number,
): number {
  const fewest = Math.min(FEWEST_PLACES, most)
  if (late.loopMs > LATE_MS || late.databaseMs > SLOW_DATABASE_MS) {
    return Math.max(fewest, Math.floor(places * 0.75))
  }
  return late.loopMs < IN_TIME_MS ? Math.min(most, places + 1) : places
}

/** The places in which checks run side by side. */
export interface Places {
  /** Resolves once a place is free. */
  free(): Promise<void>
  /** Takes a free place. The check gives it up when it ends or has taken half a second. */
  take(check: Promise<void>): void
  /** Resolves once no check runs. @throws the first error of a check */
  empty(): Promise<void>
  /** Says how long a call of the database took. */
  noteDatabaseMs(ms: number): void
  /** Whether a check has failed by a fault of our own. */
  hasFailed(): boolean
  close(): void
}

/** Opens `most` places. They become fewer while the process or its database cannot keep up. */
export function openPlaces(most: number): Places {
  let places = most
  let taken = 0
  let databaseMs = 0
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const waiting: (() => void)[] = []
  const isFree = () => taken < places && running.size < places * MOST_PER_PLACE
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }

  let lookedAt = performance.now()
  const look = setInterval(() => {
    const now = performance.now()
    places = nextPlaces(places, { loopMs: now - lookedAt - LOOK_MS, databaseMs }, most)
    lookedAt = now
    databaseMs = 0
    wake()
  }, LOOK_MS)

  return {
    free: async () => {
      while (!isFree() && failures.length === 0) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    take: (check) => {
      let holds = true
      const giveUp = () => {
        if (!holds) return
        holds = false
        taken -= 1
        wake()
      }
      taken += 1
      const slow = setTimeout(giveUp, SLOW_CHECK_MS)
      const done: Promise<void> = check
        .catch((error: unknown) => {
          failures.push(error)
        })
        .finally(() => {
          clearTimeout(slow)
          running.delete(done)
          giveUp()
          wake()
        })
      running.add(done)
    },
    empty: async () => {
      await Promise.all(running)
      if (failures.length > 0) throw failures[0]
    },
    noteDatabaseMs: (ms) => {
      databaseMs = Math.max(databaseMs, ms)
    },
    hasFailed: () => failures.length > 0,
    close: () => clearInterval(look),
  }
}
