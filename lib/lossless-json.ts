// Written by hand instead of using lossless-json from npm: the numbers are those of `JSON.rawJSON`, which `JSON.stringify`
// writes back digit for digit, and an object with a key twice is refused.
import { endOfString, isFollowedByColon, JsonRefusedError, parseSafeJson } from './safe-json.ts'

/** A JSON number with its source text. 922337203685.4775807 has more digits than a JavaScript number holds. */
export interface JsonNumber {
  readonly rawJSON: string
}

// Node 22 and later have both functions; TypeScript does not describe them yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): JsonNumber
  isRawJSON(value: unknown): value is JsonNumber
}

/** Whether a value read by `parseLosslessJson` is a number. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return isRawJSON(value)
}

/** Whether a parsed JSON value is an object, and not null, an array or a number that kept its source. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isJsonNumber(value)
  )
}

/** The text of a text, number or boolean, for readers that accept all three; null for every other value. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  return isJsonNumber(value) ? value.rawJSON : null
}

/**
 * Parses JSON about money as `parseSafeJson` does, and keeps the source text of every number as a `JsonNumber`.
 * @throws JsonRefusedError also for an object with a key twice, since readers differ on which value counts, and for a text
 * that jsonb cannot store (NUL, half a surrogate pair), since every update is stored before it is sent
 */
export function parseLosslessJson(text: string): unknown {
  parseSafeJson(text)
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  refuseUnusableTexts(json)
  return JSON.parse(json, keepDigits)
}

/**
 * Parses any JSON that `JSON.parse` reads; every number keeps its source text as a `JsonNumber`.
 *
 * @returns undefined when the text is not JSON, or is nested so deeply that the stack overflows
 */
export function readJsonKeepingDigits(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}

function keepDigits(_key: string, value: unknown, context: { source?: string } = {}): unknown {
  return typeof value === 'number' ? rawJSON(context.source ?? String(value)) : value
}

// The JSON is known to be valid here, so that looking at quotes and brackets is enough.
function refuseUnusableTexts(json: string): void {
  const keysOfOpen: Set<string>[] = []
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at]
    if (character === '{' || character === '[') keysOfOpen.push(new Set())
    else if (character === '}' || character === ']') keysOfOpen.pop()
    else if (character === '"') {
      const end = endOfString(json, at)
      const value: string = JSON.parse(json.slice(at, end + 1))
      if (value.includes('\0') || !value.isWellFormed()) {
        throw new JsonRefusedError(
          'forbidden_text',
          'The JSON has a text with U+0000 or half a surrogate pair, which is not allowed.',
        )
      }
      if (isFollowedByColon(json, end)) refuseSecond(value, keysOfOpen.at(-1))
      at = end
    }
  }
}

function refuseSecond(key: string, keys: Set<string> | undefined): void {
  if (keys?.has(key)) {
    throw new JsonRefusedError(
      'duplicate_key',
      `The JSON has the key ${JSON.stringify(key.slice(0, 80))} twice in one object, which is not allowed.`,
    )
  }
  keys?.add(key)
}
