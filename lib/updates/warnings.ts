import { isJsonObject } from '../lossless-json.ts'
import { isUpdateMethod, type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import { RELEASES } from '../platform/releases/families.ts'
import { type UnknownParam, unknownParams } from '../platform/unknown-params.ts'
import { takeFee } from './fee-form.ts'
import type { AttemptState } from './stored-attempt.ts'
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

/**
 * Adds the warnings of a stored attempt, if it has any. One that is not sent yet is warned of as a new update is. Any other
 * one may have been sent before an upgrade of the platform, in the form of an earlier release.
 */
export function withWarnings<T extends RequestedUpdate & { state: AttemptState }>(
  attempt: T,
  profile: PlatformProfile | null,
): T {
  if (profile === null) return attempt
  const all = warningsOf(attempt, profile)
  const warnings =
    attempt.state === 'READY'
      ? all
      : all.filter(({ param }) => !isOfEarlier(attempt, param, profile))
  return warnings.length === 0 ? attempt : { ...attempt, warnings }
}

/** Whether an earlier release has a param of a method. */
function isOfEarlier({ method }: RequestedUpdate, param: string, profile: PlatformProfile) {
  const earlier = RELEASES.slice(0, RELEASES.indexOf(profile.release))
  return earlier.some((one) =>
    Object.hasOwn(resolveMethod(method, { ...profile, release: one }).params, param),
  )
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
