import { isJsonObject } from '../lossless-json.ts'
import { nearestNames } from '../nearest.ts'
import type { RpcMethod } from './methods.ts'
import { paramFields } from './params.ts'

/** A param that no release of the platform reads, with the known param that may be meant. */
export interface UnknownParam {
  param: string
  nearest: string | null
  message: string
}

const MOST = 10

/**
 * The params of an update that its method does not have, also inside amounts, fees and refunds. The platform ignores them,
 * so a mistyped name loses its value without a word.
 *
 * @param alsoKnown names that are read before the platform sees the params
 */
export function unknownParams(
  { params: known }: RpcMethod,
  params: object,
  alsoKnown: readonly string[],
): UnknownParam[] {
  const found: UnknownParam[] = []
  look(params, [...Object.keys(known), ...alsoKnown], '', found)
  for (const [name, { type }] of Object.entries(known)) {
    const value = (params as Record<string, unknown>)[name]
    const fields = paramFields(type)
    if (fields !== null && isJsonObject(value)) lookDeep(value, fields, `${name}.`, found)
  }
  return found.slice(0, MOST)
}

type Fields = NonNullable<ReturnType<typeof paramFields>>

function lookDeep(value: object, fields: Fields, path: string, found: UnknownParam[]): void {
  look(value, Object.keys(fields), path, found)
  for (const [name, inner] of Object.entries(fields)) {
    const entry = (value as Record<string, unknown>)[name]
    if (inner === null) continue
    const entries = Array.isArray(entry) ? entry : [entry]
    for (const [index, one] of entries.entries()) {
      const at = Array.isArray(entry) ? `${path}${name}[${index}].` : `${path}${name}.`
      if (isJsonObject(one)) look(one, inner, at, found)
    }
  }
}

function look(value: object, known: readonly string[], path: string, found: UnknownParam[]): void {
  for (const [name, entry] of Object.entries(value)) {
    if (found.length >= MOST) return
    if (entry === null || known.includes(name)) continue
    const [near] = nearestNames(name, known, 1)
    const nearest = near === undefined ? null : path + near
    const param = `${path}${name.slice(0, 80).toWellFormed()}`
    const hint = nearest === null ? '' : `; the nearest known param is ${nearest}`
    found.push({ param, nearest, message: `${param} is not a param of this method${hint}` })
  }
}
