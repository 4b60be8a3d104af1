import { type EmulatorState, findTransaction } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import {
  isBeyondDouble,
  isJsonObject,
  type Json,
  JsonNumber,
  type JsonObject,
  parseJson,
  withoutNulls,
} from './json-body.ts'
import { applyMethod } from './methods/apply.ts'
import { decodeParams, transactionIdOf } from './methods/params.ts'
import type { MethodName } from './methods/table.ts'
import { rulesOf } from './releases.ts'
import { internalError, invalidRequest, RpcError } from './rpc-error.ts'
import { checkColumns, checkId, flush, type RequestMemory, remembered, save } from './saving.ts'
import type { StoredTransaction } from './stored-transaction.ts'

/** The answer to one item of a batch. */
export interface ItemAnswer {
  jsonrpc: '2.0'
  result?: unknown
  error?: { id?: string | undefined; code: number; message?: string | undefined }
  id?: Json | undefined
}

/** The readable parts of an item. */
export interface ItemSummary {
  id: Json | undefined
  method: string | undefined
  transactionId: string | undefined
  /** The Stellar transaction that its params name. */
  hash?: string | undefined
}

export interface BatchAnswer extends HttpAnswer {
  /** The answers to the items; null when the whole request was refused. */
  items: ItemAnswer[] | null
  /** How many items changed a transaction. */
  applied: number
}

/** An event that an item publishes. A call that names a customer publishes his before it saves. */
export type PlatformEvent =
  | { type: 'transaction_status_changed'; payload: { transaction: unknown } }
  | { type: 'customer_updated'; payload: { customer: { id: string } } }

export interface BatchOptions {
  /** Nanoseconds since 1970. Every item reads the clock. */
  now: () => bigint
  /** Runs after an item was saved. A text is the error of publishing its event. */
  failToPublish: (item: ItemSummary) => string | undefined
  /** Runs with each event that an item publishes. */
  publish?: (event: PlatformEvent) => void
  /** Runs before an item is carried out. A text is the error that ends it. */
  failToSave?: (item: ItemSummary) => string | undefined
  /** Whether the ledger is silent when an item asks it. The platform gives up after 30 s. */
  isLedgerSilent?: (item: ItemSummary) => boolean
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
const NO_DOUBLE =
  'Infinity is not a valid double value as per JSON specification. To override this behavior, use GsonBuilder.serializeSpecialFloatingPointValues() method.'
const UNPRINTABLE_ID = {
  error: `Could not write JSON: ${NO_DOUBLE}; nested exception is java.lang.IllegalArgumentException: ${NO_DOUBLE}`,
}

const whole = (status: number, body: unknown): BatchAnswer => ({
  ...jsonAnswer(status, body),
  items: null,
  applied: 0,
})

/** Reads the items of a body; null when the platform's JSON reader refuses it. */
export function readBatch(body: string): (JsonObject | null)[] | null {
  try {
    const parsed = parseJson(withNullAtEnd(body))
    return Array.isArray(parsed) && parsed.every(isReadable) ? parsed : null
  } catch {
    return null
  }
}

/** The platform's JSON reader takes a comma before the end of the list for a null behind it. */
const withNullAtEnd = (body: string): string => body.replace(/(\})\s*,\s*\]\s*$/, '$1,null]')

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
  hash: hashOf(item['params']),
})

function hashOf(params: Json | undefined): string | undefined {
  const hash = isJsonObject(params) ? params['stellar_transaction_id'] : undefined
  return typeof hash === 'string' ? hash : undefined
}

/**
 * Where an item may wait: the ledger does not answer it; the event of its customer is published; its row is read and
 * changed, but not saved; or it is saved, but not answered.
 */
export type ItemStep = 'ledger_silent' | 'customer_published' | 'before_save' | 'after_save'

/** Answers one HTTP body. Each item sees the transactions as the items before it left them. */
export function answerBatch(
  body: string,
  state: EmulatorState,
  options: BatchOptions,
): BatchAnswer {
  const steps = answerInSteps(body, state, options)
  let next = steps.next()
  while (!next.done) next = steps.next()
  return next.value
}

/** Answers one HTTP body, and waits at the steps of its items. Other requests may change the rows meanwhile. */
export async function answerBatchSlowly(
  body: string,
  state: EmulatorState,
  options: BatchOptions,
  wait: WaitAtStep,
): Promise<BatchAnswer> {
  const steps = answerInSteps(body, state, options)
  let next = steps.next()
  while (!next.done) {
    const pause = wait(...next.value)
    if (pause !== null) await pause
    next = steps.next()
  }
  return next.value
}

/** Lets an item wait; null when it does not. */
export type WaitAtStep = (step: ItemStep, item: ItemSummary) => Promise<void> | null

type Step = [step: ItemStep, item: ItemSummary]

