import { formatInstant, parseInstant } from '../instants.ts'
import { isJsonObject, type Json, JsonNumber, type JsonObject, javaNumber } from '../json-body.ts'
import { internalError, RpcError } from '../rpc-error.ts'
import { type Place, placeAt, placeIn, ROOT, wrongType } from './param-place.ts'

export interface AmountParam {
  amount: string | undefined
  asset: string | undefined
}
export interface FeeDetailsParam {
  total: string | undefined
  asset: string | undefined
  details: FeeDetailParam[] | undefined
}
export interface FeeDetailParam {
  name: string | undefined
  description: string | undefined
  amount: string | undefined
}
export interface RefundParam {
  id: string | undefined
  amount: AmountParam | undefined
  amount_fee: AmountParam | undefined
}
export type InstructionsParam = Record<
  string,
  { value: string | undefined; description: string | undefined }
>

export interface Params {
  transaction_id?: string
  message?: string
  amount_in?: AmountParam
  amount_out?: AmountParam
  amount_fee?: AmountParam
  fee_details?: FeeDetailsParam
  amount_expected?: AmountParam
  user_action_required_by?: string
  instructions?: InstructionsParam
  funds_sent_at?: string
  funds_received_at?: string
  external_transaction_id?: string
  stellar_transaction_id?: string
  refund?: RefundParam
  success?: boolean
  required_customer_info_message?: string
  required_customer_info_updates?: (string | null)[]
  destination_account?: string
  memo?: string
  memo_type?: string
  customer_id?: string
  customer_type?: string
}
export type ParamName = keyof Params

type Decode<T> = (value: Json, place: Place) => T

/** Reads a text. A number or a boolean is read as the text that Java prints for it. */
const text: Decode<string> = (value, place) => {
  if (typeof value === 'string') return value
  if (value instanceof JsonNumber) return javaNumber(value.source)
  if (typeof value === 'boolean') return String(value)
  throw wrongType('a string', value, place)
}

const object: Decode<JsonObject> = (value, place) => {
  if (isJsonObject(value)) return value
  throw wrongType('BEGIN_OBJECT', value, place)
}

function field<T>(decode: Decode<T>, owner: JsonObject, name: string, place: Place): T | undefined {
  const value = owner[name]
  if (value === undefined || value === null) return undefined
  return decode(value, placeIn(place, owner, name))
}

/** Reads a list. A null in it stays there. */
function list<T>(decode: Decode<T>): Decode<(T | null)[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrongType('BEGIN_ARRAY', value, place)
    return value.map((one, index) =>
      one === null ? null : decode(one, placeAt(place, value, index)),
    )
  }
}

const instant: Decode<string> = (value, place) => {
  try {
    return formatInstant(parseInstant(text(value, place)))
  } catch (error) {
    throw internalError((error as Error).message)
  }
}

const boolean: Decode<boolean> = (value, place) => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toLowerCase() === 'true'
  throw wrongType('a boolean', value, place)
}

const amountAsset: Decode<AmountParam> = (value, place) => {
  const owner = object(value, place)
  return { amount: field(text, owner, 'amount', place), asset: field(text, owner, 'asset', place) }
}

/** Reads an amount without its asset: the stored asset counts, and the platform does not read an `asset` key. */
const amount: Decode<AmountParam> = (value, place) => ({
  amount: field(text, object(value, place), 'amount', place),
  asset: undefined,
})

const feeDetail: Decode<FeeDetailParam> = (value, place) => {
  const owner = object(value, place)
  return {
    name: field(text, owner, 'name', place),
    description: field(text, owner, 'description', place),
    amount: field(text, owner, 'amount', place),
  }
}

/** A null pointer exception, which has no text. */
function withoutNull<T>(one: T | null): T {
  if (one === null) throw internalError('')
  return one
}

const feeDetails: Decode<FeeDetailsParam> = (value, place) => {
  const owner = object(value, place)
  return {
    total: field(text, owner, 'total', place),
    asset: field(text, owner, 'asset', place),
    details: field(list(feeDetail), owner, 'details', place)?.map(withoutNull),
  }
}

const refund: Decode<RefundParam> = (value, place) => {
  const owner = object(value, place)
  return {
    id: field(text, owner, 'id', place),
    amount: field(amountAsset, owner, 'amount', place),
    amount_fee: field(amountAsset, owner, 'amount_fee', place),
  }
}

const refundRequest: Decode<RefundParam> = (value, place) => {
  const { id: _ignored, ...rest } = object(value, place)
  return refund(rest, place)
}

/** An empty list is read as no instructions. */
const instructions: Decode<InstructionsParam> = (value, place) => {
  if (Array.isArray(value) && value.length === 0) return {}
  const all = object(value, place)
  return Object.fromEntries(
    Object.entries(all).map(([name, instruction]) => {
      // The reader has taken the name from the path when it meets the value.
      const inner = placeIn(place, all, name, '')
      const owner = object(instruction, inner)
      return [
        name,
        {
          value: field(text, owner, 'value', inner),
          description: field(text, owner, 'description', inner),
        },
      ]
    }),
  )
}

const DECODERS = {
  text,
  instant,
  boolean,
  amount,
  amountAsset,
  feeDetails,
  refund,
  refundRequest,
  instructions,
  textList: list(text),
}
export type ParamType = keyof typeof DECODERS
export type ParamTypes = Partial<Record<ParamName, ParamType>>

/** Reads the params of a method. Null equals absent, and other keys are ignored. @throws RpcError (-32603) */
export function decodeParams(params: Json | undefined, types: ParamTypes): Params {
  if (params === undefined || params === null) {
    throw internalError(
      'Cannot invoke "org.stellar.anchor.api.rpc.method.RpcMethodParamsRequest.getTransactionId()" because "request" is null',
    )
  }
  const owner = object(params, ROOT)
  checkBase(owner)
  const decoded: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(owner)) {
    const type = Object.hasOwn(types, name) ? types[name as ParamName] : undefined
    if (type !== undefined && value !== null) {
      decoded[name] = DECODERS[type](value, placeIn(ROOT, owner, name))
    }
  }
  return decoded as Params
}

/** The platform reads what all methods have first. Its refusal of that names no transaction. */
function checkBase(owner: JsonObject): void {
  try {
    for (const name of Object.keys(owner)) {
      if (name === 'transaction_id' || name === 'message') field(text, owner, name, ROOT)
    }
  } catch (error) {
    throw new RpcError(-32603, (error as Error).message, { hidesId: true })
  }
}

/** Reads the transaction id of an item; undefined when it cannot be read. */
export function transactionIdOf(params: Json | undefined): string | undefined {
  if (!isJsonObject(params)) return undefined
  const id = params['transaction_id']
  if (typeof id === 'string') return id
  if (id instanceof JsonNumber) return javaNumber(id.source)
  return typeof id === 'boolean' ? String(id) : undefined
}
