import { redactText } from '../../log.ts'

/** Longest source that a row keeps (`listing_source_length`, `discovery_cursor_source_length`). */
const MAX_SOURCE_LENGTH = 2_048

/** Where rows came from, as answers and rows may have it: without credentials, and short enough to keep. */
export function shownSource(source: string): string {
  return redactText(source).slice(0, MAX_SOURCE_LENGTH)
}