function* answerInSteps(
  body: string,
  state: EmulatorState,
  options: BatchOptions,
): Generator<Step, BatchAnswer> {
  const batch = readBatch(body)
  if (batch === null) return whole(400, WRONG_BODY)
  const limit = state.config.rpc_batch_size_limit
  if (batch.length > limit) {
    const error = { code: -32600, message: `RPC batch size limit[${limit}] exceeded` }
    return whole(200, [{ jsonrpc: '2.0', error }])
  }
  const items: ItemAnswer[] = []
  const memory: RequestMemory = new Map()
  let applied = 0
  let broken = false
  for (const item of batch) {
    if (item === null) return { ...whole(500, NULL_ITEM), applied }
    const { answer, changed, breaksAnswer } = yield* answerItem(item, state, options, memory)
    items.push(answer)
    if (changed) applied++
    if (breaksAnswer) broken = true
  }
  if (broken) return { ...whole(500, BROKEN_ANSWER), applied }
  const isUnprintable = batch.some(hasUnprintableId) && state.config.release === '2.8.4'
  if (isUnprintable) return { ...whole(500, UNPRINTABLE_ID), applied }
  return { ...jsonAnswer(200, items), items, applied }
}

/** An id beyond a double, which 2.8.4 cannot print. What the item changed is saved by then. */
const hasUnprintableId = (item: JsonObject | null): boolean =>
  item?.['id'] instanceof JsonNumber && isBeyondDouble(item['id'])

interface AnsweredItem {
  answer: ItemAnswer
  changed: boolean
  breaksAnswer: boolean
}

function* answerItem(
  item: JsonObject,
  state: EmulatorState,
  options: BatchOptions,
  memory: RequestMemory,
): Generator<Step, AnsweredItem> {
  const { id } = item
  const echoed = id === null || id === undefined ? undefined : withoutNulls(id)
  const summary = summarise(item)
  let changed = false
  try {
    const unsaved = options.failToSave?.(summary)
    if (unsaved !== undefined) throw internalError(unsaved)
    checkEnvelope(item)
    const seen = remembered(state, memory)
    const read = rulesOf(state).read(textOf(item['method']) ?? '', item['params'], seen)
    if (read !== undefined) {
      return { answer: { jsonrpc: '2.0', ...read, id: echoed }, changed, breaksAnswer: false }
    }
    const { before, after, customerId } = yield* changeSlowly(item, summary, state, options)
    if (customerId !== undefined) {
      options.publish?.({ type: 'customer_updated', payload: { customer: { id: customerId } } })
      yield ['customer_published', summary]
    }
    yield ['before_save', summary]
    checkColumns(after, state)
    save(state, before, after)
    memory.delete(after.id)
    flush(state, memory)
    changed = true
    // The answer shows nanoseconds. A later reading shows what was saved, in microseconds.
    const result = rulesOf(state).view(after, state)
    const failure = options.failToPublish(summary)
    if (failure !== undefined) throw internalError(failure)
    state.eventsPublished++
    options.publish?.({ type: 'transaction_status_changed', payload: { transaction: result } })
    yield ['after_save', summary]
    return { answer: { jsonrpc: '2.0', result, id: echoed }, changed, breaksAnswer: false }
  } catch (error) {
    const { code, message, breaksAnswer, hidesId, deadlineSet } =
      error instanceof RpcError ? error : internalError((error as Error).message)
    if (deadlineSet !== undefined) memory.set(summary.transactionId ?? '', deadlineSet.value)
    const shown = state.config.release === '4.3.0' ? withLink(message) : message
    const answer: ItemAnswer = {
      jsonrpc: '2.0',
      error: {
        id: hidesId ? undefined : transactionIdOf(item['params']),
        code,
        message: shown === '' ? undefined : shown,
      },
      id: echoed,
    }
    return { answer, changed, breaksAnswer }
  }
}

/** The row that an item reads, and the row that it is about to save. */
interface Change {
  before: StoredTransaction
  after: StoredTransaction
  /** The customer whom the call names, which publishes an event of his. */
  customerId: string | undefined
}

/** Waits where the ledger is silent and the item asks it, and then refuses it as the platform does. */
function* changeSlowly(
  item: JsonObject,
  summary: ItemSummary,
  state: EmulatorState,
  { now, isLedgerSilent }: BatchOptions,
): Generator<Step, Change> {
  if (!isLedgerSilent?.(summary)) return change(item, state, now())
  let isAsked = false
  const onSilence = () => {
    isAsked = true
  }
  try {
    return change(item, { ...state, onSilence }, now())
  } catch (error) {
    if (isAsked) yield ['ledger_silent', summary]
    throw error
  }
}

function change(item: JsonObject, state: EmulatorState, now: bigint): Change {
  const name = textOf(item['method']) ?? ''
  const { methods, missing } = rulesOf(state)
  const rules = Object.hasOwn(methods, name) ? methods[name as MethodName] : undefined
  if (rules === undefined) throw new RpcError(-32601, missing(name))
  const method = name as MethodName
  const types = { ...rules.params, transaction_id: 'text', message: 'text' } as const
  const params = decodeParams(item['params'], types)
  const { transaction_id: id } = params
  if (id === undefined) throw internalError('transactionId is marked non-null but is null')
  checkId(id, state)
  const before = findTransaction(state, id)
  if (before === undefined) {
    throw invalidRequest(`Transaction with id[${id}] is not found`)
  }
  const after = applyMethod({ method, transaction: before, params, state, now })
  return { before, after, customerId: params.customer_id }
}

/** The JSON reader of 4.3.0 adds where its faults are explained. */
function withLink(message: string): string {
  return /^java\.lang\.IllegalStateException: Expected/.test(message)
    ? `${message}\nSee https://github.com/google/gson/blob/main/Troubleshooting.md#unexpected-json-structure`
    : message
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
