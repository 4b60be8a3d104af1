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
const MAX_RECORD_LENGTH = 65_536
// The parsed records may add up to 4 times the length of the text. Without this limit, records inside records would take
// time that grows with the square of the length.
const MAX_PARSED_TIMES = 4
const FLIGHT_CALL = 'self.__next_f.push([1,'

/**
 * Finds links and embedded data in a page, in time linear in its length. It reads the tokens one by one and builds no tree
 * of elements, because 200,000 nested elements take a tree builder 22 s.
 */
export async function readDirectoryPage(html: string): Promise<DirectoryPage> {
  const { Tokenizer } = await import('htmlparser2')
  const page: DirectoryPage = { links: [], nextData: '', flight: '', jsonScripts: [] }
  let tag = ''
  let attribute = ''
  let value = ''
  let attributes = new Map<string, string>()
  let script = ''
  const noop = () => {}

  const openTag = () => {
    const href = attributes.get('href')
    if ((tag === 'a' || tag === 'link') && href !== undefined && page.links.length < MAX_LINKS) {
      page.links.push(href)
    }
    script = ''
  }
  const closeScript = () => {
    if (tag !== 'script') return
    if (attributes.get('id') === '__NEXT_DATA__') page.nextData ||= script
    else if (attributes.get('type') === 'application/json') page.jsonScripts.push(script)
    else page.flight += readFlightCalls(script)
    tag = ''
  }

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        tag = html.slice(start, end).toLowerCase()
        attributes = new Map()
      },
      onattribname(start, end) {
        attribute = html.slice(start, end).toLowerCase()
        value = ''
      },
      onattribdata(start, end) {
        value += html.slice(start, end)
      },
      onattribentity(codePoint) {
        value += String.fromCodePoint(codePoint)
      },
      onattribend() {
        if (WANTED_ATTRIBUTES.has(attribute) && !attributes.has(attribute)) {
          attributes.set(attribute, value)
        }
      },
      onopentagend: openTag,
      onselfclosingtag: openTag,
      ontext(start, end) {
        if (tag === 'script') script += html.slice(start, end)
      },
      onclosetag: closeScript,
      onend: closeScript,
      ontextentity: noop,
      oncdata: noop,
      oncomment: noop,
      ondeclaration: noop,
      onprocessinginstruction: noop,
    },
  )
  tokenizer.write(html)
  tokenizer.end()
  return page
}

const WANTED_ATTRIBUTES = new Set(['href', 'id', 'type'])

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
