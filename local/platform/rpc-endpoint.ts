import { type EmulatorState, findTransaction, saveTransaction } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import { isJsonObject, type Json, JsonNumber, type JsonObject, parseJson } from './json-body.ts'
import { applyMethod } from './methods/apply.ts'
import { decodeParams, transactionIdOf } from './methods/params.ts'
import { isMethodName, METHODS } from './methods/table.ts'
import { internalError, invalidRequest, RpcError } from './rpc-error.ts'
import { type TransactionView, viewTransaction } from './transaction-view.ts'

/** The answer to one item of a batch. */
export interface ItemAnswer {
  jsonrpc: '2.0'
  result?: TransactionView
  error?: { id?: string | undefined; code: number; message?: string }
  id?: Json | undefined
}

/** The readable parts of an item. */
export interface ItemSummary {
  id: Json | undefined
  method: string | undefined
  transactionId: string | undefined
}

export interface BatchAnswer extends HttpAnswer {
  /** The answers to the items; null when the whole request was refused. */
  items: ItemAnswer[] | null
  /** How many items changed a transaction. */
  applied: number
}

export interface BatchOptions {
  /** Nanoseconds since 1970. Every item reads the clock. */
  now: () => bigint
  /** Runs after an item was saved. A text is the error of publishing its event. */
  failToPublish: (item: ItemSummary) => string | undefined
}

const WRONG_BODY = { error: 'Your request body is wrong in some way.' }
const NULL_ITEM = {
  error: 'Cannot invoke "org.stellar.anchor.api.rpc.RpcRequest.getId()" because "rc" is null',
}
const UNSERIALISABLE =
  "Failed making field 'java.lang.Throwable#detailMessage' accessible; either increase its visibility or write a custom TypeAdapter for its declaring type."
const BROKEN_ANSWER = {
  error: `Could not write JSON: ${UNSERIALISABLE}; nested exception is com.google.gson.JsonIOException: ${UNSERIALISABLE}`,
}

const whole = (status: number, body: unknown): BatchAnswer => ({
  ...jsonAnswer(status, body),
  items: null,
  applied: 0,
})

/** Reads the items of a body; null when the platform's JSON reader refuses it. */
export function readBatch(body: string): (JsonObject | null)[] | null {
  try {
    const parsed = parseJson(body)
    return Array.isArray(parsed) && parsed.every(isReadable) ? parsed : null
  } catch {
    return null
  }
}

const isReadable = (item: Json): item is JsonObject | null =>
  item === null || (isJsonObject(item) && isTextLike(item['jsonrpc']) && isTextLike(item['method']))

const isTextLike = (value: Json | undefined): boolean =>
  value === undefined || value === null || value instanceof JsonNumber || typeof value !== 'object'

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  return value instanceof JsonNumber ? value.source : String(value)
}

export const summarise = (item: JsonObject): ItemSummary => ({
  id: item['id'],
  method: textOf(item['method']),
  transactionId: transactionIdOf(item['params']),
})

/** Answers one HTTP body. Each item sees the transactions as the items before it left them. */
export function answerBatch(
  body: string,
  state: EmulatorState,
  options: BatchOptions,
): BatchAnswer {
  const batch = readBatch(body)
  if (batch === null) return whole(400, WRONG_BODY)
  const limit = state.config.rpc_batch_size_limit
  if (batch.length > limit) {
    const error = { code: -32600, message: `RPC batch size limit[${limit}] exceeded` }
    return whole(200, [{ jsonrpc: '2.0', error }])
  }
  const items: ItemAnswer[] = []
  let applied = 0
  let broken = false
  for (const item of batch) {
    if (item === null) return { ...whole(500, NULL_ITEM), applied }
    const { answer, changed, breaksAnswer } = answerItem(item, state, options)
    items.push(answer)
    if (changed) applied++
    if (breaksAnswer) broken = true
  }
  if (broken) return { ...whole(500, BROKEN_ANSWER), applied }
  return { ...jsonAnswer(200, items), items, applied }
}

function answerItem(item: JsonObject, state: EmulatorState, options: BatchOptions) {
  const { id } = item
  const echoed = id === null ? undefined : id
  let changed = false
  try {
    const saved = (view: TransactionView): TransactionView => {
      changed = true
      const failure = options.failToPublish(summarise(item))
      if (failure !== undefined) throw internalError(failure)
      state.eventsPublished++
      return view
    }
    const result = saved(execute(item, state, options.now()))
    const answer: ItemAnswer = { jsonrpc: '2.0', result, id: echoed }
    return { answer, changed, breaksAnswer: false }
  } catch (error) {
    const { code, message, breaksAnswer } =
      error instanceof RpcError ? error : internalError((error as Error).message)
    const answer: ItemAnswer = {
      jsonrpc: '2.0',
      error: { id: transactionIdOf(item['params']), code, message },
      id: echoed,
    }
    return { answer, changed, breaksAnswer }
  }
}

function execute(item: JsonObject, state: EmulatorState, now: bigint): TransactionView {
  checkEnvelope(item)
  const method = textOf(item['method']) ?? ''
  if (!isMethodName(method)) throw new RpcError(-32601, `No matching RPC method[${method}]`)
  const types = { ...METHODS[method].params, transaction_id: 'text', message: 'text' } as const
  const params = decodeParams(item['params'], types)
  const { transaction_id: id } = params
  if (id === undefined) throw internalError('transactionId is marked non-null but is null')
  const transaction = findTransaction(state, id)
  if (transaction === undefined) {
    throw invalidRequest(`Transaction with id[${id}] is not found`)
  }
  const next = applyMethod({ method, transaction, params, state, now })
  saveTransaction(state, next)
  // The answer shows nanoseconds. A later reading shows what was saved, in microseconds.
  return viewTransaction(next, state)
}

function checkEnvelope(item: JsonObject): void {
  const messages: string[] = []
  const version = textOf(item['jsonrpc'])
  if (version !== '2.0') {
    messages.push(`Unsupported JSON-RPC protocol version[${version ?? null}]`)
  }
  if (!textOf(item['method'])) messages.push("Method name can't be NULL or empty")
  const { id } = item
  if (id === undefined || id === null) messages.push("Id can't be NULL")
  else if (typeof id !== 'string' && !(id instanceof JsonNumber)) {
    messages.push('An identifier MUST contain a String or a Number')
  }
  if (messages.length > 0) throw invalidRequest(messages.join(';'))
}
