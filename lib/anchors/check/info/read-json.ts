import { isJsonNumber, isJsonObject, readJsonKeepingDigits } from '../../../lossless-json.ts'
import { excessOf } from '../../../safe-json.ts'
import { textOf } from '../../../text-of.ts'
import { beginningOf, type Finding, type FindingCode, finding } from '../finding.ts'
import { removePlaces, repeatedKeys } from './repeated-keys.ts'

/** A real `/info` nests 6 levels. Readers in other languages overflow their stack on what a hostile one may send. */
const MAX_LEVELS = 32
/** 100 assets with 15 members in each of the five maps have 7,500 values. A list of 250,000 numbers takes 0.4 s to read. */
const MAX_VALUES = 30_000
/** As many findings of one code as a check stores. A hostile answer of 128 KB holds 12,000 faults. */
const MAX_FINDINGS_PER_CODE = 10

/** Collects what is wrong with one answer. */
export interface Recorder {
  /** Against the SEP: the protocol stays `reachable`. */
  fault(code: FindingCode, field: string, actual?: unknown): void
  /** Worth telling, and no fault: the step does not depend on it. */
  note(code: FindingCode, field: string, actual?: unknown): void
  /** A note that would be said of every asset: only the first is kept. */
  noteOnce(code: FindingCode, field: string): void
  readonly findings: Finding[]
  readonly isFaulty: boolean
}

export function createRecorder(sep: number): Recorder {
  const findings: Finding[] = []
  const counts = new Map<FindingCode, number>()
  let isFaulty = false
  const note: Recorder['note'] = (code, field, actual) => {
    const count = counts.get(code) ?? 0
    counts.set(code, count + 1)
    if (count < MAX_FINDINGS_PER_CODE) findings.push(finding(code, { sep, field, actual }))
  }
  return {
    findings,
    note,
    noteOnce: (code, field) => {
      if (!counts.has(code)) note(code, field)
    },
    fault: (...about) => {
      isFaulty = true
      note(...about)
    },
    get isFaulty() {
      return isFaulty
    },
  }
}

/** Why a text holds no JSON object; `code` ends the code of the finding. */
export type Unreadable = 'html' | 'not_json' | 'too_deep' | 'too_large' | 'shape'

/**
 * Reads a JSON object of a stranger; numbers keep their digits. It never throws and takes linear time.
 *
 * @returns `repeated` names what was left out of `value`, because a key stands twice there
 */
export function readObject(
  text: string,
):
  | { value: Record<string, unknown>; repeated: string[] }
  | { unreadable: Unreadable; actual: string } {
  const body = text.replace(/^\uFEFF/, '').trimStart()
  const refuse = (unreadable: Unreadable) => ({ unreadable, actual: beginningOf(body) })
  if (body.startsWith('<')) return refuse('html')
  const excess = excessOf(body, { levels: MAX_LEVELS, values: MAX_VALUES })
  if (excess !== null) return refuse(excess === 'levels' ? 'too_deep' : 'too_large')
  const value = readJsonKeepingDigits(body)
  if (value === undefined) return refuse('not_json')
  if (!isJsonObject(value)) return refuse('shape')
  const places = repeatedKeys(body)
  removePlaces(value, places)
  return { value, repeated: places.map((place) => place.join('.')) }
}

/** The type of a value, as a finding shows it. */
export function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (isJsonNumber(value)) return 'number'
  return value === null ? 'null' : typeof value
}

/** A value for a finding, without calling a method of it: a stranger's object may have its own `toString`. */
export function shownValue(value: unknown): string {
  if (isJsonNumber(value)) return value.rawJSON
  return typeof value === 'object' && value !== null ? typeName(value) : textOf(value)
}

/** Whether a member is absent. Serialisers of some servers write null for what is not set. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
