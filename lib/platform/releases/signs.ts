import { isJsonNumber, isJsonObject, parseLosslessJson } from '../../lossless-json.ts'
import { rpcMethods } from '../methods.ts'
import { isBatchLimit } from '../reply.ts'
import { FAMILIES, type Release, type ReleaseFamily } from './families.ts'

/**
 * A question that changes nothing, because it names a transaction that does not exist. `method`: whether the platform has
 * the method. `param`: whether the method reads the param, which is given in a form that a reader refuses.
 */
export type Question = { method: string; param?: string }

/** One question or two for each family that differs from the one before it in something that can be asked. */
export const QUESTIONS: readonly Question[] = FAMILIES.flatMap(questionsAbout)

function questionsAbout({ removed = {}, added = {}, changed = {} }: ReleaseFamily): Question[] {
  const methods = [removed, added].flatMap((names) => Object.keys(names).slice(0, 1))
  if (methods.length > 0) return methods.map((method) => ({ method }))
  const params = Object.entries(changed).flatMap(([method, { params = {} }]) =>
    Object.keys(params).map((param) => ({ method, param })),
  )
  return params.slice(0, 1)
}

/** How the platform words the 404 of a path that it does not have: the releases of its web framework differ in it. */
export type NotFoundForm = NonNullable<ReleaseFamily['notFound']>

/** What a platform showed of itself. */
export interface Signs {
  /** For each question whether the answer was yes; null if it was not told. */
  answers: (boolean | null)[]
  notFound: NotFoundForm | null
}

/**
 * The bodies of the requests that ask all questions: one request, or where the platform takes no such batch, one for each.
 *
 * @param id makes an id that no transaction has
 */
export function questionBodies(id: () => string, how: 'together' | 'one_by_one'): string[] {
  const requests = QUESTIONS.map(({ method, param }, index) => ({
    jsonrpc: '2.0',
    id: String(index),
    method,
    params: { transaction_id: id(), ...(param === undefined ? {} : { [param]: {} }) },
  }))
  const batches = how === 'together' ? [requests] : requests.map((request) => [request])
  return batches.map((batch) => JSON.stringify(batch))
}

/** Reads the answers to the questions, in their order, out of the answers to the requests. */
export function readAnswers(texts: readonly string[]): Signs['answers'] {
  const responses = texts.map(parsed).filter(Array.isArray).flat()
  return QUESTIONS.map((question, index) => {
    const response = responses.find((one) => isJsonObject(one) && one['id'] === String(index))
    return isJsonObject(response) ? answerOf(question, response['error']) : null
  })
}

/** Whether the platform takes fewer calls in one request than there are questions (`rpc.batch_size_limit`). */
export function isTooManyQuestions(text: string): boolean {
  const responses = parsed(text)
  return Array.isArray(responses) && responses.length === 1 && isBatchLimit(responses[0])
}

function answerOf({ param }: Question, error: unknown): boolean | null {
  if (!isJsonObject(error) || !isJsonNumber(error['code'])) return null
  const isMissing = error['code'].rawJSON === '-32601'
  if (param === undefined) return !isMissing
  // Params that cannot be read are refused before the transaction is looked for, without its id.
  if (error['code'].rawJSON === '-32603' && error['id'] === undefined) return true
  const { message } = error
  return typeof message === 'string' && message.endsWith('is not found') ? false : null
}

/** Reads the form of a 404; null for one that neither form has, such as that of a gateway. */
export function readNotFound(status: number, text: string): NotFoundForm | null {
  const body = parsed(text)
  if (status !== 404 || !isJsonObject(body) || typeof body['error'] !== 'string') return null
  if (body['error'].startsWith('No static resource')) return 'no_static_resource'
  return 'timestamp' in body && 'path' in body ? 'error_document' : null
}

function parsed(text: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch {
    return undefined
  }
}

/** `alike`: other families that these questions cannot tell from the found one. */
export type Judged =
  | { kind: 'found'; release: Release; alike: Release[] }
  | { kind: 'unclear'; reason: string }

/** Whether a platform told anything of its methods. Gateways answer in its place when it is away. */
export function isTold({ answers }: Signs): boolean {
  return answers.some((answer) => answer !== null)
}

/** Tells which family shows these signs. Signs that contradict each other tell nothing. */
export function judgeSigns({ answers, notFound }: Signs): Judged {
  const fitting = FAMILIES.filter((family) =>
    QUESTIONS.every((question, index) => {
      const answer = answers[index] ?? null
      return answer === null || answer === expected(question, family.name)
    }),
  )
  const shown = QUESTIONS.map(({ method, param }, index) => {
    const answer = answers[index] ?? null
    return `${param ?? method}: ${answer === null ? 'not told' : answer ? 'yes' : 'no'}`
  }).join(', ')
  const [first] = fitting
  if (first === undefined) return unclear(`no known release answers so (${shown})`)
  const alike = fitting.filter(({ name }) => isAlike(name, first.name))
  if (alike.length < fitting.length) {
    const names = fitting.map(({ name }) => name).join(', ')
    return unclear(`its answers fit the releases ${names} (${shown})`)
  }
  const found = alike.find(({ knownBy }) => knownBy === 'run') ?? first
  const known = (found as ReleaseFamily).notFound
  if (known !== undefined && notFound !== null && known !== notFound) {
    return unclear(
      `its methods are those of ${found.name} (${shown}), and the form of its 404 is that of another release`,
    )
  }
  return { kind: 'found', release: found.name, alike: alikeTo(found.name) }
}

function unclear(reason: string): Judged {
  return { kind: 'unclear', reason }
}

function expected({ method: name, param }: Question, release: Release): boolean {
  const method = rpcMethods(release).get(name)
  if (param === undefined) return method !== undefined
  return method !== undefined && Object.hasOwn(method.params, param)
}

function isAlike(one: Release, other: Release): boolean {
  return QUESTIONS.every((question) => expected(question, one) === expected(question, other))
}

/** The other families that the questions cannot tell from this one. */
export function alikeTo(release: Release): Release[] {
  return FAMILIES.map(({ name }) => name).filter(
    (name) => name !== release && isAlike(name, release),
  )
}

/** The part of an update that a release reads. */
export interface ReadPart {
  method: string
  params: Readonly<Record<string, unknown>>
}

/** Whether two releases read an update in the same way: both have its method, and each of its params or neither. */
export function readAlike({ method, params }: ReadPart, one: Release, other: Release): boolean {
  const [first, second] = [rpcMethods(one).get(method), rpcMethods(other).get(method)]
  if (first === undefined || second === undefined) return first === second
  return Object.keys(params).every(
    (name) => Object.hasOwn(first.params, name) === Object.hasOwn(second.params, name),
  )
}

/** Whether every release reads an update as this one does. */
export function readAlikeByAll(update: ReadPart, release: Release): boolean {
  return FAMILIES.every(({ name }) => readAlike(update, release, name))
}
