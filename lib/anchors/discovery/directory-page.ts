import { endOfString, isFollowedByColon, parseSafeJson } from '../../safe-json.ts'
import { isDomainField, isNameField } from './directory-row.ts'

/** What a directory's home page holds that may lead to anchors. */
export interface DirectoryPage {
  /** Values of `href` on `a` and `link`, as written. */
  links: string[]
  /** Text of `<script id="__NEXT_DATA__">` (Next.js Pages Router); empty when there is none. */
  nextData: string
  /** App Router flight data, the strings given to `self.__next_f.push` in their order. */
  flight: string
  /** Texts of the other `<script type="application/json">`. */
  jsonScripts: string[]
}

const MAX_LINKS = 2_000
const MAX_RECORD_LENGTH = 65_536
// Text is parsed at most this many times over: records inside records would otherwise cost the square of the page.
const MAX_PARSED_TIMES = 4
const FLIGHT_CALL = 'self.__next_f.push([1,'

/**
 * Finds links and embedded data in a page, in time linear in its length: the tokens are read one by one and no tree of
 * elements is built (200,000 nested elements take a tree builder 22 s).
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
    flight += readLiteral(script.slice(call, end + 1))
    call = end
  }
  return flight
}

function readLiteral(literal: string): string {
  try {
    return JSON.parse(literal)
  } catch {
    // No string JSON knows: this chunk is lost, the others are not.
    return ''
  }
}

/**
 * The objects in a text that look like anchors: they have a name and one of toml_file, home_domain, domain, website or
 * url. The text may be JSON, flight data or both mixed with other things; what cannot be read is passed over.
 * At most `limit` are given, each once. Takes time linear in the text.
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
      // JSON strings hold no line ends: this quote stood in prose, and the braces before it open no objects.
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
      const record = readRecord(json)
      if (record !== undefined) records.set(json, record)
    }
  }
  return [...records.values()]
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function readRecord(json: string): Record<string, unknown> | undefined {
  try {
    return parseSafeJson(json) as Record<string, unknown>
  } catch {
    return undefined
  }
}
