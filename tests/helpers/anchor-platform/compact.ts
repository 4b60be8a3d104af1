import { readFileSync } from 'node:fs'

export type Json = Record<string, unknown>

/** A document as its difference from another: the fields that differ, and under `-` the names of those that are gone. */
export type Difference = Json & { '-'?: string }

const FOLDER = new URL('../../fixtures/anchor-platform/', import.meta.url)

/** Reads a fixture; a long text that it uses often stands there once, in `names`, and as «name» elsewhere. */
export function readCompact<T>(file: string): T {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  const { names } = JSON.parse(text) as { names: Record<string, string> }
  return JSON.parse(
    text.replaceAll(/«(\w+)»/g, (_, name) => names[name] ?? name),
    keepDigits,
  ) as T
}

// TypeScript does not describe it yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** Keeps a number such as 12345678901234567890, which a JavaScript number cannot hold, as it was written. */
function keepDigits(_: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  const isExact = typeof value !== 'number' || String(value) === source || /e/i.test(source)
  return isExact ? value : rawJSON(source)
}

/** @param order the server's order of the fields: a difference is written in no order of its own */
export function applyDifference(
  before: Json,
  difference: Difference,
  order: readonly string[],
): Json {
  const { '-': gone = '', ...changed } = difference
  const fields = Object.entries({ ...before, ...changed })
  const left = fields.filter(([field]) => !gone.split(' ').includes(field))
  return Object.fromEntries(left.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)))
}
