/**
 * A text from outside as a terminal may show it: no escape sequence, no line break and no bidi mark reaches it. A longer
 * text is cut.
 */
export function shownText(raw: string, width: number): string {
  const text = raw.replace(/\p{C}/gu, '\ufffd')
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
