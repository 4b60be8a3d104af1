import { readFileSync } from 'node:fs'

/** A row of a table in docs/ that names the test which holds it. */
export interface NamedTest {
  /** The first cell of the row. */
  name: string
  /** The path of the test file, from docs/. */
  path: string
  title: string
}

const DOCS = new URL('../../docs/', import.meta.url)

/** The rows of a page that end with a link to a test file and the title of a test in it, in quotes. */
export function namedTests(page: string): NamedTest[] {
  return readFileSync(new URL(page, DOCS), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const found = /^\| (.*?) \|.*\]\((\.\.\/tests\/[^)]+)\): "(.+)" \|$/.exec(line)
      if (found === null) return []
      const [, name = '', path = '', title = ''] = found
      return [{ name, path, title }]
    })
}

/** Whether the test file has a test with this title. A file that does not exist is an error. */
export const hasTest = ({ path, title }: NamedTest): boolean =>
  readFileSync(new URL(path, DOCS), 'utf8').includes(title)
