import { AppError } from '../../errors.ts'
import { endOfString, isFollowedByColon, safeJsonOrNull } from '../../safe-json.ts'
import { isDomainField, isNameField } from './row-fields.ts'

/** The parts of a directory's home page that may lead to anchors. */
export interface DirectoryPage {
  /** The values of `href` on `a` and `link`, as written. */
  links: string[]
  /** The text of `<script id="__NEXT_DATA__">` (Next.js Pages Router), or empty. */
  nextData: string
  /** App Router flight data: the strings passed to `self.__next_f.push`, joined in their order. */
  flight: string
  /** The texts of the other `<script type="application/json">`. */
  jsonScripts: string[]
}

const MAX_LINKS = 2_000
const MAX_DEPTH = 10_000
const VOID_ELEMENTS = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
)
const MAX_RECORD_LENGTH = 65_536
// The parsed records may add up to 4 times the length of the text. Without this limit, records inside records would take
// time that grows with the square of the length.
const MAX_PARSED_TIMES = 4
const FLIGHT_CALL = 'self.__next_f.push([1,'

/**
 * Finds links and embedded data in a page.
 *
 * @throws AppError `source_unusable` for a page with more than 10,000 elements inside each other
 */
export async function readDirectoryPage(html: string): Promise<DirectoryPage> {
  // The reader takes time that grows with the square of the depth: 25 s for 200,000 elements, 60 ms for 10,000.
  if (isTooDeep(html)) {
    throw new AppError(
      'source_unusable',
      `Anchor directory home cannot be read: its HTML has more than ${MAX_DEPTH} elements inside each other; at most ${MAX_DEPTH} are read.`,
    )
  }
  // The slim build loads in a third of the time of the full one.
  const { load } = await import('cheerio/slim')
  const $ = load(html)
  const page: DirectoryPage = { links: [], nextData: '', flight: '', jsonScripts: [] }
  page.links = [...$('a[href], link[href]').slice(0, MAX_LINKS)].map(
    (element) => element.attribs['href'] ?? '',
  )
  for (const element of $('script')) {
    const { id, type } = element.attribs
    const script = $(element).text()
    if (id === '__NEXT_DATA__') page.nextData ||= script
    else if (type === 'application/json') page.jsonScripts.push(script)
    else page.flight += readFlightCalls(script)
  }
  return page
}

/** Counts an element as open until a tag closes one of its name, so no page is deeper than it seems here. */
function isTooDeep(html: string): boolean {
  const open = new Map<string, number>()
  let depth = 0
  for (const [, slash, written = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    const name = written.toLowerCase()
    if (VOID_ELEMENTS.has(name)) continue
    const others = open.get(name) ?? 0
    if (slash === '') {
      open.set(name, others + 1)
      depth += 1
      if (depth > MAX_DEPTH) return true
    } else if (others > 0) {
      open.set(name, others - 1)
      depth -= 1
    }
  }
  return false
}

function readFlightCalls(script: string): string {
  let flight = ''
  for (
    let call = script.indexOf(FLIGHT_CALL);
    call !== -1;
    call = script.indexOf(FLIGHT_CALL, call)
  ) {
    call += FLIGHT_CALL.length
    while (script.charCodeAt(call) === 0x20) call += 1
    if (script[call] !== '"') continue
    const end = endOfString(script, call)
    if (end === -1) break
    // A literal that is not JSON loses its own chunk, and the other chunks stay.
    flight += safeJsonOrNull(script.slice(call, end + 1)) ?? ''
    call = end
  }
  return flight
}

/**
 * Finds the objects in a text that look like anchors: they have a name and one of toml_file, home_domain, domain, website
 * or url. The text may be JSON or flight data, mixed with other text; an unreadable object is left out.
 * Returns at most `limit` objects, each once, in time linear in the text.
 */
export function findAnchorRecords(text: string, limit: number): Record<string, unknown>[] {
  const records = new Map<string, Record<string, unknown>>()
  const open: { start: number; hasName: boolean; hasDomain: boolean }[] = []
  let lineEnd = -1
  let mayParse = text.length * MAX_PARSED_TIMES
  for (let at = 0; at < text.length && records.size < limit; at += 1) {
    const character = text[at]
    if (character === '{') {
      open.push({ start: at, hasName: false, hasDomain: false })
    } else if (character === '"') {
      if (lineEnd < at) lineEnd = endOfLine(text, at)
      const end = endOfString(text, at, lineEnd)
      // A JSON string contains no line end. This quote is part of prose, so the braces before it open no objects.
      if (end === -1) {
        open.length = 0
        at = lineEnd
        continue
      }
      const object = open.at(-1)
      if (object !== undefined && end - at < 40 && isFollowedByColon(text, end)) {
        const key = text.slice(at + 1, end)
        object.hasName ||= isNameField(key)
        object.hasDomain ||= isDomainField(key)
      }
      at = end
    } else if (character === '}') {
      const object = open.pop()
      if (!object?.hasName || !object.hasDomain) continue
      const length = at + 1 - object.start
      if (length > MAX_RECORD_LENGTH || length > mayParse) continue
      mayParse -= length
      const json = text.slice(object.start, at + 1)
      const record = safeJsonOrNull(json)
      if (record !== null) records.set(json, record as Record<string, unknown>)
    }
  }
  return [...records.values()]
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}
