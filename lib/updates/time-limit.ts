/** A run stops this long before the function ends: a send takes at most 45 s, and reading its outcome another 35 s. */
const CLOSING_RESERVE_MS = 90_000
/** Even the shortest function works for this long. */
const LEAST_MS = 10_000

/**
 * Starts the time of a run that sends updates.
 *
 * @param share the part of the time that one step of the run may take
 * @returns whether the run, or its step, must begin nothing more
 */
export function createTimeLimit(
  maxDurationSeconds: number,
  now: () => Date,
  share = 1,
): () => boolean {
  const startedAt = now().getTime()
  const budgetMs = Math.max(maxDurationSeconds * 1000 - CLOSING_RESERVE_MS, LEAST_MS)
  return () => now().getTime() - startedAt > budgetMs * share
}
