import { endOfString, isFollowedByColon, JsonRefusedError, parseSafeJson } from './safe-json.ts'

/**
 * A JSON number with its source text, which `JSON.stringify` writes back digit for digit: 922337203685.4775807 has more
 * digits than a JavaScript number holds.
 */
export interface JsonNumber {
  readonly rawJSON: string
}

// Node 22 and later; TypeScript does not describe them yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): JsonNumber
  isRawJSON(value: unknown): value is JsonNumber
}

/** Whether a value read by `parseLosslessJson` is a number. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return isRawJSON(value)
}

/** A JSON number of this source text. @throws SyntaxError when the text is no JSON number */
export function jsonNumber(source: string): JsonNumber {
  return rawJSON(source)
}

/** Whether a parsed JSON value is an object: not null, no array, and no number that kept its source. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isJsonNumber(value)
  )
}

/** A text, number or boolean as a lenient reader takes it where it wants a text; null for everything else. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  return isJsonNumber(value) ? value.rawJSON : null
}

/**
 * Parses JSON of money routes as `parseSafeJson` does, and further: every number, wherever it stands, keeps its source
 * text as a `JsonNumber`; an object that has a key twice is refused, because readers differ on which of the two counts;
 * so are texts that jsonb cannot hold (NUL, half a surrogate pair), because nothing is sent that was not stored first.
 *
 * @throws JsonRefusedError
 */
export function parseLosslessJson(text: string): unknown {
  parseSafeJson(text)
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  refuseUnusableTexts(json)
  const reviver = (_: string, value: unknown, context: { source?: string } = {}) =>
    typeof value === 'number' ? rawJSON(context.source ?? String(value)) : value
  return JSON.parse(json, reviver)
}

// The text is known to be valid JSON here, so that quotes and brackets are all there is to look at.
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
