/**
 * The known names that a mistyped name may mean, the nearest first: same letters in another spelling, or a few letters
 * apart.
 */
export function nearestNames(name: string, known: readonly string[], most: number): string[] {
  const given = plain(name.slice(0, MAX_LENGTH))
  if (given === '') return []
  const allowed = Math.max(1, Math.floor(given.length / 3))
  return known
    .map((one) => ({ one, distance: distanceOf(given, plain(one)) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ one }) => one)
}

/** A longer name is no typing mistake, and comparing it takes time. */
const MAX_LENGTH = 80

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** How many letters must be added, removed, replaced or swapped with the next to turn one text into the other. */
function distanceOf(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index)
  let twoBefore: number[] = []
  for (const [row, letter] of [...one].entries()) {
    const next = [row + 1]
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (before[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1)
      const isSwapped =
        column > 1 && letter === other[column - 2] && one[row - 1] === other[column - 1]
      const swapped = isSwapped ? (twoBefore[column - 2] ?? row) + 1 : replaced
      next.push(Math.min(replaced, swapped, (before[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    twoBefore = before
    before = next
  }
  return before.at(-1) ?? 0
}
