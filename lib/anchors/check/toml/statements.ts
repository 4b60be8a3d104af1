/** One `KEY = value` of a text that is not valid TOML. `key` is null for a line that is none. */
export interface Statement {
  key: string | null
  /** Null for an array that is never closed, and for a statement whose line also names a section. */
  text: string | null
  /** Counted from 1. */
  line: number
}

export interface Section {
  /** `other`: a section that is not read, and everything below a header that is not well formed. */
  kind: 'top' | 'currency' | 'documentation' | 'other'
  /** The name in the header; empty where it is not readable, and for `top`. */
  name: string
  /** Whether the header has double brackets. */
  isArray: boolean
  statements: Statement[]
}

export interface CutText {
  sections: Section[]
  /** Arrays, tables and texts of several lines that are never closed. */
  unclosed: Statement[]
  /** The characters that were looked at one by one. */
  steps: number
}

const KEY = /^[ \t]*(?:([A-Za-z0-9_-]+)|"([^"\\]*)"|'([^']*)')[ \t]*=/
/** The name of a section of SEP-1 at a bracket, and one on a line of its own. */
const BRACKETED_NAME =
  /\[[ \t]{0,8}(?:DOCUMENTATION|PRINCIPALS|CURRENCIES|VALIDATORS)|(?:DOCUMENTATION|PRINCIPALS|CURRENCIES|VALIDATORS)[ \t]{0,8}\]/
const NAME_ALONE = /^[^A-Za-z]*(?:DOCUMENTATION|PRINCIPALS|CURRENCIES|VALIDATORS)[^A-Za-z]*$/
const THREE_QUOTES = /"""|'''/
/** What is left of three quotes of which one is gone, and what a word processor makes of them. */
const MAY_HAVE_BEGUN_A_TEXT = /""|''|[“”„‘’]/
const LONGEST_HEADER = 64

/**
 * Cuts a text that is not valid TOML into sections and statements, and looks at each character once. What is doubtful is
 * left out: a damaged header opens a section that nobody reads, because the lines below it would count to the section above.
 */
export function cutStatements(text: string): CutText {
  const cutter = new Cutter(linesOf(text))
  return cutter.cut()
}

/** A line, and what was read above it. */
interface Place {
  index: number
  sections: number
  statements: number
}

interface Open {
  statement: Statement
  /** The index of its first line. */
  from: number
  scan: Scan
}

class Cutter {
  readonly #lines: string[]
  readonly #top: Section = { kind: 'top', name: '', isArray: false, statements: [] }
  readonly #result: CutText = { sections: [this.#top], unclosed: [], steps: 0 }
  #section = this.#top
  /** The array, table or text of several lines that the next line goes on with. */
  #open: Open | null = null
  /** Where the first text of several lines begins. */
  #firstText: Place | null = null
  /** The first line that may be the damaged beginning of such a text. */
  #firstDoubt: Place | null = null

  constructor(lines: string[]) {
    this.#lines = lines
  }

  cut(): CutText {
    for (const [index, line] of this.#lines.entries()) {
      const isCertain = this.#open === null ? this.#begin(line, index) : this.#goOn(line, index)
      if (!isCertain) return this.#cutAt(this.#firstText ?? this.#firstDoubt ?? this.#place(index))
    }
    if (this.#firstText !== null && this.#open?.scan.quote) return this.#cutAt(this.#firstText)
    this.#endUnclosed()
    return this.#result
  }

  /** Reads a line on which nothing is open. False when its quotes belong to a text whose beginning or end is damaged. */
  #begin(line: string, index: number): boolean {
    if (/^[ \t]*(?:#|$)/.test(line)) return !THREE_QUOTES.test(line)
    if (MAY_HAVE_BEGUN_A_TEXT.test(line)) this.#firstDoubt ??= this.#place(index)
    const [matched = '', bare, basic, literal] = KEY.exec(line) ?? []
    const key = bare ?? basic ?? literal ?? null
    const header = readHeader(line)
    if (header !== null) {
      if (key !== null) this.#section.statements.push({ key, text: null, line: index + 1 })
      this.#openSection(header)
      return header.name !== '' || !THREE_QUOTES.test(line)
    }
    const statement = { key, text: line, line: index + 1 }
    if (key === null) {
      this.#section.statements.push(statement)
      return !THREE_QUOTES.test(line)
    }
    const scan = newScan()
    this.#open = { statement, from: index, scan }
    scanValue(line, matched.length, scan)
    this.#markFirstText(this.#open)
    return this.#endIfWhole(index)
  }

  #goOn(line: string, index: number): boolean {
    const open = this.#open
    if (open === null) return true
    const { scan } = open
    const isCutOff = readHeader(line) !== null || (scan.curly <= 0 && KEY.test(line))
    if (scan.quote === null && isCutOff) {
      this.#endUnclosed()
      return this.#begin(line, index)
    }
    scanValue(line, 0, scan)
    this.#markFirstText(open)
    return this.#endIfWhole(index)
  }

  #endIfWhole(index: number): boolean {
    if (this.#open === null) return true
    const { statement, from, scan } = this.#open
    if (scan.isLost) return false
    if (isOpen(scan)) return true
    this.#result.steps += scan.steps
    const text = this.#lines.slice(from, index + 1).join('\n')
    this.#section.statements.push({ ...statement, text })
    this.#end(scan)
    return true
  }

  #endUnclosed(): void {
    if (this.#open === null) return
    const { statement, scan } = this.#open
    this.#result.steps += scan.steps
    this.#section.statements.push({ ...statement, text: null })
    this.#result.unclosed.push(statement)
    this.#end(scan)
  }

  #end(scan: Scan): void {
    this.#open = null
    if (scan.swallowsHeader) this.#openSection({ kind: 'other', name: '', isArray: false })
  }

  #openSection(header: Omit<Section, 'statements'>): void {
    this.#section = { ...header, statements: [] }
    this.#result.sections.push(this.#section)
  }

  #markFirstText({ from, scan }: Open): void {
    if (scan.quote !== null && !scan.isLost) this.#firstText ??= this.#place(from)
  }

  #place(index: number): Place {
    const statements = this.#section.statements.length
    return { index, sections: this.#result.sections.length, statements }
  }

  /**
   * A text of several lines whose beginning or end is damaged may hold any line below its beginning. So only what stands
   * above the first place where such a text may begin is certain, and of that nothing that the rest gives again.
   */
  #cutAt(place: Place): CutText {
    const sections = this.#result.sections.slice(0, place.sections)
    const last = sections.at(-1)
    if (last !== undefined) {
      last.statements.splice(place.statements)
      if (last.kind === 'currency') last.kind = 'other'
    }
    const rest = this.#lines.slice(place.index).flatMap((line, index): Statement[] => {
      const [, bare, basic, literal] = KEY.exec(line) ?? []
      const key = bare ?? basic ?? literal ?? null
      return key === null ? [] : [{ key, text: null, line: place.index + index + 1 }]
    })
    for (const statement of rest) this.#top.statements.push(statement)
    const line = place.index + 1
    const key = rest[0]?.line === line ? rest[0].key : null
    const unclosed = [...this.#result.unclosed, { key, text: null, line }]
    return { sections, unclosed, steps: this.#result.steps }
  }
}

/** A carriage return ends a line only in a file that has no line feed. Else it may stand inside a damaged text. */
function linesOf(text: string): string[] {
  if (!text.includes('\n')) return text.split('\r')
  return text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

/** A header, or a line that looks like a damaged one. Null for every other line. */
function readHeader(line: string): Omit<Section, 'statements'> | null {
  const bare = line.trim()
  if (bare.startsWith('#')) return null
  const comment = bare.indexOf('#')
  const head = (comment === -1 ? bare : bare.slice(0, comment)).trimEnd()
  const isArray = head.startsWith('[[') && head.endsWith(']]')
  const isHeader = isArray || (/^\[[^[]/.test(head) && /[^\]]\]$/.test(head))
  const name = (isArray ? head.slice(2, -2) : head.slice(1, -1)).trim()
  if (isHeader && head.length <= LONGEST_HEADER && !/[[\]"']/.test(name)) {
    if (name === 'CURRENCIES') return { kind: 'currency', name, isArray }
    if (name === 'DOCUMENTATION') return { kind: 'documentation', name, isArray }
    return { kind: 'other', name, isArray }
  }
  const isDamaged = bare.startsWith('[') || BRACKETED_NAME.test(bare) || NAME_ALONE.test(bare)
  return isDamaged ? { kind: 'other', name: '', isArray: false } : null
}

/** Where a scan of a value stands at the end of a line. */
interface Scan {
  square: number
  curly: number
  quote: '"""' | "'''" | null
  /** Whether a value may begin here: after `=`, a bracket or a comma. */
  expectsValue: boolean
  /** A text of several lines begins where no value may begin. So its quotes may as well be the end of a damaged one. */
  isLost: boolean
  /** A bracket opens where no value may begin: the header of the next line, joined to this one. */
  swallowsHeader: boolean
  steps: number
}

