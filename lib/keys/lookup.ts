import type { Database } from '../db/client.ts'
import { hashOfSecret, isSecret } from './secret.ts'
import { findKey, type NamedKey, readKeyHashes } from './store.ts'

/** How often a second the hashes are read for secrets that are not among them. Others are refused by the hashes in memory. */
const MOST_READS_PER_SECOND = 10

/**
 * Makes the lookup of an instance: it finds the named key of a presented secret, or null. A known key is read from the
 * database at each call, so that a revocation holds for the next call. A wrong key costs a reading of the hashes at most 10
 * times a second, so a flood of wrong keys is cheap, and takes the same time whatever the keys are.
 *
 * @param nowMs a clock that never goes back
 */
export function createKeyLookup(
  db: Database,
  nowMs: () => number,
): (presented: string) => Promise<NamedKey | null> {
  let hashes: ReadonlySet<string> = new Set()
  let reading: Promise<void> = Promise.resolve()
  let reads = 0
  let secondBeganMs = Number.NEGATIVE_INFINITY

  const mayRead = () => {
    if (nowMs() - secondBeganMs >= 1_000) {
      secondBeganMs = nowMs()
      reads = 0
    }
    reads += 1
    return reads <= MOST_READS_PER_SECOND
  }
  const read = async () => {
    hashes = new Set(await readKeyHashes(db))
  }
  /** Without a reading of its own, a call waits for the one under way: a right key must not fail in a flood of wrong ones. */
  const refresh = async () => {
    if (!mayRead()) return reading.catch(() => {})
    reading = read()
    return reading
  }
  return async (presented) => {
    if (!isSecret(presented)) return null
    const hash = hashOfSecret(presented)
    if (!hashes.has(hash)) await refresh()
    return hashes.has(hash) ? findKey(db, hash) : null
  }
}
