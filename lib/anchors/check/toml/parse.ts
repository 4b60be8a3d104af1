import { parse, TomlError } from 'smol-toml'

/** A table of a stellar.toml, or the whole of it. */
export type TomlFields = Record<string, unknown>

/** The fields of SEP-1 nest less deeply. smol-toml refuses deeper values instead of recursing into them. */
const MAX_TOML_DEPTH = 32

/** Reads a text by the rules of TOML 1.0. `reason` says where it breaks them. It never throws. */
export function parseToml(
  text: string,
): { ok: true; fields: TomlFields } | { ok: false; reason: string } {
  try {
    const fields = parse(text, {
      maxDepth: MAX_TOML_DEPTH,
      unsafeKeyBehaviour: 'drop',
      integersAsBigInt: 'asNeeded',
    })
    return { ok: true, fields }
  } catch (error) {
    if (!(error instanceof TomlError)) return { ok: false, reason: 'not readable as TOML' }
    const [sentence = ''] = error.message.replace('Invalid TOML document: ', '').split('\n')
    return { ok: false, reason: `${sentence} (line ${error.line}, column ${error.column})` }
  }
}

export function isTable(value: unknown): value is TomlFields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

export function tomlTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return isTable(value) ? 'table' : typeof value
}
