import { isJsonNumber, isJsonObject, scalarText } from '../lossless-json.ts'
import { withoutExponent } from '../stellar/amount.ts'
import { RPC_INVALID_REQUEST } from './envelope.ts'
import { readInstant } from './instant.ts'
import { type ParamProblem, unreadableParam } from './param-problem.ts'
import type { Kind } from './status.ts'
import { isTransactionId, MAX_ID_LENGTH, type PlatformTransaction } from './transaction.ts'

/** The shape of a param. Where a text is expected, numbers and booleans are read as texts. */
export type ParamType =
  | 'text'
  | 'instant'
  | 'boolean'
  | 'amount'
  | 'amount_with_asset'
  | 'fee_details'
  | 'refund'
  | 'refund_without_id'
  | 'texts'
  | 'instructions'

export interface Param {
  type: ParamType
  /** `conditional`: other params or the transaction decide. */
  required: boolean | 'conditional'
  /** The kinds of transactions for which the platform reads the param; without it, all kinds. */
  kinds?: readonly Kind[]
}

export interface AmountParam {
  amount?: string
  asset?: string
}

export interface FeeDetailsParam {
  total?: string
  asset?: string
  details?: { name?: string; description?: string; amount?: string }[]
}

export interface RefundParam {
  id?: string
  amount?: AmountParam
  amount_fee?: AmountParam
}

/** The params of an update as they are stored and sent: numbers as texts, no nulls, instants in UTC. */
export interface UpdateParams {
  transaction_id: string
  message?: string
  amount_in?: AmountParam
  amount_out?: AmountParam
  amount_fee?: AmountParam
  amount_expected?: AmountParam
  fee_details?: FeeDetailsParam
  refund?: RefundParam
  user_action_required_by?: string
  funds_sent_at?: string
  funds_received_at?: string
  external_transaction_id?: string
  stellar_transaction_id?: string
  destination_account?: string
  memo?: string
  memo_type?: string
  success?: boolean
  required_customer_info_message?: string
  required_customer_info_updates?: string[]
  instructions?: Record<string, { value?: string; description?: string }>
  customer_id?: string
  customer_type?: string
  /** Params that the method does not have are sent unchanged: this platform ignores them, a newer one may read them. */
  [key: string]: unknown
}

export type ParamsReading =
  | { params: UpdateParams; problems: [] }
  | { params: null; problems: [ParamProblem, ...ParamProblem[]] }

/** An update whose params are checked. */
export interface CheckedUpdate {
  params: UpdateParams
  /** The params that the method has. */
  known: Readonly<Record<string, Param>>
  /** null before the transaction is read. Then the checks that need its kind or status find nothing. */
  transaction: PlatformTransaction | null
  now: Date
}

/** A check of an update's params. It finds the problems in the platform's order, with the platform's texts. */
export type ParamCheck = (update: CheckedUpdate) => ParamProblem[]

/** Whether an update has a param that its method reads. */
export function takes({ known, params }: Pick<CheckedUpdate, 'known' | 'params'>, name: string) {
  return Object.hasOwn(known, name) && params[name] !== undefined
}

/** Whether the platform reads a param for transactions of this kind. */
export function isReadFor(param: Param | undefined, kind: string | undefined): boolean {
  return param?.kinds?.some((one) => one === kind) ?? true
}

/**
 * Reads the params of an update by the shapes that its method declares. The platform does this before it checks anything
 * else, so a problem found here refuses the update in every status.
 */
export function readParams(
  { params: known }: { params: Readonly<Record<string, Param>> },
  value: unknown,
): ParamsReading {
  if (!isJsonObject(value)) {
    return refuse([unreadableParam('params', value, 'an object with the transaction_id')])
  }
  const problems: ParamProblem[] = []
  const params: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null) continue
    const param = Object.hasOwn(known, key) ? known[key] : undefined
    params[key] = param === undefined ? entry : readValue(param.type, entry, key, problems)
  }
  const id = params['transaction_id']
  if (id === undefined && problems.every(({ field }) => field !== 'transaction_id')) {
    const rule = 'the id of a transaction'
    problems.unshift(
      unreadableParam('transaction_id', id, rule, 'transactionId is marked non-null but is null'),
    )
  }
  if (typeof id === 'string' && !isTransactionId(id)) {
    const rule = `1 to ${MAX_ID_LENGTH} characters, without /, \\ and control characters, and not . or ..`
    const message = `Transaction with id[${id.slice(0, MAX_ID_LENGTH).toWellFormed()}] is not found`
    const problem = unreadableParam('transaction_id', id, rule, message)
    problems.unshift({ ...problem, code: RPC_INVALID_REQUEST })
  }
  const [first, ...more] = problems
  if (first !== undefined) return refuse([first, ...more])
  return { params: params as UpdateParams, problems: [] }
}