function newScan(): Scan {
  const nothing = { square: 0, curly: 0, quote: null, steps: 0 }
  return { ...nothing, expectsValue: true, isLost: false, swallowsHeader: false }
}

function isOpen({ square, curly, quote }: Scan): boolean {
  return square > 0 || curly > 0 || quote !== null
}

/** Scans one line of a value. A text of one line ends with its line, whatever it holds. */
function scanValue(line: string, from: number, scan: Scan): void {
  let at = from
  while (at < line.length) {
    const before = at
    at = scan.quote === null ? stepOutside(line, at, scan) : stepInText(line, at, scan)
    scan.steps += at - before
  }
}

function stepInText(line: string, at: number, scan: Scan): number {
  if (scan.quote === '"""' && line[at] === '\\') return at + 2
  if (scan.quote === null || !line.startsWith(scan.quote, at)) return at + 1
  scan.quote = null
  // A text may end with one or two quotes of its own.
  let end = at + 3
  while (end < at + 5 && line[end] === line[at]) end += 1
  return end
}

function stepOutside(line: string, at: number, scan: Scan): number {
  const character = line[at]
  if (line.startsWith('"""', at) || line.startsWith("'''", at)) {
    if (!scan.expectsValue) scan.isLost = true
    scan.quote = character === '"' ? '"""' : "'''"
    scan.expectsValue = false
    return at + 3
  }
  if (character === '#') return line.length
  if (character === ' ' || character === '\t') return at + 1
  if (character === '"' || character === "'") {
    scan.expectsValue = false
    return endOfText(line, at)
  }
  if (character === '[' && !scan.expectsValue) scan.swallowsHeader ||= scan.square <= 0
  if (character === '[') scan.square += 1
  else if (character === ']') scan.square -= 1
  else if (character === '{') scan.curly += 1
  else if (character === '}') scan.curly -= 1
  scan.expectsValue =
    character === '[' || character === '{' || character === ',' || character === '='
  return at + 1
}

function endOfText(line: string, start: number): number {
  const quote = line[start]
  let at = start + 1
  while (at < line.length && line[at] !== quote) at += quote === '"' && line[at] === '\\' ? 2 : 1
  return at + 1
}
