import { AppError, type ErrorCode } from '../../errors.ts'
import { redactText } from '../../log.ts'
import { FetchError, type FetchUntrusted } from '../../net/fetch-untrusted.ts'
import { JsonRefusedError, parseSafeJson, safeJsonOrNull } from '../../safe-json.ts'
import { textOf } from '../../text-of.ts'
import { findAnchorRecords, readDirectoryPage } from './directory-page.ts'
import { isDomainField, isRecord } from './row-fields.ts'

export interface Directory {
  /** The URL of the rows as `shownSource` writes it; `#…` names the part of a page that held them. */
  source: string
  rows: unknown[]
}

interface DirectoryIo {
  fetch: FetchUntrusted
}

const MAX_ROWS = 100_000
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
const MAX_PAGE_BYTES = 1024 * 1024
const MAX_COLUMNS = 50
// A file of 16 MB can have 8 million lines of one letter. The header and one row too many are read.
const MAX_CSV_LINES = MAX_ROWS + 2
const MAX_RECORD_CHARACTERS = 100_000
const DIRECTORY_TIMEOUT_MS = 20_000
// Eight candidates of 3 s each leave most of a 300 s run to the checks.
const MAX_CANDIDATES = 8
const CANDIDATE_TIMEOUT_MS = 3_000

/** The longest source that a row stores (`listing_source_length`, `discovery_cursor_source_length`). */
const MAX_SOURCE_LENGTH = 2_048

const ROW_CONTAINERS = ['anchors', 'data', 'items', 'results']
const FORBIDDEN_HEADERS = new Set(['__proto__', 'constructor', 'prototype'])

/** A source of rows as answers and rows carry it: without credentials, at most 2,048 characters. */
export function shownSource(source: string): string {
  return redactText(source).slice(0, MAX_SOURCE_LENGTH)
}

/** The failure of an outside source, for the answer; null for an error of another kind. */
export function sourceFailure(error: unknown): { error: string; code: ErrorCode } | null {
  if (!(error instanceof AppError)) return null
  if (error.code !== 'source_unavailable' && error.code !== 'source_unusable') return null
  return { error: redactText(error.message), code: error.code }
}

/**
 * Reads a directory of at most 16 MB and 100,000 rows. The text shows whether it is JSON, JSON lines or CSV; the content type is ignored.
 *
 * @throws AppError `source_unavailable` when it does not answer 200, `source_unusable` when its text is not a directory
 */
export async function loadDirectory(url: string, io: DirectoryIo): Promise<Directory> {
  const { text } = await fetchText(io.fetch, url, 'Anchor directory', {
    accept: 'application/json, text/csv;q=0.9, */*;q=0.1',
    maxBytes: MAX_DIRECTORY_BYTES,
    timeoutMs: DIRECTORY_TIMEOUT_MS,
  })
  return { source: shownSource(url), rows: await parseDirectory(text) }
}

/**
 * Finds a directory from its home page: an export that it links on its own origin, or else the data embedded in the page.
 *
 * @throws AppError `source_unavailable` when the page does not answer 200, `source_unusable` when it holds no anchors
 */
export async function scrapeDirectoryHome(url: string, io: DirectoryIo): Promise<Directory> {
  const answer = await fetchText(io.fetch, url, 'Anchor directory home', {
    accept: 'text/html, */*;q=0.1',
    maxBytes: MAX_PAGE_BYTES,
  })
  const page = await readDirectoryPage(answer.text)
  const linked = await tryExports(exportCandidates(page.links, answer.url), io)
  if (linked !== null) return linked

  const nextData = findRows(page.nextData)
  const embedded = (part: string, rows: unknown[]): Directory => ({
    source: shownSource(`${url}#${part}`),
    rows: bounded(rows),
  })
  if (nextData.length > 0) return embedded('__NEXT_DATA__', nextData)
  const flight = findRows(page.flight)
  const json = findRows(page.jsonScripts.join('\n'))
  if (flight.length > 0) return embedded('flight', [...flight, ...json])
  if (json.length > 0) return embedded('application-json', json)
  throw unusable(
    'Anchor directory home holds no anchors: no linked JSON or CSV export, no __NEXT_DATA__, flight data or JSON script with records that have a name and a domain.',
  )
}

