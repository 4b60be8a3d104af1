import { createHash, randomUUID } from 'node:crypto'
import type { Caller } from '../caller.ts'
import { AppError, invalidBody } from '../errors.ts'
import { parseLosslessJson } from '../lossless-json.ts'
import { resultOfStored } from './applied.ts'
import type { UpdateIo } from './context.ts'
import { asksForce } from './force.ts'
import type { RequestedResult } from './result.ts'
import { type BegunUpdate, finishRequest, type StoredAnswer } from './store.ts'
import {
  type RequestedUpdate,
  type RequestIdentity,
  type Submitted,
  submitUpdates,
} from './submit.ts'

/** An HTTP request with updates. The text of its body identifies it; its value keeps every digit. */
export interface UpdateRequest {
  body: { text: string; value: object }
  /** The header Idempotency-Key; null without it. */
  idempotencyKey: string | null
  caller: Caller
}

export interface UpdateAnswer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

type ToAnswer = (results: RequestedResult[]) => UpdateAnswer

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
  caller,
}: {
  body: UpdateRequest['body'] | null
  request: Request
  caller: Caller
}): UpdateRequest {
  if (body === null) throw invalidBody('The body was not read.')
  return { body, idempotencyKey: request.headers.get('idempotency-key'), caller }
}

/**
 * Submits the updates of one HTTP request. With an idempotency key its answer is stored, and a repeat of the request gets
 * the stored answer, in which updates that were open have their present result. Without one a key is made. If the database
 * does not say whether it has stored the request, the error names the key with which the caller may repeat it.
 *
 * @throws AppError `invalid_parameter`, `idempotency_conflict`, `idempotency_running`, `database_unavailable`
 */
export async function answerOnce(
  { body, idempotencyKey, caller }: UpdateRequest,
  updates: readonly RequestedUpdate[],
  { origin, target }: Entrance,
  io: UpdateIo,
  toAnswer: ToAnswer,
): Promise<UpdateAnswer> {
  const bodySha256 = hashOfRequest([target, body.text, ...unmetForce(updates, caller)])
  const identity = identityOf(readKey(idempotencyKey), bodySha256)
  try {
    const submitted = await submitUpdates(updates, identity, { origin, caller, replay: null }, io)
    if (submitted.kind !== 'done') return await answerRepeat(submitted, toAnswer, io)
    return await finish(submitted.results, identity, toAnswer, io)
  } catch (error) {
    throw namingKey(error, identity.key)
  }
}

/**
 * A repeat by a caller without the scope `force` is another request than the forced one. Else it would end that request with
 * its own refusal, while the forced update may be applied.
 */
function unmetForce(updates: readonly RequestedUpdate[], { rights }: Caller): string[] {
  const isUnmet = !rights.has('force') && updates.some(({ params }) => asksForce(params))
  return isUnmet ? ['without the scope force'] : []
}

const hashOfRequest = (parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex')

/** The identity of the request that sends a failed attempt anew. No body has its hash, so no caller can use its key. */
export function identityOfReplay(attemptId: string): RequestIdentity {
  const bodySha256 = hashOfRequest(['replay', attemptId])
  return { key: madeKey(attemptId, bodySha256), holder: null, bodySha256 }
}

const HASH_IN_KEY = 32

/** A key that the service makes. A caller can use it only with the body to whose hash it belongs. */
const madeKey = (id: string, bodySha256: string) =>
  `anchor-ops-${id}-${bodySha256.slice(0, HASH_IN_KEY)}`

/** The prefix of a made key, and the start of the hash of the body that it belongs to. */
const MADE_KEY = /^anchor-ops-[0-9a-f-]{36}-([0-9a-f]{32})$/

function identityOf(given: string | null, bodySha256: string): RequestIdentity {
  const id = randomUUID()
  if (given === null) return { key: madeKey(id, bodySha256), holder: null, bodySha256 }
  const made = MADE_KEY.exec(given)
  if (made !== null && made[1] !== bodySha256.slice(0, HASH_IN_KEY)) throw conflict()
  return { key: given, holder: id, bodySha256 }
}

/** Stores the answer under the caller's key. The error of a lost answer is thrown, since a repeat might get another one. */
async function finish(
  results: RequestedResult[],
  { key, holder, bodySha256 }: RequestIdentity,
  toAnswer: ToAnswer,
  io: UpdateIo,
): Promise<UpdateAnswer> {
  const answer = toAnswer(results)
  if (holder === null || results.some(({ kind }) => kind === 'unstored')) return answer
  const open = results.flatMap((result, index) =>
    result.kind === 'open' ? [{ index, attemptId: result.attemptId }] : [],
  )
  const stored = {
    status: answer.status,
    body: JSON.stringify(answer.body),
    ...(open.length === 0 ? {} : { results: JSON.stringify(results), open }),
  }
  const finished = await finishRequest(io.db, { key, holder, bodySha256, answer: stored })
  // This process was silent for so long that another one has taken the request over.
  if (finished.answer === null) throw running()
  return finished.finished ? answer : restored(finished.answer)
}

function namingKey(error: unknown, idempotencyKey: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'database_unavailable') return error
  const message = `${error.message} The updates may be stored: repeat the request with the Idempotency-Key of this answer.`
  return new AppError('database_unavailable', message, { cause: error, idempotencyKey })
}

function readKey(key: string | null): string | null {
  if (key === null) return null
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH) return key
  throw new AppError('invalid_parameter', [
    {
      path: 'Idempotency-Key',
      what: `Idempotency-Key has ${key.length} characters`,
      place: 'header',
      allowed: `1 to ${MAX_KEY_LENGTH}`,
    },
  ])
}

async function answerRepeat(
  submitted: Exclude<Submitted, { kind: 'done' }>,
  toAnswer: ToAnswer,
  io: UpdateIo,
): Promise<UpdateAnswer> {
  switch (submitted.kind) {
    case 'replay': {
      const { answer, open } = submitted
      if (answer.results === undefined) return restored(answer)
      const results = parseLosslessJson(answer.results) as RequestedResult[]
      return toAnswer(await withPresent(results, open, io))
    }
    case 'running':
      throw running()
    case 'conflict':
      throw conflict()
  }
}

/** Replaces the results of updates that were open by what has become of them. */
function withPresent(
  results: readonly RequestedResult[],
  open: readonly BegunUpdate[],
  io: UpdateIo,
): Promise<RequestedResult[]> {
  const present = new Map(open.map((one) => [one.index, one]))
  return Promise.all(
    results.map((result, index) => {
      const { state, outcome } = present.get(index) ?? { state: null }
      if (result.kind !== 'open' || state === null || state === result.state) return result
      return resultOfStored(result.attemptId, { state, outcome }, io)
    }),
  )
}

function running(): AppError {
  return new AppError(
    'idempotency_running',
    'A request with this Idempotency-Key is being worked on. Ask again for its answer.',
    { retryAfterSeconds: RUNNING_RETRY_SECONDS },
  )
}

function conflict(): AppError {
  return new AppError(
    'idempotency_conflict',
    'This Idempotency-Key came with another body before, or its update was forced by a key with the scope force; allowed: a new key, or the same request.',
  )
}

/** Restores a stored answer digit for digit. */
function restored({ status, body }: StoredAnswer): UpdateAnswer {
  return { status, body: parseLosslessJson(body) }
}
