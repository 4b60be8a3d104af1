/** The words of a text, for long lists of short texts. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
