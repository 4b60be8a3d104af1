import type { Caller } from '../caller.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { mapLimit } from '../net/map-limit.ts'
import { type ObserveDeps, observeOnSchedule } from '../payments/observe.ts'
import type { PlatformProfile } from '../platform/methods.ts'
import type { UpdateIo } from '../updates/context.ts'
import { showTransaction } from '../updates/read-routes.ts'
import { type ClaimedEvent, claimEvents, endEvents } from './store.ts'

/** 20 readings of about 50 ms, 4 side by side, take 0.25 s. */
const CLAIMED_AT_ONCE = 20
const CONCURRENCY = 4
/** A reading takes at most 35 s, tried 3 times; where the reader died, another one reads after this time. */
const CLAIM_SECONDS = 120
const RETRY_SECONDS = 60
/** Events of a minute are read in this time; the settler of the next minute takes what is left. */
const MOST_MS = 30_000

export interface ReadNotedDeps {
  config: Pick<Config, 'events'>
  db: Database
  now: () => Date
  log: Log
  profile: () => Promise<PlatformProfile | null>
  updates: () => Promise<UpdateIo>
}

/**
 * Reads the noted transactions from the platform, stores them as every reading is stored, and settles the attempts that they
 * prove, for at most 30 s.
 *
 * @returns whether payments are noted that are to be judged again
 * @throws AppError `database_unavailable`
 */
export async function readNoted(deps: ReadNotedDeps): Promise<boolean> {
  const { config, db, now } = deps
  if (config.events === null) return false
  const end = now().getTime() + MOST_MS
  let paymentsDue = false
  while (now().getTime() < end) {
    const claimed = await claimEvents(db, { limit: CLAIMED_AT_ONCE, claimSeconds: CLAIM_SECONDS })
    if (claimed.length === 0) break
    const readings = await mapLimit(claimed, CONCURRENCY, async (one) => ({
      ...one,
      isRead: await isRead(one, deps),
    }))
    const known = readings.filter((reading) => reading !== undefined)
    const ended = await endEvents(db, { readings: known, retrySeconds: RETRY_SECONDS })
    paymentsDue ||= ended.paymentsDue
    // While the platform cannot be read, the other transactions wait for the settler.
    if (known.some((reading) => !reading.isRead)) break
  }
  return paymentsDue
}

/** Reads the noted transactions, then judges the payments that wait for them. */
export async function readAndJudge(
  caller: Caller,
  deps: ReadNotedDeps & ObserveDeps,
): Promise<void> {
  const paymentsDue = await readNoted(deps)
  if (paymentsDue && deps.config.observer.accounts.length > 0) {
    await observeOnSchedule(null, caller, deps)
  }
}

async function isRead({ transactionId: id }: ClaimedEvent, deps: ReadNotedDeps): Promise<boolean> {
  try {
    await showTransaction({ id, refresh: true }, deps)
    return true
  } catch (error) {
    // The platform has no such transaction, and nor have we: the event was forged, or the transaction is gone.
    if (error instanceof AppError && error.code === 'not_found') return true
    deps.log('warn', 'event_not_read', { transactionId: id, error })
    return false
  }
}
