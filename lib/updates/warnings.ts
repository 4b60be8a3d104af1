import { isJsonObject } from '../lossless-json.ts'
import { isUpdateMethod, type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import { type UnknownParam, unknownParams } from '../platform/unknown-params.ts'
import { takeFee } from './fee-form.ts'
import type { RequestedUpdate } from './submit.ts'

/** The params of an update that neither its method nor this service has, and a fee that is sent in another form. */
export function warningsOf(
  { method: name, params }: RequestedUpdate,
  profile: PlatformProfile,
): UnknownParam[] {
  const method = resolveMethod(name, profile)
  if (!isUpdateMethod(method) || !isJsonObject(params)) return []
  // These are taken out of the params before they are sent.
  const own = method.forcible ? ['expires_in_seconds', 'force', 'note'] : ['expires_in_seconds']
  const fee = takeFee(method, params)
  const isRewritten = 'isRewritten' in fee && fee.isRewritten
  const unknown = unknownParams(method, params, own)
  // The rewritten param is no longer unknown: it is sent.
  return isRewritten
    ? [FEE_REWRITTEN, ...unknown.filter(({ param }) => param !== FEE_REWRITTEN.param)]
    : unknown
}

const FEE_REWRITTEN: UnknownParam = {
  param: 'amount_fee',
  nearest: 'fee_details',
  message: 'amount_fee is sent as fee_details, the only form of this release',
}

/** Adds the warnings of an attempt, if it has any. */
export function withWarnings<T extends RequestedUpdate>(
  attempt: T,
  profile: PlatformProfile | null,
): T {
  const warnings = profile === null ? [] : warningsOf(attempt, profile)
  return warnings.length === 0 ? attempt : { ...attempt, warnings }
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
