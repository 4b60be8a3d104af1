import type { CsvPage } from '../csv.ts'
import type { Answer } from './answer.ts'
import type { MediaType } from './media-type.ts'

const CSV_TYPE = 'text/csv; charset=utf-8'

/** Whether a call asks for CSV. The parameter `format` wins over the header Accept. */
export function asksForCsv(format: 'json' | 'csv' | undefined, preferred: MediaType): boolean {
  return format === undefined ? preferred === 'text/csv' : format === 'csv'
}

/** The answer with a table as CSV. The cursor of the next page is a header, and in `link` the URL of that page (RFC 8288). */
export function csvAnswer({ name, csv, next }: CsvPage, { url }: Request): Answer {
  return {
    status: 200,
    body: null,
    text: { type: CSV_TYPE, body: csv },
    headers: {
      'content-disposition': `attachment; filename="${name}.csv"`,
      ...(next === null ? {} : { link: linkTo(new URL(url), next), 'x-next-cursor': next }),
    },
  }
}

/** A URL without the secret of the caller. */
function linkTo({ pathname, searchParams }: URL, cursor: string): string {
  const query = new URLSearchParams(searchParams)
  query.delete('secret')
  query.set('format', 'csv')
  query.set('cursor', cursor)
  return `<${pathname}?${query}>; rel="next"`
}
