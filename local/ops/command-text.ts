/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w.:@%+=,/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** The words of a command as a person types them. Ids come from others, and one may begin with a dash. */
export function commandLine(
  command: string,
  words: readonly string[],
  options: readonly string[] = [],
): string {
  const isPlain = words.every((word) => !word.startsWith('-'))
  const parts = isPlain ? [...words, ...options] : [...options, '--', ...words]
  return ['npm run ops --', command, ...parts.map(quoted)].join(' ')
}
