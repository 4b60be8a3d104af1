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

/** An entry of a JSON array that `parseLosslessJson` refuses, in place of its value. */
export class RefusedEntry {
  readonly error: JsonRefusedError
  /** The index of the character at fault, in the text of the array. */
  readonly at: number
  /** The id of the entry, if it is a text that may be answered or a number. */
  readonly id: unknown

  constructor(error: JsonRefusedError, at: number, id: unknown) {
    this.error = error
    this.at = at
    this.id = id
  }
}

/**
 * Parses a JSON array about money entry by entry, so that one entry that is refused leaves the others readable.
 *
 * @returns null for a text that is not a well-formed array
 */
export function parseLosslessEntries(text: string): unknown[] | null {
  const entries = entriesOf(text)
  if (entries === null) return null
  const values: unknown[] = []
  for (const [from, to] of entries) {
    const entry = text.slice(from, to)
    try {
      values.push(parseLosslessJson(entry))
    } catch (error) {
      if (!(error instanceof JsonRefusedError) || error.at === null) return null
      if (!isWellFormed(entry)) return null
      values.push(new RefusedEntry(error, from + error.at, idOf(entry, error)))
    }
  }
  return values
}

/** The bounds of the entries of a text that looks like an array; null for any other text. */
function entriesOf(text: string): [from: number, to: number][] | null {
  const start = text.search(/\S/)
  if (text[start] !== '[') return null
  const entries: [number, number][] = []
  let depth = 0
  let from = start + 1
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      if (at === -1) return null
    } else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      depth -= 1
      if (depth > 0) continue
      entries.push([from, at])
      return text.slice(at + 1).trim() === '' ? entries : null
    } else if (character === ',' && depth === 1) {
      entries.push([from, at])
      from = at + 1
    }
  }
  return null
}

function isWellFormed(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function idOf(entry: string, { reason }: JsonRefusedError): unknown {
  // A deep value would overflow the stack, and it may itself be the id.
  const value = reason === 'too_deep' ? undefined : readJsonKeepingDigits(entry)
  const id = isJsonObject(value) ? value['id'] : undefined
  const isClean = typeof id === 'string' && id.isWellFormed() && !id.includes('\0')
  return isClean || isJsonNumber(id) ? id : undefined
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
          at,
        )
      }
      if (isFollowedByColon(json, end)) refuseSecond(value, keysOfOpen.at(-1), at)
      at = end
    }
  }
}

function refuseSecond(key: string, keys: Set<string> | undefined, at: number): void {
  if (keys?.has(key)) {
    throw new JsonRefusedError(
      'duplicate_key',
      `The JSON has the key ${JSON.stringify(key.slice(0, 80))} twice in one object, which is not allowed.`,
      at,
    )
  }
  keys?.add(key)
}
