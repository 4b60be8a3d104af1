import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { parseLosslessJson } from '../lossless-json.ts'
import {
  errorResponse,
  RPC_INTERNAL_ERROR,
  type RpcItem,
  type RpcResponse,
  readEnvelope,
  resultResponse,
} from '../platform/envelope.ts'
import type { UpdateIo } from './context.ts'
import type { UpdateResult } from './result.ts'
import { finishRequest } from './store.ts'
import { type RequestIdentity, type Submission, submitUpdates } from './submit.ts'

/** A JSON request as it came: its text names it, its value has every digit. */
export interface UpdateRequest {
  body: { text: string; value: object }
  /** The header Idempotency-Key, or null. */
  idempotencyKey: string | null
}

export interface UpdateAnswer {
  status: number
  body: unknown
}

const MAX_KEY_LENGTH = 255
const RUNNING_RETRY_SECONDS = 2

/**
 * Answers a JSON-RPC 2.0 request as the Anchor Platform answers it: one response for each item, in order, also when all
 * of them failed.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `idempotency_conflict`, `idempotency_running`,
 *   `database_unavailable`
 */
export async function answerRpc(request: UpdateRequest, io: UpdateIo): Promise<UpdateAnswer> {
  const envelope = readEnvelope(request.body.value)
  if (envelope === null) throw new AppError('invalid_request_body', 'Invalid request body')
  const items = envelope.entries.flatMap((entry) => ('item' in entry ? [entry.item] : []))
  return answerOnce(request, items, { origin: 'rpc', target: 'rpc' }, io, (results) => {
    let next = 0
    const responses = envelope.entries.map((entry): RpcResponse => {
      if ('refusal' in entry) return entry.refusal
      const result = results[next]
      next += 1
      if (result === undefined) throw new TypeError('An update has no result')
      return toResponse(entry.item, result)
    })
    return { status: 200, body: envelope.single ? responses[0] : responses }
  })
}

/** Where updates came in. The target belongs to what an idempotency key stands for, as the body does. */
interface Entrance {
  origin: 'rpc' | 'url'
  target: string
}

/**
 * Submits the updates of one HTTP request and stores its answer under the idempotency key, if it has one; a repeat gets
 * the stored answer.
 */
export async function answerOnce(
  { body, idempotencyKey }: UpdateRequest,
  updates: readonly { method: string; params: unknown }[],
  { origin, target }: Entrance,
  io: UpdateIo,
  toAnswer: (results: UpdateResult[]) => UpdateAnswer,
): Promise<UpdateAnswer> {
  const identity: RequestIdentity = {
    key: readKey(idempotencyKey),
    bodySha256: createHash('sha256').update(`${target}\n${body.text}`).digest('hex'),
  }
  const submission = await submitUpdates(updates, identity, origin, io)
  if (submission.kind !== 'done') return answerRepeat(submission)
  const answer = toAnswer(submission.results)
  const { key, bodySha256 } = identity
  if (key === null) return answer
  const text = JSON.stringify(answer.body)
  const stored = { status: answer.status, body: text }
  // Where it cannot be stored the caller hears 503, not an answer that a repeat of the key might not get again.
  const finished = await finishRequest(io.db, { key, bodySha256, answer: stored })
  return finished.answer === null ? answer : restored(finished.answer)
}

function readKey(key: string | null): string | null {
  if (key === null) return null
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH) return key
  const message = `Idempotency-Key has ${key.length} characters in the header; allowed: 1 to ${MAX_KEY_LENGTH}`
  throw new AppError('invalid_parameter', message, {
    details: [{ path: 'Idempotency-Key', message }],
  })
}

function answerRepeat(submission: Exclude<Submission, { kind: 'done' }>): UpdateAnswer {
  switch (submission.kind) {
    case 'replay':
      return restored(submission.answer)
    case 'running':
      throw new AppError(
        'idempotency_running',
        'A request with this Idempotency-Key is being worked on. Ask again for its answer.',
        { retryAfterSeconds: RUNNING_RETRY_SECONDS },
      )
    case 'conflict':
      throw new AppError(
        'idempotency_conflict',
        'This Idempotency-Key came with another body before; allowed: a new key, or the same body.',
      )
  }
}

/** The answer as it was given, digit for digit. */
function restored({ status, body }: { status: number; body: string }): UpdateAnswer {
  return { status, body: parseLosslessJson(body) }
}

function toResponse(item: RpcItem, result: UpdateResult): RpcResponse {
  switch (result.kind) {
    case 'applied':
      return resultResponse(item, result.transaction)
    case 'rejected':
      return errorResponse(item, result.error)
    case 'open': {
      const { attemptId, state, reason, settleBy } = result
      const data = { state: state === 'MANUAL' ? 'manual' : 'unknown', attemptId, settleBy }
      return errorResponse(item, { code: RPC_INTERNAL_ERROR, message: reason, data })
    }
  }
}
