/** How often each name occurs. */
export function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Adds the counts of one seed to those of all. */
export function addCounts(total: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
}

/** `12 credited, 3 no_match`, the most frequent first. */
export function listedCounts(counts: Record<string, number>): string {
  const ordered = Object.entries(counts).toSorted(([, one], [, other]) => other - one)
  return ordered.map(([name, count]) => `${count} ${name}`).join(', ')
}
