import * as z from 'zod'
import { AppError, type Fault, invalidBody, type Place } from '../errors.ts'
import { redactText } from '../log.ts'
import { isJsonNumber, scalarText } from '../lossless-json.ts'
import { nearestNames } from '../nearest.ts'

/** The parameters of a call and the place of each. */
export interface Parameters {
  values: Record<string, unknown>
  origin: Record<string, Place>
  /** Where a parameter that is missing may stand. */
  absent: Place
}

/** The query secret. Only the access decision reads it; it never becomes a parameter. */
const CREDENTIAL = 'secret'

/**
 * Merges the JSON body with the query string. The body wins, except over a parameter of the path. An empty query value
 * counts as absent. A value repeated in the query becomes a list.
 *
 * @param body null for a call without one
 * @param path the names of the path's parameters, which stand in the query too
 */
export function mergeParameters(
  body: Record<string, unknown> | null,
  query: URLSearchParams,
  path: readonly string[] = [],
): Parameters {
  const values: Record<string, unknown> = Object.create(null)
  const origin: Parameters['origin'] = Object.create(null)
  for (const name of new Set(query.keys())) {
    const given = query.getAll(name).filter((value) => value !== '')
    if (given.length === 0) continue
    values[name] = given.length === 1 ? given[0] : given
    origin[name] = path.includes(name) ? 'path' : 'query string'
  }
  for (const [name, value] of Object.entries(body ?? {})) {
    if (origin[name] === 'path') continue
    values[name] = value
    origin[name] = 'body'
  }
  delete values[CREDENTIAL]
  return { values, origin, absent: body === null ? 'query string' : 'request' }
}

/** The names of the parameters that a schema reads, of an object that may be transformed. */
export function parameterNames(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodPipe) return parameterNames(schema.in as z.ZodType)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/**
 * The query parameters that the route does not have: a mistyped name would lose its value without a word. Vercel adds the
 * parameters of the path to the query string, where a caller may not name them a second time.
 *
 * @param known the names that the query string may have
 * @param path the names of the path's parameters
 */
export function alienInQuery(
  known: readonly string[],
  path: readonly string[],
  query: URLSearchParams,
): Fault[] {
  const names = [...new Set(query.keys())].filter((name) => name !== CREDENTIAL)
  const alien = names.filter((name) => !known.includes(name) && !path.includes(name))
  const twice: Fault[] = path
    .filter((name) => query.getAll(name).length > 1)
    .map((name) => ({
      path: name,
      what: shown(name),
      place: 'query string',
      problem: 'is a parameter of the path',
      allowed: known.join(', ') || 'none',
    }))
  return [...unknownNames(alien, known, 'query string', 'a parameter of this route'), ...twice]
}

/** The query parameters without a value: an empty filter would list everything. */
export function emptyInQuery(query: URLSearchParams): Fault[] {
  const names = [...new Set(query.keys())].filter((name) => query.getAll(name).includes(''))
  return names.map((name) => ({
    path: name,
    what: `${name} is ""`,
    place: 'query string',
    allowed: `a value, or no ${name}`,
  }))
}

/** The keys of a body that the route does not have. */
export function alienInBody(
  known: readonly string[],
  body: object,
  kind = 'a key of this route',
): Fault[] {
  const alien = Object.keys(body).filter((name) => !known.includes(name))
  return unknownNames(alien, known, 'body', kind)
}

