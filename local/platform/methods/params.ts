import { formatInstant, parseInstant } from '../instants.ts'
import { isJsonObject, type Json, JsonNumber, type JsonObject, javaNumber } from '../json-body.ts'
import { internalError } from '../rpc-error.ts'

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
  required_customer_info_updates?: string[]
  destination_account?: string
  memo?: string
  memo_type?: string
  customer_id?: string
  customer_type?: string
}
export type ParamName = keyof Params

type Decode<T> = (value: Json, path: string) => T

/** The message of Java's JSON reader. The emulator does not count columns and always names column 2. */
function wrongType(expected: string, value: Json, path: string): Error {
  return internalError(
    `java.lang.IllegalStateException: Expected ${expected} but was ${tokenOf(value)} at line 1 column 2 path ${path}`,
  )
}

function tokenOf(value: Json): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return 'STRING'
  if (typeof value === 'boolean') return 'BOOLEAN'
  if (value instanceof JsonNumber) return 'NUMBER'
  return Array.isArray(value) ? 'BEGIN_ARRAY' : 'BEGIN_OBJECT'
}

/** Reads a text. A number or a boolean is read as the text that Java prints for it. */
const text: Decode<string> = (value, path) => {
  if (typeof value === 'string') return value
  if (value instanceof JsonNumber) return javaNumber(value.source)
  if (typeof value === 'boolean') return String(value)
  throw wrongType('a string', value, path)
}

const object: Decode<JsonObject> = (value, path) => {
  if (isJsonObject(value)) return value
  throw wrongType('BEGIN_OBJECT', value, path)
}

function field<T>(decode: Decode<T>, owner: JsonObject, name: string, path: string): T | undefined {
  const value = owner[name]
  return value === undefined || value === null ? undefined : decode(value, `${path}.${name}`)
}

function list<T>(decode: Decode<T>): Decode<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType('BEGIN_ARRAY', value, path)
    return value.map((one, index) => decode(one, `${path}[${index}]`))
  }
}

const instant: Decode<string> = (value, path) => {
  try {
    return formatInstant(parseInstant(text(value, path)))
  } catch (error) {
    throw internalError((error as Error).message)
  }
}

const boolean: Decode<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toLowerCase() === 'true'
  throw wrongType('a boolean', value, path)
}

const amountAsset: Decode<AmountParam> = (value, path) => {
  const owner = object(value, path)
  return { amount: field(text, owner, 'amount', path), asset: field(text, owner, 'asset', path) }
}

/** Reads an amount without its asset: the stored asset counts, and the platform does not read an `asset` key. */
const amount: Decode<AmountParam> = (value, path) => ({
  amount: field(text, object(value, path), 'amount', path),
  asset: undefined,
})

const feeDetail: Decode<FeeDetailParam> = (value, path) => {
  const owner = object(value, path)
  return {
    name: field(text, owner, 'name', path),
    description: field(text, owner, 'description', path),
    amount: field(text, owner, 'amount', path),
  }
}

const feeDetails: Decode<FeeDetailsParam> = (value, path) => {
  const owner = object(value, path)
  return {
    total: field(text, owner, 'total', path),
    asset: field(text, owner, 'asset', path),
    details: field(list(feeDetail), owner, 'details', path),
  }
}

const refund: Decode<RefundParam> = (value, path) => {
  const owner = object(value, path)
  return {
    id: field(text, owner, 'id', path),
    amount: field(amountAsset, owner, 'amount', path),
    amount_fee: field(amountAsset, owner, 'amount_fee', path),
  }
}

const refundRequest: Decode<RefundParam> = (value, path) => {
  const { id: _ignored, ...rest } = object(value, path)
  return refund(rest, path)
}

const instructions: Decode<InstructionsParam> = (value, path) =>
  Object.fromEntries(
    Object.entries(object(value, path)).map(([name, instruction]) => {
      const owner = object(instruction, `${path}.${name}`)
      const inner = `${path}.${name}`
      return [
        name,
        {
          value: field(text, owner, 'value', inner),
          description: field(text, owner, 'description', inner),
        },
      ]
    }),
  )

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
  const decoded: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object(params, '$'))) {
    const type = Object.hasOwn(types, name) ? types[name as ParamName] : undefined
    if (type !== undefined && value !== null) decoded[name] = DECODERS[type](value, `$.${name}`)
  }
  return decoded as Params
}

/** Reads the transaction id of an item; undefined when it cannot be read. */
export function transactionIdOf(params: Json | undefined): string | undefined {
  if (!isJsonObject(params)) return undefined
  const id = params['transaction_id']
  if (typeof id === 'string') return id
  if (id instanceof JsonNumber) return javaNumber(id.source)
  return typeof id === 'boolean' ? String(id) : undefined
}
