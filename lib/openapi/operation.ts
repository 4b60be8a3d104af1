import type * as z from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { RouteAccess } from '../http/admit.ts'

/** One answer of an operation that is no error of `ERROR_STATUS`. */
export interface DescribedAnswer {
  description: string
  schema: z.ZodType
  /** The media type, if it is not JSON. */
  mediaType?: string
  /** Whether the answer may be CSV as well. */
  csv?: true
  /** The answer may be events as well: the data of each event but the last, which has the answer itself. */
  events?: z.ZodType
  /** Whether the answer may be Markdown as well. */
  markdown?: true
  /** Headers that a caller may need, by their names. */
  headers?: Readonly<Record<string, string>>
}

/** What the OpenAPI document says of one method of one URL. */
export interface Operation {
  /** With the parameters of the path in braces. */
  path: `/${string}`
  method: 'get' | 'post'
  /** A name that generated clients use. */
  id: string
  tag: 'Catalog' | 'Operation' | 'Transactions' | 'Payments' | 'People' | 'Events' | 'Service'
  summary: string
  description?: string
  access: RouteAccess
  /** The schema by which the route reads its parameters. */
  input: z.ZodType
  /** Where the parameters stand: `both` in the query string or in the body, else only in the one. */
  parametersIn?: 'query' | 'body' | 'both'
  /** The body of a route that reads it apart from its parameters. */
  body?: { schema: z.ZodType; example: unknown }
  /** Whether the call takes an `Idempotency-Key`. */
  idempotent?: true
  answers: Readonly<Record<number, DescribedAnswer>>
  /** The codes of `ERROR_STATUS` that it answers beside those of every call of its kind. */
  errors?: readonly ErrorCode[]
}
