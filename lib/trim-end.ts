/**
 * Removes a character from the end of a text, as often as it stands there. A pattern like `/0+$/` would look at each run of
 * zeros once for each zero: 100,000 zeros before another digit took it 7 s.
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === character) end -= 1
  return text.slice(0, end)
}
