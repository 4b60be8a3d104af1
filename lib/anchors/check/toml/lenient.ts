import { isAccountId, isContractId } from '../../../stellar/account-id.ts'
import { type Finding, finding } from '../finding.ts'
import { DOCUMENTATION_FIELDS, IDENTITY_FIELDS, sepOf, type Unusable } from './fields.ts'
import { isTable, parseToml, type TomlFields } from './parse.ts'
import { type CutText, cutStatements, type Section, type Statement } from './statements.ts'

/** What is certain in a text that is not valid TOML. */
export interface LenientReading {
  /** As a strict reading gives them. */
  fields: TomlFields
  /** Top-level fields that are there and give no value. */
  unusable: Map<string, Unusable>
  /** Every key above the first header, also those that nobody reads. */
  topKeys: string[]
  /** Fields below a header that belong above it, with the name of the section. */
  misplaced: { field: string; section: string }[]
  findings: Finding[]
  /** Characters that were looked at one by one, and characters that were given to the TOML parser. */
  steps: number
}

const WANTED: Record<Section['kind'], ReadonlySet<string>> = {
  top: new Set([...IDENTITY_FIELDS, 'ACCOUNTS', 'CURRENCIES', 'DOCUMENTATION']),
  currency: new Set([
    ...['code', 'issuer', 'contract', 'code_template', 'toml'],
    ...['is_asset_anchored', 'anchor_asset_type', 'anchor_asset'],
  ]),
  documentation: new Set(DOCUMENTATION_FIELDS),
  other: new Set(),
}
const MAX_CURRENCIES = 500
/** A fault costs about 10 µs. Of a text with more of them nothing is believed. */
const MAX_FAULTS = 1_000

/**
 * Reads a text that is not valid TOML statement by statement. A key that is given twice with different values, or once
 * readable and once not, gives no value. A currency counts only whole. It never throws and takes linear time.
 *
 * @returns null when nothing is certain
 */
export function readLeniently(text: string): LenientReading | null {
  const cut = cutStatements(text)
  const work = { faults: 0, steps: cut.steps }
  const reading: LenientReading = {
    fields: {},
    unusable: new Map(),
    topKeys: [],
    misplaced: [],
    findings: [...noteShape(cut, text)],
    steps: 0,
  }
  const currencies: unknown[] = []
  const documentations: unknown[] = []
  let index = 0
  for (const section of cut.sections) {
    noteMisplaced(section, reading)
    if (section.kind === 'other') continue
    const read = readSection(section, WANTED[section.kind], work)
    if (work.faults > MAX_FAULTS) return null
    if (section.kind === 'top') {
      takeTop(section, read, reading, { currencies, documentations })
    } else if (section.kind === 'documentation') {
      noteKeys(read, 'DOCUMENTATION.', reading)
      documentations.push(Object.fromEntries(read.values))
    } else {
      const field = `CURRENCIES[${index}]`
      index += 1
      noteKeys(read, `${field}.`, reading)
      if (currencies.length >= MAX_CURRENCIES) continue
      if (isWholeCurrency(read)) currencies.push(wholeCurrency(read))
      else reading.findings.push(finding('currency_incomplete', { field }))
    }
  }
  if (currencies.length > 0) reading.fields['CURRENCIES'] = currencies
  if (documentations.length === 1) reading.fields['DOCUMENTATION'] = documentations[0]
  reading.steps = work.steps
  return Object.keys(reading.fields).length === 0 ? null : reading
}

interface SectionReading {
  values: Map<string, unknown>
  /** Keys that are there and give no value. */
  dropped: Map<string, 'unreadable' | 'conflict'>
  /** Keys that are given more than once with one value. */
  repeated: Set<string>
  /** Whether a line that cannot be read may be, or hold, a key of a currency. */
  hasStrayLine: boolean
}

function readSection(
  section: Section,
  wanted: ReadonlySet<string>,
  work: { faults: number; steps: number },
): SectionReading {
  const values = new Map<string, unknown>()
  const dropped: SectionReading['dropped'] = new Map()
  const repeated = new Set<string>()
  let hasStrayLine = false
  let before: Statement | undefined
  for (const statement of section.statements) {
    const key = statement.key ?? keyMeantBy(statement.text ?? '')
    hasStrayLine ||= statement.key === null || hidesAnotherKey(statement, wanted, work)
    const isCut = isBeginningOfKey(before)
    before = statement
    if (key === null || !wanted.has(key) || dropped.get(key) === 'conflict') continue
    const value = statement.key === null || isCut ? undefined : readStatement(statement, work)
    const isRepeated = values.has(key) || dropped.has(key)
    if (value === undefined) {
      work.faults += 1
      dropped.set(key, values.has(key) ? 'conflict' : 'unreadable')
    } else if (!isRepeated) values.set(key, value)
    else if (values.has(key) && isSame(values.get(key), value)) repeated.add(key)
    else dropped.set(key, 'conflict')
  }
  for (const key of dropped.keys()) values.delete(key)
  return { values, dropped, repeated, hasStrayLine }
}