function findRows(text: string): unknown[] {
  return bounded(findAnchorRecords(text, MAX_ROWS + 1))
}

function bounded(rows: unknown[]): unknown[] {
  if (rows.length <= MAX_ROWS) return rows
  throw unusable(`Anchor directory has ${rows.length} rows; at most ${MAX_ROWS} are read.`)
}

/**
 * The links of a page that may lead to a machine-readable directory, at most 8, all on the page's own origin: files `.json`
 * or `.csv` first, then paths that name an export, a directory or anchors.
 */
export function exportCandidates(links: readonly string[], pageUrl: string): string[] {
  const files = new Set<string>()
  const paths = new Set<string>()
  const page = new URL(pageUrl)
  for (const link of links) {
    const target = URL.parse(link, page)
    if (target === null || target.origin !== page.origin) continue
    target.hash = ''
    if (target.href === page.href) continue
    if (/\.(?:json|csv)$/i.test(target.pathname)) files.add(target.href)
    else if (mayBeDirectory(target.pathname)) paths.add(target.href)
  }
  return [...files, ...paths].slice(0, MAX_CANDIDATES)
}

function mayBeDirectory(path: string): boolean {
  return /export|directory|anchors/i.test(path) && !/\.(?!html?$)[a-z0-9]{1,5}$/i.test(path)
}

async function tryExports(
  candidates: readonly string[],
  { fetch }: DirectoryIo,
): Promise<Directory | null> {
  for (const url of candidates) {
    try {
      const { text } = await fetchText(fetch, url, 'Anchor directory', {
        accept: 'application/json, text/csv;q=0.9',
        maxBytes: MAX_DIRECTORY_BYTES,
        timeoutMs: CANDIDATE_TIMEOUT_MS,
        // A redirect could lead to another origin.
        maxRedirects: 0,
      })
      const rows = await parseDirectory(text)
      if (rows.some(namesDomain)) return { source: shownSource(url), rows }
    } catch (error) {
      // A link is only a candidate: the next one may be the directory.
      if (!(error instanceof AppError)) throw error
    }
  }
  return null
}

async function fetchText(
  fetch: FetchUntrusted,
  url: string,
  what: string,
  request: Parameters<FetchUntrusted>[1],
): Promise<{ text: string; url: string }> {
  try {
    const answer = await fetch(url, request)
    if (answer.status === 200) return { text: answer.text, url: answer.url }
    throw unavailable(what, answer.status)
  } catch (error) {
    if (error instanceof FetchError) throw unavailable(what, error.code, error)
    throw error
  }
}

async function parseDirectory(written: string): Promise<unknown[]> {
  const text = written.replace(/^\uFEFF/, '')
  const first = /\S/.exec(text)?.[0]
  if (first === undefined) throw unusable('Anchor directory is empty; JSON or CSV is needed.')
  if (first === '<') {
    throw unusable('Anchor directory is an HTML or XML page; JSON or CSV is needed.')
  }
  const rows = first === '{' || first === '[' ? readJson(text) : await readCsv(text)
  if (rows.length === 0) throw unusable('Anchor directory has no rows; at least one is needed.')
  return bounded(rows)
}

function readJson(text: string): unknown[] {
  let value: unknown
  try {
    value = parseSafeJson(text)
  } catch (error) {
    if (!(error instanceof JsonRefusedError)) throw error
    const lines = readJsonLines(text)
    if (lines !== null) return lines
    throw unusable(`Anchor directory cannot be read as JSON: ${error.message}`, error)
  }
  const rows = rowsIn(value) ?? (isRecord(value) ? rowsByDomain(value) : null)
  if (rows !== null) return rows
  // JSON lines of a single row.
  if (namesDomain(value)) return [value]
  throw unusable(
    `Anchor directory has no list of rows; an array, or an array under ${ROW_CONTAINERS.join(', ')}, is needed.`,
  )
}

