import * as z from 'zod'
import { AppError, type ErrorDetail, invalidBody } from '../errors.ts'
import { redactText } from '../log.ts'
import { nearestNames } from '../nearest.ts'

/** The parameters of a call and the place of each. */
export interface Parameters {
  values: Record<string, unknown>
  origin: Record<string, 'body' | 'query string'>
}

/** The query secret. Only the access decision reads it; it never becomes a parameter. */
const CREDENTIAL = 'secret'

/**
 * Merges the JSON body with the query string. The body wins. An empty query value counts as absent. A value repeated in
 * the query becomes a list.
 */
export function mergeParameters(body: Record<string, unknown>, query: URLSearchParams): Parameters {
  const values: Record<string, unknown> = Object.create(null)
  const origin: Parameters['origin'] = Object.create(null)
  for (const name of new Set(query.keys())) {
    const given = query.getAll(name).filter((value) => value !== '')
    if (given.length === 0) continue
    values[name] = given.length === 1 ? given[0] : given
    origin[name] = 'query string'
  }
  for (const [name, value] of Object.entries(body)) {
    values[name] = value
    origin[name] = 'body'
  }
  delete values[CREDENTIAL]
  return { values, origin }
}

/** The names of the parameters that a schema reads, of an object that may be transformed. */
export function parameterNames(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodPipe) return parameterNames(schema.in as z.ZodType)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/**
 * Refuses a query parameter that the route does not have: a mistyped name would lose its value without a word. Vercel adds
 * the parameters of the path to the query string, and a route's schema names them.
 *
 * @throws AppError `invalid_parameter` with one detail for each unknown name
 */
export function refuseUnknownQuery(known: readonly string[], query: URLSearchParams): void {
  const names = [...new Set(query.keys())].filter((name) => name !== CREDENTIAL)
  // The answer does not grow with the query: each name is answered with all names that are allowed.
  const details = names
    .filter((name) => !known.includes(name))
    .slice(0, MOST_DETAILS)
    .map((name) => {
      const [near] = nearestNames(name, known, 1)
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`
      const message = `${shown(name)} is not a parameter of this route, in the query string${hint}; allowed: ${known.join(', ') || 'none'}`
      return { path: redactText(name.slice(0, MAX_SHOWN_LENGTH)), message }
    })
  if (details.length === 0) return
  throw new AppError('invalid_parameter', details.map(({ message }) => message).join('. '), {
    details,
  })
}

const MOST_DETAILS = 20
const MAX_SHOWN_LENGTH = 80
/** The part of a value that is redacted before it is cut: a caller may send megabytes. */
const MAX_READ_LENGTH = 2_048

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const written = JSON.stringify(value) ?? typeof value
  const text = redactText(written.slice(0, MAX_READ_LENGTH))
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let value = values
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}

function detail(issue: z.core.$ZodIssue, { values, origin }: Parameters): ErrorDetail {
  const [name = ''] = issue.path.map(String)
  const path = issue.path.map(String).join('.')
  const where = origin[name] ?? 'request'
  if (issue.code === 'custom' && issue.params && 'given' in issue.params) {
    const given = shown(issue.params['given'])
    return { path, message: `${path} is ${given} in the ${where}; allowed: ${issue.message}` }
  }
  const value = valueAt(values, issue.path)
  if (where === 'query string' && Array.isArray(value)) {
    return {
      path,
      message: `${path} is given ${value.length} times in the query string; allowed: once`,
    }
  }
  return { path, message: `${path} is ${shown(value)} in the ${where}; allowed: ${issue.message}` }
}

/**
 * Reads parameters by a schema. An AppError thrown inside the schema passes unchanged, so that a route can answer with a
 * code of its own.
 * @throws AppError `invalid_parameter` with one detail for each value that cannot be read
 */
export function parseParameters<S extends z.ZodType>(
  schema: S,
  parameters: Parameters,
): z.output<S> {
  const parsed = schema.safeParse(parameters.values)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map((issue) => detail(issue, parameters))
  throw new AppError('invalid_parameter', details.map(({ message }) => message).join('. '), {
    details,
  })
}

/**
 * Reads the body of a route whose URL names the subject: no key of the body replaces a parameter of the URL.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`
 */
export function parseBody<S extends z.ZodType>(schema: S, body: object): z.output<S> {
  if (Array.isArray(body)) throw invalidBody('The body is an array; allowed: a JSON object.')
  return parseParameters(schema, mergeParameters({ ...body }, new URLSearchParams()))
}

/** An integer from `min` to `max`, as a JSON number or written as a string. */
export function integer(min: number, max: number) {
  const error = `an integer from ${min} to ${max}`
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^-?\d{1,15}$/)
          .transform(Number),
      ],
      { error },
    )
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error })
}

const BOOLEANS = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['false', false],
  ['0', false],
  [0, false],
])

/** A boolean, or true/false/1/0 written as a string in any letter case. */
export function boolean() {
  return z.unknown().transform((value, context): boolean => {
    const read = BOOLEANS.get(typeof value === 'string' ? value.toLowerCase() : value)
    if (read !== undefined) return read
    context.issues.push({ code: 'custom', input: value, message: 'true, false, 1 or 0' })
    return z.NEVER
  })
}

/** One of `values`, in any letter case. */
export function choice<const T extends string>(values: readonly T[]) {
  const error = values.join(', ')
  return z.string({ error }).toLowerCase().pipe(z.enum(values, { error }))
}

/**
 * An instant in UTC. The year 0 and fractions of more than 9 digits are refused: PostgreSQL cannot read them, and the call
 * would look like a database that does not answer.
 */
export function instant() {
  const error = 'an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on'
  return z.iso
    .datetime({ error })
    .refine((text) => !text.startsWith('0000') && !/\.\d{10}/.test(text), { error })
}

/** Where a page begins: the "next" of an earlier page, which the database checks further. */
export function pageCursor(maxCharacters = 400) {
  return z.string().max(maxCharacters, { error: 'the "next" of an earlier page' }).optional()
}

/** A list of at most `max` texts: a JSON array, a parameter repeated in the query, or one comma list. */
export function textList(max: number) {
  const error = `a list of at most ${max} texts`
  return z
    .union([z.array(z.string()), z.string().transform((text) => [text])], { error })
    .transform((texts) =>
      texts
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
        .filter(Boolean),
    )
    .refine((texts) => texts.length <= max, { error })
}

const MAX_CHOICES = 100

/** One or several of `values`, in any letter case: a list as in `textList`. A value that comes twice counts once. */
export function choices<const T extends string>(values: readonly T[]) {
  const error = `one or several of ${values.join(', ')}`
  const byName = new Map(values.map((value) => [value.toLowerCase(), value]))
  return z
    .union([z.array(z.string()), z.string().transform((text) => [text])], { error })
    .transform((given, context): T[] => {
      const texts = given.flatMap((text) => text.split(',')).map((text) => text.trim())
      const found = texts.map((text) => byName.get(text.toLowerCase()))
      const isKnown = found.every((value) => value !== undefined)
      if (isKnown && found.length <= MAX_CHOICES) return [...new Set(found)]
      const wrong = isKnown ? texts.join(',') : texts[found.indexOf(undefined)]
      context.issues.push({
        code: 'custom',
        input: given,
        message: error,
        params: { given: wrong },
      })
      return z.NEVER
    })
}
