import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { parseLosslessJson } from '../lossless-json.ts'
import type { UpdateIo } from './context.ts'
import type { UpdateResult } from './result.ts'
import { finishRequest, type StoredAnswer } from './store.ts'
import { type RequestedUpdate, type Submitted, submitUpdates } from './submit.ts'

/** An HTTP request with updates. The text of its body identifies it; its value keeps every digit. */
export interface UpdateRequest {
  body: { text: string; value: object }
  /** The header Idempotency-Key; null without it. */
  idempotencyKey: string | null
}

export interface UpdateAnswer {
  status: number
  body: unknown
}

/** The route of a request. An idempotency key belongs to one `target` and one body. */
interface Entrance {
  origin: 'rpc' | 'url'
  target: string
}

const MAX_KEY_LENGTH = 255
const RUNNING_RETRY_SECONDS = 2

/** Reads the body and the Idempotency-Key of a request. @throws AppError `invalid_request_body` */
export function requestOf({
  body,
  request,
}: {
  body: UpdateRequest['body'] | null
  request: Request
}): UpdateRequest {
  if (body === null) throw new AppError('invalid_request_body', 'Invalid request body')
  return { body, idempotencyKey: request.headers.get('idempotency-key') }
}

/**
 * Submits the updates of one HTTP request. With an idempotency key its answer is stored, and a repeat of the request gets
 * the stored answer.
 *
 * @throws AppError `invalid_parameter`, `idempotency_conflict`, `idempotency_running`, `database_unavailable`
 */
export async function answerOnce(
  { body, idempotencyKey }: UpdateRequest,
  updates: readonly RequestedUpdate[],
  { origin, target }: Entrance,
  io: UpdateIo,
  toAnswer: (results: UpdateResult[]) => UpdateAnswer,
): Promise<UpdateAnswer> {
  const key = readKey(idempotencyKey)
  const bodySha256 = createHash('sha256').update(`${target}\n${body.text}`).digest('hex')
  const submitted = await submitUpdates(updates, { key, bodySha256 }, origin, io)
  if (submitted.kind !== 'done') return answerRepeat(submitted)
  const answer = toAnswer(submitted.results)
  if (key === null) return answer
  const text = JSON.stringify(answer.body)
  const stored = { status: answer.status, body: text }
  // If the answer cannot be stored, the caller gets 503 and not an answer that a repeat might not get again.
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

function answerRepeat(submitted: Exclude<Submitted, { kind: 'done' }>): UpdateAnswer {
  switch (submitted.kind) {
    case 'replay':
      return restored(submitted.answer)
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

/** Restores a stored answer digit for digit. */
function restored({ status, body }: StoredAnswer): UpdateAnswer {
  return { status, body: parseLosslessJson(body) }
}