/**
 * The rows of a text with one JSON object a line (NDJSON); null when its first line is none. A line that cannot be read stays
 * a text, which `normaliseRows` rejects as a row.
 */
function readJsonLines(text: string): unknown[] | null {
  const lines = text.split('\n', MAX_ROWS * 2).filter((line) => /\S/.test(line))
  if (lines.length < 2 || !isRecord(safeJsonOrNull(lines[0] ?? ''))) return null
  return lines.map((line) => safeJsonOrNull(line) ?? line)
}

function rowsIn(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return null
  for (const name of ROW_CONTAINERS) {
    const held = value[name]
    if (Array.isArray(held)) return held
    // Some directories nest two containers: {"data": {"anchors": […]}}.
    const rows = isRecord(held)
      ? (ROW_CONTAINERS.map((key) => held[key]).find(Array.isArray) ?? rowsByDomain(held))
      : null
    if (rows !== null) return rows
  }
  return null
}

// StellarTerm's directory of early 2019 held objects whose keys were the domains.
function rowsByDomain(held: Record<string, unknown>): unknown[] | null {
  const entries = Object.entries(held)
  const areRows = entries.every(([key, row]) => key.includes('.') && isRecord(row))
  if (entries.length === 0 || !areRows) return null
  return entries.map(([domain, row]) => ({ domain, ...(row as Record<string, unknown>) }))
}

async function readCsv(text: string): Promise<unknown[]> {
  const { parse } = await import('csv-parse/sync')
  let records: string[][]
  try {
    records = parse(text, {
      delimiter: delimiterOf(text),
      max_record_size: MAX_RECORD_CHARACTERS,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      to: MAX_CSV_LINES,
    })
  } catch (cause) {
    const line = cause instanceof Error && 'lines' in cause ? ` at line ${textOf(cause.lines)}` : ''
    throw unusable(
      `Anchor directory cannot be read as CSV${line}: quotes must be closed and doubled inside (RFC 4180), and a line hold at most ${MAX_RECORD_CHARACTERS} characters.`,
      cause,
    )
  }
  const [header = [], ...lines] = records
  if (records.length === MAX_CSV_LINES) {
    throw unusable(
      `Anchor directory has ${lines.length} rows or more; at most ${MAX_ROWS} are read.`,
    )
  }
  checkHeader(header)
  // A line with more cells than the header is shifted. It stays an array, which `normaliseRows` rejects as a row.
  return lines.map((cells) =>
    cells.length > header.length
      ? cells
      : Object.fromEntries(cells.map((cell, at) => [header[at] ?? '', cell])),
  )
}

// Spreadsheets of many countries write ";", because "," is their decimal sign.
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ','
}

function checkHeader(header: readonly string[]): void {
  if (header.length > MAX_COLUMNS) {
    throw unusable(
      `Anchor directory has ${header.length} columns; at most ${MAX_COLUMNS} are read.`,
    )
  }
  const seen = new Set<string>()
  for (const name of header.map((written) => written.toLowerCase().replace(/[\s-]+/g, '_'))) {
    if (FORBIDDEN_HEADERS.has(name)) {
      throw unusable(`Anchor directory has the column "${name}", which is not allowed.`)
    }
    if (name !== '' && seen.has(name)) {
      throw unusable(
        `Anchor directory has the column ${JSON.stringify(name.slice(0, 60))} twice; each name may stand once.`,
      )
    }
    seen.add(name)
  }
  if (!header.some(isDomainField)) {
    throw unusable(
      'Anchor directory is no CSV with a domain: one of the columns toml_file, home_domain, domain, website, url is needed.',
    )
  }
}

function namesDomain(row: unknown): boolean {
  return isRecord(row) && Object.keys(row).some(isDomainField)
}

function unavailable(what: string, reason: number | string, cause?: unknown): AppError {
  return new AppError('source_unavailable', `${what} unavailable (${reason})`, { cause })
}

function unusable(message: string, cause?: unknown): AppError {
  return new AppError('source_unusable', message, { cause })
}
