const MAX_DEPTH = 64
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

/** Why a JSON text was refused. The message shows no part of the text except a forbidden key. */
export class JsonRefusedError extends Error {
  readonly reason: 'malformed' | 'too_deep' | 'forbidden_key' | 'duplicate_key' | 'forbidden_text'
  /** The index of the character at fault; null for a malformed text. */
  readonly at: number | null

  constructor(
    reason: JsonRefusedError['reason'],
    message: string,
    at: number | null,
    cause?: unknown,
  ) {
    super(message, { cause })
    this.name = 'JsonRefusedError'
    this.reason = reason
    this.at = at
  }
}

/**
 * Parses JSON written by strangers, in time linear in its length. A byte order mark is skipped.
 * @throws JsonRefusedError also above 64 levels of nesting, and for a key that reaches an object's prototype
 */
export function parseSafeJson(text: string): unknown {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  refuseDangerousShape(json)
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new JsonRefusedError('malformed', 'The text is not valid JSON.', null, cause)
  }
}

/** The value that `parseSafeJson` returns for `text`, or null where it refuses the text. */
export function safeJsonOrNull(text: string): unknown {
  try {
    return parseSafeJson(text)
  } catch (error) {
    if (error instanceof JsonRefusedError) return null
    throw error
  }
}

// Depth and keys are checked on the text, before JSON.parse: a recursive walk over the result would overflow the stack at
// 20,000 brackets.
function refuseDangerousShape(json: string): void {
  let depth = 0
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(json, at)
      if (end === -1) return
      if (isFollowedByColon(json, end)) refuseForbiddenKey(json.slice(at, end + 1), at)
      at = end
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > MAX_DEPTH) {
        throw new JsonRefusedError(
          'too_deep',
          `The JSON is nested too deeply: at most ${MAX_DEPTH} levels are allowed.`,
          at,
        )
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
    }
  }
}

/** Index of the quote before `limit` that closes the string opened at `start`, or -1. */
export function endOfString(text: string, start: number, limit = text.length): number {
  let end = text.indexOf('"', start + 1)
  for (; end !== -1 && end < limit; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return end
  }
  return -1
}

/** Whether the string that ends at `end` is a key: the next character that is not a space is a colon. */
export function isFollowedByColon(text: string, end: number): boolean {
  let at = end + 1
  while (isJsonSpace(text.charCodeAt(at))) at += 1
  return text.charCodeAt(at) === COLON
}

function isJsonSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function refuseForbiddenKey(literal: string, at: number): void {
  const key = literal.includes('\\') ? decodeKey(literal) : literal.slice(1, -1)
  if (!FORBIDDEN_KEYS.has(key)) return
  throw new JsonRefusedError(
    'forbidden_key',
    `The JSON has the key "${key}", which is not allowed.`,
    at,
  )
}

function decodeKey(literal: string): string {
  try {
    return JSON.parse(literal)
  } catch {
    // JSON.parse of the whole text refuses this literal later.
    return literal
  }
}

/**
 * What makes a JSON text cost more than it is worth: brackets inside one another, on which `JSON.parse` overflows its stack
 * at some thousand levels, or values, which take 2 µs and 100 bytes each where numbers keep their digits. It takes time
 * linear in the text. Null for a text within both limits, and for one that is not JSON.
 */
export function excessOf(
  json: string,
  limits: { levels: number; values: number },
): 'levels' | 'values' | null {
  let depth = 0
  let values = 0
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(json, at)
      if (at === -1) return null
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > limits.levels) return 'levels'
    } else if (code === 0x5d || code === 0x7d) depth -= 1
    else if (code === 0x2c) {
      values += 1
      if (values > limits.values) return 'values'
    }
  }
  return null
}
