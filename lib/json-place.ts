// Each character can be read in one way only, so a text that does not end takes linear time.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y

/** What may follow. `first` also allows the end of the list or object that was just opened. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma'

/** The index of the first character that is not JSON; the length of a text that ends too early. */
export function malformedAt(text: string): number {
  const open: ('[' | '{')[] = []
  let expected: Expected | null = 'value'
  let at = 0
  const reads = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const afterValue = (): Expected | null => (open.length === 0 ? null : 'comma')
  for (;;) {
    reads(SPACE)
    const character = text[at]
    if (expected === null || character === undefined) return at
    const inside = open.at(-1)
    const closes = character === (inside === '[' ? ']' : '}') && inside !== undefined
    if (closes && (expected === 'comma' || expected.startsWith('first'))) {
      open.pop()
      at += 1
      expected = afterValue()
    } else if (expected === 'comma' || expected === 'colon') {
      if (character !== (expected === 'comma' ? ',' : ':')) return at
      at += 1
      expected = expected === 'comma' && inside === '{' ? 'key' : 'value'
    } else if (expected.endsWith('key')) {
      if (!reads(STRING)) return at
      expected = 'colon'
    } else if (character === '[' || character === '{') {
      open.push(character)
      at += 1
      expected = character === '[' ? 'first value' : 'first key'
    } else {
      if (!reads(STRING) && !reads(SCALAR)) return at
      expected = afterValue()
    }
  }
}

/** A place in a text: the index of a character, counted from 0, and its line and column, counted from 1. */
interface Place {
  position: number
  line: number
  column: number
}

export function placeInText(text: string, position: number): Place {
  const before = text.slice(0, position)
  return {
    position,
    line: before.split('\n').length,
    column: position - before.lastIndexOf('\n'),
  }
}
