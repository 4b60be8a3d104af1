import { isJsonObject } from '../../../lossless-json.ts'
import { endOfString, isFollowedByColon } from '../../../safe-json.ts'

/** A member of the answer, or an entry of one of its members: `['deposit', 'USD']`, `['assets', 3]`. */
export type RepeatedPlace = readonly [member: string, entry?: string | number]

interface Open {
  /** The keys so far; null in a list. */
  keys: Set<string> | null
  /** The key or the index of the value that is being read. */
  at: string | number
}

/**
 * Finds the keys that stand twice in one object of a JSON text, in time linear in it. Readers differ on which of the values
 * counts. Below an entry of a member the whole entry is named, because the absence of one of its parts may mean "yes".
 *
 * @param json valid JSON of an object
 * @returns each place once
 */
export function repeatedKeys(json: string): RepeatedPlace[] {
  const open: Open[] = []
  const found = new Map<string, RepeatedPlace>()
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index]
    const inner = open.at(-1)
    if (character === '{') open.push({ keys: new Set(), at: '' })
    else if (character === '[') open.push({ keys: null, at: 0 })
    else if (character === '}' || character === ']') open.pop()
    else if (character === ',' && typeof inner?.at === 'number') inner.at += 1
    else if (character === '"') {
      const end = endOfString(json, index)
      if (inner?.keys && isFollowedByColon(json, end)) {
        inner.at = textOf(json.slice(index, end + 1))
        if (inner.keys.has(inner.at)) {
          const [member, entry] = open.map(({ at }) => at)
          const place: RepeatedPlace =
            entry === undefined ? [String(member)] : [String(member), entry]
          found.set(JSON.stringify(place), place)
        }
        inner.keys.add(inner.at)
      }
      index = end
    }
  }
  return [...found.values()]
}

/** Removes what stands at these places. An entry of a list becomes null, so that the others keep their places. */
export function removePlaces(
  value: Record<string, unknown>,
  places: readonly RepeatedPlace[],
): void {
  for (const [member, entry] of places) {
    const within = Object.hasOwn(value, member) ? value[member] : undefined
    if (entry === undefined) delete value[member]
    else if (Array.isArray(within) && typeof entry === 'number') within[entry] = null
    else if (isJsonObject(within)) delete within[entry]
  }
}

function textOf(literal: string): string {
  return literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1)
}
