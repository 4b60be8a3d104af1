import type { Caller } from '../caller.ts'
import { isJsonObject } from '../lossless-json.ts'
import { RPC_INVALID_REQUEST, type RpcError } from '../platform/envelope.ts'
import { FORCIBLE_METHODS, type RpcMethod } from '../platform/methods.ts'
import { notSent, type ParamProblem, refusalOf } from '../platform/param-problem.ts'

/** A person's decision to send an update although the ledger check refuses it. */
export interface Force {
  note: string
}

export type ForceReading = { params: unknown; force: Force | null } | { refusal: RpcError }

const MAX_NOTE_LENGTH = 500
const NOTE_RULE = `a text of 1 to ${MAX_NOTE_LENGTH} characters that says why`

/**
 * Takes `force` and its `note` out of the params, since the platform does not have them. A `force` of false or null counts
 * as absent, and a note without `force` is dropped. Only `true` overrides a check; a text like `"true"` is refused. The
 * params of a method that cannot be forced lose nothing but a `force` of false or null.
 */
export function takeForce({ forcible = false }: RpcMethod, params: unknown): ForceReading {
  if (!isJsonObject(params)) return { params, force: null }
  const { force, ...withoutForce } = params
  if (!forcible) {
    if (force === undefined) return { params, force: null }
    if (isOff(force)) return { params: withoutForce, force: null }
    return refuse(notSent('force', force, `only with ${FORCIBLE_METHODS}`))
  }
  const { note, ...rest } = withoutForce
  if (isOff(force)) return { params: rest, force: null }
  if (force !== true) return refuse(notSent('force', force, 'true with a note, or false'))
  const text = typeof note === 'string' ? note.trim() : ''
  if (text === '' || text.length > MAX_NOTE_LENGTH) return refuse(notSent('note', note, NOTE_RULE))
  return { params: rest, force: { note: text } }
}

/** Whether params ask for what needs the scope `force`, also with a method that cannot be forced. */
export function asksForce(params: unknown): boolean {
  return isJsonObject(params) && params['force'] === true
}

/** Refuses `force` with a key that may not override the ledger check. */
export function missingForce({ keyName }: Caller): RpcError {
  const message = `force needs a key with the scope force; the key "${keyName}" has no such scope`
  return { code: RPC_INVALID_REQUEST, message, data: { reason: 'missing_scope', scope: 'force' } }
}

function isOff(force: unknown): boolean {
  return force === undefined || force === null || force === false
}

function refuse(problem: ParamProblem): ForceReading {
  return { refusal: refusalOf([problem]) }
}