function readStatement({ key, text }: Statement, work: { steps: number }): unknown {
  if (text === null || key === null) return undefined
  work.steps += text.length
  const parsed = parseToml(text)
  return parsed.ok && Object.hasOwn(parsed.fields, key) ? parsed.fields[key] : undefined
}

/**
 * A statement that nobody reads may have swallowed the next one, as `decimals = 7is_asset_anchored = false`, or be a damaged
 * one, as `anchor_as=set = "USD"`.
 */
function hidesAnotherKey(
  { key, text }: Statement,
  wanted: ReadonlySet<string>,
  work: { faults: number; steps: number },
): boolean {
  if (key === null || wanted.has(key) || wanted !== WANTED.currency) return false
  if (text === null) return false
  const isBeginning = [...wanted].some((other) => other.startsWith(key))
  if (!isBeginning && !/asset|issuer/.test(text)) return false
  work.steps += text.length
  const isReadable = parseToml(text).ok
  if (!isReadable) work.faults += 1
  return !isReadable
}

/** The first word of a line that is no statement and no comment of another language. */
function keyMeantBy(line: string): string | null {
  if (/^[ \t]*(?:\/\/|\/\*|\*|;|--|<!--)/.test(line)) return null
  return /^[^A-Za-z0-9_]{0,20}([A-Za-z0-9_]{1,40})/.exec(line)?.[1] ?? null
}

/** `URI_REQUEST_` on a line of its own turns the `SIGNING_KEY` of the next line into another key. */
function isBeginningOfKey(before: Statement | undefined): boolean {
  return (
    before?.key === null && /^[ \t]*[A-Za-z][A-Za-z0-9_-]{0,60}_[ \t]*$/.test(before.text ?? '')
  )
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, textOfBigInt) === JSON.stringify(b, textOfBigInt)
}

function textOfBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/**
 * Half a currency would claim what the file does not say: the line that cannot be read may hold the issuer, or take the
 * asset for another one than XLM.
 */
function isWholeCurrency({ values, dropped, hasStrayLine }: SectionReading): boolean {
  if (['code', 'issuer', 'contract'].some((key) => dropped.has(key))) return false
  if (values.has('issuer') || values.has('contract')) {
    const isNamed = isAccountId(values.get('issuer')) || isContractId(values.get('contract'))
    return values.has('code') && isNamed
  }
  const code = values.get('code')
  return (code === 'native' || code === 'XLM') && !hasStrayLine
}

const ANCHORING = ['is_asset_anchored', 'anchor_asset_type', 'anchor_asset']

/** What an asset stands for counts whole too: a lost `is_asset_anchored = false` would turn it around. */
function wholeCurrency({ values, dropped, hasStrayLine }: SectionReading): TomlFields {
  const isDoubtful = hasStrayLine || ANCHORING.some((key) => dropped.has(key))
  return Object.fromEntries([...values].filter(([key]) => !isDoubtful || !ANCHORING.includes(key)))
}

function takeTop(
  section: Section,
  read: SectionReading,
  reading: LenientReading,
  tables: { currencies: unknown[]; documentations: unknown[] },
): void {
  noteKeys(read, '', reading)
  reading.topKeys = section.statements.flatMap(({ key }) => (key === null ? [] : [key]))
  for (const [key, why] of read.dropped) reading.unusable.set(key, why)
  for (const [key, value] of read.values) {
    if (key === 'CURRENCIES' && Array.isArray(value)) {
      tables.currencies.push(...value.filter(isTable).slice(0, MAX_CURRENCIES))
    } else if (key === 'DOCUMENTATION') tables.documentations.push(value)
    else reading.fields[key] = value
  }
}

function noteShape({ sections, unclosed }: CutText, text: string): Finding[] {
  const headers = sections.filter(({ kind, isArray }) =>
    kind === 'currency' ? !isArray : kind === 'documentation' && isArray,
  )
  return [
    ...(text.includes('\r') && !text.includes('\n') ? [finding('toml_line_ends')] : []),
    ...unclosed.map(({ key, line }) =>
      finding('toml_unclosed', {
        ...(key === null ? {} : { field: key, sep: sepOf(key) }),
        actual: `line ${line}`,
      }),
    ),
    ...headers.map(({ name }) => finding('toml_header', { field: name })),
  ]
}

function noteKeys(read: SectionReading, prefix: string, { findings }: LenientReading): void {
  for (const [key, why] of read.dropped) {
    const code = why === 'conflict' ? 'toml_conflict' : 'field_unreadable'
    findings.push(finding(code, { field: prefix + key, sep: sepOf(key) }))
  }
  for (const key of read.repeated) {
    if (read.dropped.has(key)) continue
    findings.push(finding('toml_duplicate_key', { field: prefix + key, sep: sepOf(key) }))
  }
}

function noteMisplaced({ kind, name, statements }: Section, { misplaced }: LenientReading): void {
  if (kind === 'top') return
  for (const { key } of statements) {
    if (key !== null && IDENTITY_FIELDS.has(key)) misplaced.push({ field: key, section: name })
  }
}