/** The answer does not grow with the call: of many names the first ones are answered, with all that are allowed. */
function unknownNames(
  names: readonly string[],
  known: readonly string[],
  place: Place,
  kind: string,
): Fault[] {
  return names.slice(0, MOST_DETAILS).map((name) => {
    const [near] = nearestNames(name, known, 1)
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`
    return {
      path: redactText(name.slice(0, MAX_SHOWN_LENGTH)),
      what: shown(name),
      place,
      problem: `is not ${kind}${hint}`,
      allowed: known.join(', ') || 'none',
    }
  })
}

const MOST_DETAILS = 20
const MAX_SHOWN_LENGTH = 80
/** The part of a value that is redacted before it is cut: a caller may send megabytes. */
const MAX_READ_LENGTH = 2_048

/** A value as a message shows it. */
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

function faultOf(issue: z.core.$ZodIssue, { values, origin, absent }: Parameters): Fault {
  const [name = ''] = issue.path.map(String)
  const path = issue.path.map(String).join('.')
  const place = origin[name] ?? absent
  const allowed = issue.message
  if (issue.code === 'custom' && issue.params && 'given' in issue.params) {
    return { path, what: `${path} is ${shown(issue.params['given'])}`, place, allowed }
  }
  const value = valueAt(values, issue.path)
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const [near] = nearestNames(value, issue.values.map(String), 1)
    const problem = near === undefined ? {} : { problem: `(did you mean ${near}?)` }
    return { path, what: `${path} is ${shown(value)}`, place, ...problem, allowed }
  }
  if (place === 'query string' && Array.isArray(value)) {
    return { path, what: `${path} is given ${value.length} times`, place, allowed: 'once' }
  }
  return { path, what: `${path} is ${shown(value)}`, place, allowed }
}

/**
 * Reads parameters by a schema. An AppError thrown inside the schema passes unchanged, so that a route can answer with a
 * code of its own, unless the call has faults already.
 *
 * @param faults what is wrong beside the values. A caller hears of all faults at once.
 * @throws AppError `invalid_parameter` with one detail for each fault and each value that cannot be read
 */
export function parseParameters<S extends z.ZodType>(
  schema: S,
  parameters: Parameters,
  faults: readonly Fault[] = [],
): z.output<S> {
  const parsed = safeParse(schema, parameters, faults)
  if (parsed.success && faults.length === 0) return parsed.data
  const known = new Set(faults.map(({ path }) => path))
  const issues = parsed.error?.issues.map((issue) => faultOf(issue, parameters)) ?? []
  throw new AppError('invalid_parameter', [
    ...faults,
    ...issues.filter(({ path }) => !known.has(path)),
  ])
}

function safeParse<S extends z.ZodType>(
  schema: S,
  { values }: Parameters,
  faults: readonly Fault[],
): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(values)
  } catch (error) {
    if (error instanceof AppError && faults.length > 0) {
      throw new AppError('invalid_parameter', faults)
    }
    throw error
  }
}

/** No key of a decision holds an amount, so that a number needs no digit more than JavaScript keeps. */
const numberOf = (value: unknown) => (isJsonNumber(value) ? Number(scalarText(value)) : value)

type Decided<K extends Record<string, z.ZodObject>> = {
  [D in keyof K]: { decision: D } & z.output<K[D]>
}[keyof K]

/**
 * Reads the body of a decision of a person. A key that the decision does not have is refused: somebody who writes
 * `"force": true` must not hear that all is well when nothing was forced.
 *
 * @param decisions the keys of each decision beside `decision`
 * @throws AppError `invalid_request_body`, `invalid_parameter`
 */
export function parseDecision<const K extends Record<string, z.ZodObject>>(
  decisions: K,
  body: object,
): Decided<K> {
  if (Array.isArray(body)) throw invalidBody('The body is an array; allowed: a JSON object.')
  const read = Object.entries(body).map(([name, value]) => [name, numberOf(value)])
  const merged = mergeParameters(Object.fromEntries(read), new URLSearchParams())
  const parameters = { ...merged, absent: 'body' as const }
  const names = Object.keys(decisions)
  const { decision } = parseParameters(z.object({ decision: choice(names) }), parameters)
  const keys = decisions[decision] ?? z.object({})
  const known = ['decision', ...Object.keys(keys.shape)]
  const alien = alienInBody(known, body, `a key of the decision "${decision}"`)
  return { decision, ...parseParameters(keys, parameters, alien) } as Decided<K>
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
    .meta({ type: 'integer', minimum: min, maximum: max, description: error })
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
  return z
    .unknown()
    .transform((value, context): boolean => {
      const read = BOOLEANS.get(typeof value === 'string' ? value.toLowerCase() : value)
      if (read !== undefined) return read
      context.issues.push({ code: 'custom', input: value, message: 'true, false, 1 or 0' })
      return z.NEVER
    })
    .meta({ type: 'boolean' })
}

/** The forms in which a list is answered. */
export const FORMATS = ['json', 'csv'] as const

/** One of `values`, in any letter case. */
export function choice<const T extends string>(values: readonly T[]) {
  const error = values.join(', ')
  return z
    .string({ error })
    .toLowerCase()
    .pipe(z.enum(values, { error }))
    .meta({ type: 'string', enum: [...values] })
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
    .meta({ type: 'array', items: { type: 'string' }, maxItems: max, description: error })
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
    .meta({ type: 'array', items: { type: 'string', enum: [...values] } })
}
