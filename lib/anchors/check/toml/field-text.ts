import { type FindingCode, printable } from '../finding.ts'
import type { Unusable } from './fields.ts'
import { type TomlFields, tomlTypeName } from './parse.ts'

export type Note = (code: FindingCode, field: string, actual?: unknown) => void

/** What the reading of one file collects. */
export interface Reader {
  fields: TomlFields
  note: Note
  /** Fields that are there and give no value. */
  unusable: Map<string, Unusable>
}

/** What stands for a byte that is not UTF-8. No field needs it. */
const REPLACED = '\uFFFD'
const MAX_PLACEHOLDER_CHARACTERS = 1_024
const PLACEHOLDER =
  /\{\{|\}\}|\$\{|<[^<>]*>|\.\.\.|…|\byour[-_ .]|change[-_ ]?me|replace[-_ ](?:me|with)|(?<![\w-])(?:domain\.com|example\.(?:com|org|net))\b/i

export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text.slice(0, MAX_PLACEHOLDER_CHARACTERS))
}

/** Reads a field that holds a text, without the spaces around it. Undefined where it is absent or gives no value. */
export function readText({ fields, note, unusable }: Reader, field: string): string | undefined {
  if (!Object.hasOwn(fields, field)) return undefined
  const value = fields[field]
  if (typeof value !== 'string') {
    note('field_wrong_type', field, tomlTypeName(value))
    unusable.set(field, 'wrong_type')
    return undefined
  }
  const text = value.trim()
  if (text === '') {
    note('field_empty', field)
    unusable.set(field, 'empty')
    return undefined
  }
  if (text.includes(REPLACED)) {
    note('field_unreadable', field, text)
    unusable.set(field, 'unreadable')
    return undefined
  }
  if (text !== value) note('field_blanks', field, value)
  if (isPlaceholder(text)) note('placeholder_value', field, text)
  return text
}

/** A text of a stranger that is not compared with anything, or undefined. */
export function readName(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.includes(REPLACED)) return undefined
  return printable(value.trim().normalize('NFC')) || undefined
}

/** A value for a finding: a text as it is, and of anything else its type. */
export function textOrType(value: unknown): string {
  return typeof value === 'string' ? value : tomlTypeName(value)
}
