import { isJsonNumber, isJsonObject } from '../lossless-json.ts'
import type { RpcError } from '../platform/envelope.ts'
import { notSent, refusalOf } from '../platform/param-problem.ts'

/** Custody money that could not be sent for 15 min is not sent without a person. */
const CUSTODY_SECONDS = 900
/** 30 days. */
const MOST_SECONDS = 2_592_000
const RULE = `a whole number of seconds from 1 to ${MOST_SECONDS}`

/**
 * Takes `expires_in_seconds` out of the params, since the platform does not have it. It says for how long the update may
 * be sent. null counts as absent.
 */
export function takeExpiry(
  params: unknown,
): { params: unknown; seconds: number | null } | { refusal: RpcError } {
  if (!isJsonObject(params)) return { params, seconds: null }
  const { expires_in_seconds: given, ...rest } = params
  if (given === undefined) return { params, seconds: null }
  if (given === null) return { params: rest, seconds: null }
  const text = isJsonNumber(given) ? given.rawJSON : given
  const seconds = typeof text === 'string' && /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= MOST_SECONDS) return { params: rest, seconds }
  return { refusal: refusalOf([notSent('expires_in_seconds', given, RULE)]) }
}

/** For how long an update may be sent; null without a limit. */
export function expiryOf(seconds: number | null, custody: boolean): number | null {
  return seconds ?? (custody ? CUSTODY_SECONDS : null)
}
