/** A Markdown table whose first column is left-aligned and whose other columns are right-aligned. */
export function formatTable(header: readonly string[], rows: readonly string[][]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const format = (line: readonly string[]) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(' | ')
  return [format(header), widths.map((width) => '-'.repeat(width)).join('-|-'), ...rows.map(format)]
    .map((line) => `| ${line} |`)
    .join('\n')
    .replaceAll('| -', '|--')
    .replaceAll('- |', '--|')
}
