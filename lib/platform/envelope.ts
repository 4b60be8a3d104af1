import {
  isJsonNumber,
  isJsonObject,
  type JsonNumber,
  RefusedEntry,
  scalarText,
} from '../lossless-json.ts'

/** Most calls in one request; the Anchor Platform's default `rpc.batch_size_limit`. */
const MAX_CALLS = 40

export const RPC_INVALID_REQUEST = -32600
export const RPC_METHOD_NOT_FOUND = -32601
export const RPC_INVALID_PARAMS = -32602
export const RPC_INTERNAL_ERROR = -32603

export type RpcErrorCode =
  | typeof RPC_INVALID_REQUEST
  | typeof RPC_METHOD_NOT_FOUND
  | typeof RPC_INVALID_PARAMS
  | typeof RPC_INTERNAL_ERROR

/** The id is echoed as it was sent: `1` stays `1`, `1.0` stays `1.0`, `"1"` stays `"1"`. */
export type RpcId = string | JsonNumber

/** One well-formed call of a JSON-RPC request. Its method may be unknown, and its params are not read yet. */
export interface PlatformCall {
  id: RpcId
  method: string
  params: unknown
}

export interface RpcError {
  code: RpcErrorCode
  /** The platform's own text where it has one. */
  message: string
  data?: Record<string, unknown>
}

export interface RpcErrorResponse {
  jsonrpc: '2.0'
  error: RpcError & { id?: string }
  /** The id as it was sent; absent when there was none. */
  id?: unknown
}

export interface RpcResultResponse {
  jsonrpc: '2.0'
  result: Readonly<Record<string, unknown>>
  id: RpcId
}

export type RpcResponse = RpcErrorResponse | RpcResultResponse

/** The platform's own answer to a call that only reads, with the id of our caller. */
export interface PlatformReadResponse {
  jsonrpc: '2.0'
  result?: unknown
  error?: unknown
  id: RpcId
}

export type RpcReadResponse = RpcErrorResponse | PlatformReadResponse

/** The content of one request. Every entry gets a response, in this order. */
export interface Envelope {
  /** The body was one object, so the answer is one object. */
  single: boolean
  entries: ({ call: PlatformCall } | { refusal: RpcErrorResponse })[]
}

/**
 * Reads the body of an RPC request as the Anchor Platform does: a batch of more than 40 is refused as a whole, `[]` is
 * answered with `[]`, ids may repeat. Two things differ on purpose. A single object is accepted. An entry that is not an
 * object is refused alone, where the platform executes a part of the request and then refuses it.
 *
 * @param body from `parseLosslessJson`
 * @returns null for a body that is neither an array nor an object
 */
export function readEnvelope(body: unknown): Envelope | null {
  if (Array.isArray(body)) {
    if (body.length <= MAX_CALLS) return { single: false, entries: body.map(readEntry) }
    const message = `RPC batch size limit[${MAX_CALLS}] exceeded`
    const refusal: RpcErrorResponse = {
      jsonrpc: '2.0',
      error: { code: RPC_INVALID_REQUEST, message },
    }
    return { single: false, entries: [{ refusal }] }
  }
  return isJsonObject(body) ? { single: true, entries: [readEntry(body)] } : null
}

function readEntry(value: unknown): Envelope['entries'][number] {
  if (value instanceof RefusedEntry) return { refusal: refusedEntry(value) }
  const entry = isJsonObject(value) ? value : {}
  const { id, params } = entry
  const version = scalarText(entry['jsonrpc'])
  const method = scalarText(entry['method'])
  const problems: string[] = []
  if (version !== '2.0') problems.push(`Unsupported JSON-RPC protocol version[${version}]`)
  if (method === null || method === '') problems.push("Method name can't be NULL or empty")
  if (id === undefined || id === null) problems.push("Id can't be NULL")
  else if (!isRpcId(id)) problems.push('An identifier MUST contain a String or a Number')
  if (problems.length === 0 && method !== null && isRpcId(id)) {
    return { call: { id, method, params } }
  }
  const error = { code: RPC_INVALID_REQUEST, message: problems.join(';') } as const
  return { refusal: errorResponse({ id, params }, error) }
}

/** The answer to an entry that a reader could understand in two ways, or that no database stores. */
function refusedEntry({ error: { message, reason }, at, id }: RefusedEntry): RpcErrorResponse {
  const error = {
    code: RPC_INVALID_REQUEST,
    message: `${message} It is at position ${at} of the body.`,
    data: { reason, position: at },
  } as const
  return errorResponse({ id, params: undefined }, error)
}

/** The platform's answer to one failed call. `error.id` is the id of the transaction, if the params have a readable one. */
export function errorResponse(
  { id, params }: { id: unknown; params: unknown },
  { code, message, data }: RpcError,
): RpcErrorResponse {
  const transactionId = isJsonObject(params) ? scalarText(params['transaction_id']) : null
  const error = {
    ...(transactionId === null ? {} : { id: transactionId }),
    code,
    message,
    ...(data === undefined ? {} : { data }),
  }
  return { jsonrpc: '2.0', error, ...(id === undefined || id === null ? {} : { id }) }
}

/** The platform's answer to one applied call: the transaction as it is now. */
export function resultResponse(
  { id }: { id: RpcId },
  result: Readonly<Record<string, unknown>>,
): RpcResultResponse {
  return { jsonrpc: '2.0', result, id }
}

function isRpcId(value: unknown): value is RpcId {
  return typeof value === 'string' || isJsonNumber(value)
}
