import type { Caller } from '../caller.ts'
import { invalidBody } from '../errors.ts'
import {
  type Envelope,
  errorResponse,
  type PlatformCall,
  RPC_INTERNAL_ERROR,
  type RpcResponse,
  readEnvelope,
  resultResponse,
} from '../platform/envelope.ts'
import type { UpdateIo } from './context.ts'
import { answerOnce, type UpdateAnswer, type UpdateRequest } from './idempotency.ts'
import { answerReadings, isReadingCall } from './reading-calls.ts'
import type { RequestedResult } from './result.ts'
import type { AttemptState } from './stored-attempt.ts'
import { warningHeader, warningsOf } from './warnings.ts'

/**
 * Answers a JSON-RPC 2.0 request as the Anchor Platform does: with HTTP 200 and one response for each call, in order, even
 * if all calls failed. Calls that only read are made once the updates of the request have been answered.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `idempotency_conflict`, `idempotency_running`,
 *   `database_unavailable`
 */
export async function answerRpc(request: UpdateRequest, io: UpdateIo): Promise<UpdateAnswer> {
  const envelope = readEnvelope(request.body.value)
  if (envelope === null)
    throw invalidBody('The body is not a JSON-RPC document or an array of them.')
  const calls = envelope.entries.flatMap((entry) => ('call' in entry ? [entry.call] : []))
  const headers = warningHeader(
    envelope.entries.map((entry) => ('call' in entry ? warningsOf(entry.call, io.profile) : [])),
  )
  const entrance = { origin: 'rpc', target: 'rpc' } as const
  // Calls that only read are counted too: an update is stored under its place among the calls, and which of them only read
  // depends on the release.
  const answer = await answerOnce(request, calls, entrance, io, (results) => {
    let next = 0
    const responses = envelope.entries.map((entry): RpcResponse | null => {
      if ('refusal' in entry) return entry.refusal
      const result = results[next]
      next += 1
      // A reading is made anew for each request, so it is no part of an answer that is stored.
      if (isReadingCall(entry.call, io.profile)) return null
      if (result === undefined) throw new TypeError('An update has no result')
      return toResponse(entry.call, result)
    })
    return { status: 200, body: envelope.single ? responses[0] : responses }
  })
  const stored = envelope.single ? [answer.body] : answer.body
  if (!Array.isArray(stored)) throw new TypeError('The answer to a batch is an array')
  const responses = await withReadings(stored, envelope, request.caller, io)
  return { ...answer, headers, body: envelope.single ? responses[0] : responses }
}

/** Makes the readings whose places the stored part of an answer leaves open. */
async function withReadings(
  stored: readonly unknown[],
  { entries }: Envelope,
  caller: Caller,
  { platform }: UpdateIo,
): Promise<unknown[]> {
  const responses = [...stored]
  const open = entries.flatMap((entry, place) =>
    'call' in entry && responses[place] === null ? [{ place, call: entry.call }] : [],
  )
  const read = await answerReadings(
    open.map(({ call }) => call),
    caller,
    platform,
  )
  for (const [index, { place }] of open.entries()) responses[place] = read[index]
  return responses
}

/** How the rpc route spells the state of an open attempt; every other state is `unknown`. */
const OPEN_STATE: Partial<Record<AttemptState, string>> = {
  READY: 'queued',
  MANUAL: 'manual',
  LOST: 'lost',
}

const UNSTORED =
  'Whether the update is stored is not known. Repeat the whole request with the Idempotency-Key of data.'

function toResponse(call: PlatformCall, result: RequestedResult): RpcResponse {
  switch (result.kind) {
    case 'applied':
      return resultResponse(call, result.transaction)
    case 'rejected':
      return errorResponse(call, result.error)
    case 'unstored': {
      const { idempotencyKey } = result
      const data = { state: 'unknown', attemptId: null, settleBy: null, idempotencyKey }
      return errorResponse(call, { code: RPC_INTERNAL_ERROR, message: UNSTORED, data })
    }
    case 'open': {
      const { attemptId, state, reason, settleBy } = result
      const data = { state: OPEN_STATE[state] ?? 'unknown', attemptId, settleBy }
      return errorResponse(call, { code: RPC_INTERNAL_ERROR, message: reason, data })
    }
  }
}
