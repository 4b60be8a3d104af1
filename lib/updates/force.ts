import { isJsonObject } from '../lossless-json.ts'
import type { RpcError } from '../platform/envelope.ts'
import { notSent, type ParamProblem, refusalOf } from '../platform/param-problem.ts'

/** A person's word that an update goes out against what the ledger says. */
export interface Force {
  note: string
}

export type ForceReading = { params: unknown; force: Force | null } | { refusal: RpcError }

/** The one method that the ledger may refuse. */
const FORCIBLE = 'notify_onchain_funds_sent'
const MAX_NOTE_LENGTH = 500
const NOTE_RULE = `a text of 1 to ${MAX_NOTE_LENGTH} characters that says why`

/**
 * Takes `force` and its `note` out of the params that a caller sent: they are ours and never reach the platform. `false`
 * and null are as good as nothing; a note without `force` says nothing and is dropped. A text like `"true"` is refused:
 * who overrides a check must say so plainly. Params of any other method stay as they are, but for a `force` of false.
 */
export function takeForce(method: string, params: unknown): ForceReading {
  if (!isJsonObject(params)) return { params, force: null }
  const { force, ...withoutForce } = params
  if (method !== FORCIBLE) {
    if (force === undefined) return { params, force: null }
    if (isOff(force)) return { params: withoutForce, force: null }
    return refuse(notSent('force', force, `only with ${FORCIBLE}`))
  }
  const { note, ...rest } = withoutForce
  if (isOff(force)) return { params: rest, force: null }
  if (force !== true) return refuse(notSent('force', force, 'true with a note, or false'))
  const text = typeof note === 'string' ? note.trim() : ''
  if (text === '' || text.length > MAX_NOTE_LENGTH) return refuse(notSent('note', note, NOTE_RULE))
  return { params: rest, force: { note: text } }
}

function isOff(force: unknown): boolean {
  return force === undefined || force === null || force === false
}

function refuse(problem: ParamProblem): ForceReading {
  return { refusal: refusalOf([problem]) }
}
