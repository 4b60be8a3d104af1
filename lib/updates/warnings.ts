import { isJsonObject } from '../lossless-json.ts'
import { isUpdateMethod, type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import { type UnknownParam, unknownParams } from '../platform/unknown-params.ts'
import { takeForce } from './force.ts'
import type { RequestedUpdate } from './submit.ts'

/** The params of an update that its method does not have. `force` and its note are ours and not among them. */
export function warningsOf(
  { method: name, params }: RequestedUpdate,
  profile: PlatformProfile,
): UnknownParam[] {
  const method = resolveMethod(name, profile)
  if (!isUpdateMethod(method)) return []
  const own = takeForce(method, params)
  if ('refusal' in own || !isJsonObject(own.params)) return []
  return unknownParams(method, own.params)
}

const LONGEST_HEADER = 1_000

/** The header of the rpc route, whose answers have the platform's form; empty without warnings. */
export function warningHeader(warnings: readonly UnknownParam[][]): Record<string, string> {
  const texts = warnings.flatMap((ofUpdate, index) =>
    ofUpdate.map(({ message }) => `item ${index}: ${message}`),
  )
  if (texts.length === 0) return {}
  // A header has printable ASCII only.
  const text = texts.join(', ').replace(/[^\x20-\x7e]/g, '?')
  return { 'x-anchor-ops-warning': text.slice(0, LONGEST_HEADER) }
}
