import { isJsonNumber, isJsonObject, parseLosslessJson } from '../../lossless-json.ts'
import { isUpdateMethod, rpcMethods } from '../methods.ts'
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

/** The body of the request with all questions. @param id makes an id that no transaction has */
export function questionBody(id: () => string): string {
  const requests = QUESTIONS.map(({ method, param }, index) => ({
    jsonrpc: '2.0',
    id: String(index),
    method,
    params: { transaction_id: id(), ...(param === undefined ? {} : { [param]: {} }) },
  }))
  return JSON.stringify(requests)
}

/** Reads the answers to the questions, in their order. */
export function readAnswers(text: string): Signs['answers'] {
  const responses = parsed(text)
  return QUESTIONS.map((question, index) => {
    const response = Array.isArray(responses)
      ? responses.find((one) => isJsonObject(one) && one['id'] === String(index))
      : undefined
    return isJsonObject(response) ? answerOf(question, response['error']) : null
  })
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

/** Whether two releases read an update of this method in the same way. */
export function readAlike(method: string, one: Release, other: Release): boolean {
  if (one === other) return true
  const [first, second] = [rpcMethods(one).get(method), rpcMethods(other).get(method)]
  if (first === undefined || second === undefined) return first === second
  if (!isUpdateMethod(first)) return true
  const [ofFirst, ofSecond] = [first, second].map(({ params }) => Object.keys(params).sort().join())
  return ofFirst === ofSecond
}