function refuse(problems: [ParamProblem, ...ParamProblem[]]): ParamsReading {
  return { params: null, problems }
}

function readValue(
  type: ParamType,
  value: unknown,
  field: string,
  problems: ParamProblem[],
): unknown {
  switch (type) {
    case 'text':
      return readText(value, field, problems)
    case 'instant':
      return readInstantParam(value, field, problems)
    case 'boolean':
      return readBoolean(value, field, problems)
    case 'texts':
      return readList(value, field, problems, readText)
    case 'instructions':
      return readInstructions(value, field, problems)
    default:
      return readFields(SHAPES[type], value, field, problems)
  }
}

type Read = (value: unknown, field: string, problems: ParamProblem[]) => unknown

const readText: Read = (value, field, problems) => {
  const text = scalarText(value)
  if (text !== null) return text
  problems.push(unreadableParam(field, value, 'a text'))
}

/** An amount. A serialiser writes very small and very large numbers with an exponent, which is no plain decimal. */
const readDecimal: Read = (value, field, problems) =>
  isJsonNumber(value) ? withoutExponent(value.rawJSON) : readText(value, field, problems)

const readBoolean: Read = (value, field, problems) => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toLowerCase() === 'true'
  problems.push(unreadableParam(field, value, 'true or false'))
}

const readInstantParam: Read = (value, field, problems) => {
  const text = scalarText(value)
  const reading = text === null ? { stopsAt: 0 } : readInstant(text)
  if ('utc' in reading) return reading.utc
  const message = `Text '${text}' could not be parsed at index ${reading.stopsAt}`
  const rule = 'an RFC 3339 time with seconds and a zone, like 2030-01-31T12:00:00Z'
  problems.push(unreadableParam(field, value, rule, text === null ? undefined : message))
}

function readList(value: unknown, field: string, problems: ParamProblem[], read: Read): unknown {
  if (!Array.isArray(value)) {
    problems.push(unreadableParam(field, value, 'a list'))
    return
  }
  return value.map((entry, index) => read(entry, `${field}[${index}]`, problems))
}

const readAmount: Read = (value, field, problems) =>
  readFields(SHAPES.amount_with_asset, value, field, problems)

const readFeeDetail: Read = (value, field, problems) =>
  readFields(SHAPES.fee_detail, value, field, problems)

const readFeeList: Read = (value, field, problems) =>
  readList(value, field, problems, readFeeDetail)

const SHAPES = {
  amount: { amount: readDecimal },
  amount_with_asset: { amount: readDecimal, asset: readText },
  fee_details: { total: readDecimal, asset: readText, details: readFeeList },
  fee_detail: { name: readText, description: readText, amount: readDecimal },
  refund: { id: readText, amount: readAmount, amount_fee: readAmount },
  refund_without_id: { amount: readAmount, amount_fee: readAmount },
} as const satisfies Record<string, Readonly<Record<string, Read>>>

/** The fields of a param that is an object, and the fields of each field that is one; null for other params. */
export function paramFields(
  type: ParamType,
): Readonly<Record<string, readonly string[] | null>> | null {
  if (!Object.hasOwn(SHAPES, type)) return null
  // The asset of a plain amount is the stored one; naming it as well is common, and the platform ignores it.
  const named = type === 'amount' ? 'amount_with_asset' : type
  const shape: Readonly<Record<string, Read>> = SHAPES[named as keyof typeof SHAPES]
  return Object.fromEntries(
    Object.entries(shape).map(([name, read]) => [name, INNER_FIELDS.get(read) ?? null]),
  )
}

const INNER_FIELDS = new Map<Read, readonly string[]>([
  [readAmount, Object.keys(SHAPES.amount_with_asset)],
  [readFeeList, Object.keys(SHAPES.fee_detail)],
])

function readFields(
  shape: Readonly<Record<string, Read>>,
  value: unknown,
  field: string,
  problems: ParamProblem[],
): unknown {
  if (!isJsonObject(value)) {
    problems.push(unreadableParam(field, value, `an object of ${Object.keys(shape).join(', ')}`))
    return
  }
  const known: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null) continue
    const read = Object.hasOwn(shape, key) ? shape[key] : undefined
    known[key] = read === undefined ? entry : read(entry, `${field}.${key}`, problems)
  }
  return known
}

const readInstructions: Read = (value, field, problems) => {
  if (!isJsonObject(value)) {
    problems.push(unreadableParam(field, value, 'an object of instructions'))
    return
  }
  const shape = { value: readText, description: readText }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null)
      .map(([key, entry]) => [key, readFields(shape, entry, `${field}.${key}`, problems)]),
  )
}
