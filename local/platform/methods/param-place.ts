import { type Json, JsonNumber, type JsonObject, printJson } from '../json-body.ts'
import { internalError, type RpcError } from '../rpc-error.ts'

/** Where a value stands in the params: the path, and the place of its first character when they are printed without blanks. */
export interface Place {
  path: string
  at: number
}

export const ROOT: Place = { path: '$', at: 0 }

const lengthOf = (value: Json): number => printJson(value).length

/** The place of a field. The platform prints the params without their nulls before it reads them. */
export function placeIn({ path, at }: Place, owner: JsonObject, name: string, shown = name): Place {
  let length = 1
  for (const [key, value] of Object.entries(owner)) {
    if (key === name) break
    if (value !== null) length += lengthOf(key) + 1 + lengthOf(value) + 1
  }
  return { path: `${path}.${shown}`, at: at + length + lengthOf(name) + 1 }
}

/** The place of an entry of a list. */
export function placeAt({ path, at }: Place, list: readonly Json[], index: number): Place {
  const before = list.slice(0, index).reduce<number>((sum, one) => sum + lengthOf(one) + 1, 0)
  return { path: `${path}[${index}]`, at: at + 1 + before }
}

/** The refusal of Java's JSON reader. Its column is the one behind what it has read. */
export function wrongType(expected: string, value: Json, { path, at }: Place): RpcError {
  const column = at + readOf(value) + 1
  return internalError(
    `java.lang.IllegalStateException: Expected ${expected} but was ${tokenOf(value)} at line 1 column ${column} path ${path}`,
  )
}

/** How many characters of a value the reader takes to know what it is. */
function readOf(value: Json): number {
  const isWhole = typeof value === 'boolean' || value === null
  const isLong = value instanceof JsonNumber && /^-?\d{1,18}$/.test(value.source)
  return isWhole || isLong ? lengthOf(value) : 1
}

function tokenOf(value: Json): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return 'STRING'
  if (typeof value === 'boolean') return 'BOOLEAN'
  if (value instanceof JsonNumber) return 'NUMBER'
  return Array.isArray(value) ? 'BEGIN_ARRAY' : 'BEGIN_OBJECT'
}
