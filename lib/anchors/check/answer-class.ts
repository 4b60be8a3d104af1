import { isJsonObject, readJsonKeepingDigits } from '../../lossless-json.ts'
import type { FetchAnswer, FetchErrorCode } from '../../net/fetch-untrusted.ts'
import { FAILURE_KIND } from './request-evidence.ts'

/**
 * What an answer says about the anchor. `ok`: it holds what was asked for. `alive`: the server answers with a rule of its
 * own. `protected`: the protocol refuses strangers. `definite`: it is wrong, and will be at the next check. The other three
 * say nothing about the anchor: `transient` may pass, `throttled` asks for patience, `walled` was written by a firewall or a
 * web server in front.
 */
export type AnswerKind =
  | 'ok'
  | 'alive'
  | 'protected'
  | 'definite'
  | 'transient'
  | 'throttled'
  | 'walled'

/** What was asked for. The same refusal means something else to each of them. */
export type AnswerSubject = 'info' | 'challenge' | 'customer' | 'prices'

type WrongEnding =
  | (typeof FAILURE_KIND)[FetchErrorCode]
  | 'status'
  | 'throttled'
  | 'walled'
  | 'not_found'
  | 'html'

interface EndingOf {
  info: { wrong: WrongEnding; protected: 'protected'; alive: never }
  challenge: {
    wrong: WrongEnding | 'refused' | 'home_domain'
    protected: 'protected' | 'refused'
    alive: never
  }
  customer: { wrong: WrongEnding; protected: 'protected'; alive: 'refused' }
  prices: { wrong: WrongEnding | 'failing'; protected: 'protected'; alive: 'refused' }
}

/** The class of an answer, and how the code of its finding ends: `walled` of `info_walled`. */
export type AnswerClass<S extends AnswerSubject> =
  | { kind: 'ok' }
  | { kind: 'alive'; ending: EndingOf[S]['alive'] }
  | { kind: 'protected'; ending: EndingOf[S]['protected'] }
  | {
      kind: 'definite' | 'transient' | 'throttled' | 'walled'
      ending: EndingOf[S]['wrong']
    }

export type ClassifiedAnswer =
  | { error: FetchErrorCode }
  | Pick<FetchAnswer, 'status' | 'contentType' | 'retryAfter' | 'headers' | 'text'>

/** How many bytes of a refusal a request must ask for, so that its words can be read. */
export const REFUSAL_BYTES = 4_096

/**
 * Who wrote the body. `wall`: a firewall that names itself. `demand`: the answer asks for credentials in its headers.
 * `refusal`: an object with `error` or `type`, as the SEPs have it. `html`: a page. `other`: anything else, or nothing.
 */
type Voice = 'wall' | 'demand' | 'refusal' | 'html' | 'other'

/** A number below 10 is all statuses that begin with it. */
type Statuses = readonly number[]

interface Condition {
  subjects?: readonly AnswerSubject[]
  /** What the `error` or the `type` of a refusal says. */
  words?: RegExp
  retryAfter?: true
}

type Rule = readonly [
  statuses: Statuses,
  voices: readonly Voice[],
  kind: Exclude<AnswerKind, 'ok'>,
  ending: EndingOf[AnswerSubject]['wrong' | 'protected'],
  only?: Condition,
]

const ANY: readonly Voice[] = ['wall', 'demand', 'refusal', 'html', 'other']
/** A name of a host may hold the word "authorization", and none may hold an underscore. */
const HOME_DOMAIN: Condition = { subjects: ['challenge'], words: /home_domain/i }
const CREDENTIALS: Condition = { subjects: ['challenge'], words: /client_domain|authorization/i }
const OWN_RULE: Condition = { subjects: ['customer', 'prices'] }
/** What the Anchor Platform makes of a 404 of the business that has no words, and of a protocol that is off. */
const BUSINESS_GONE: Condition = { subjects: ['prices'], words: /^Not Found$/ }
const SWITCHED_OFF: Condition = { subjects: ['prices'], words: /^No static resource / }

/** The first rule that fits decides. An answer with status 200 and without a fault of form meets none. */
const RULES: readonly Rule[] = [
  [[1, 2, 3, 4, 5], ['wall'], 'walled', 'walled'],
  [[200], ['html'], 'definite', 'html'],
  [[400, 422], ['refusal'], 'definite', 'home_domain', HOME_DOMAIN],
  [[400, 422], ['refusal'], 'protected', 'refused', CREDENTIALS],
  [[400, 422], ['refusal'], 'definite', 'refused', { subjects: ['challenge'] }],
  [[400, 422], ['refusal'], 'alive', 'refused', OWN_RULE],
  [[400, 422], ['refusal'], 'definite', 'status'],
  [[401, 403], ['refusal', 'demand'], 'protected', 'protected'],
  [[400, 401, 403, 422], ANY, 'walled', 'walled'],
  [[404], ['html'], 'walled', 'walled'],
  [[404], ['refusal'], 'transient', 'failing', BUSINESS_GONE],
  [[404], ['refusal'], 'definite', 'not_found', SWITCHED_OFF],
  [[404], ['refusal'], 'alive', 'refused', { subjects: ['prices'] }],
  [[404, 405, 406, 410, 501], ANY, 'definite', 'not_found'],
  [[429], ANY, 'throttled', 'throttled', { retryAfter: true }],
  [[408, 425, 429], ANY, 'transient', 'status'],
  [[5], ANY, 'transient', 'failing', { subjects: ['prices'] }],
  [[3, 5], ANY, 'transient', 'status'],
  [[4], ['html'], 'walled', 'walled'],
  [[2, 4], ANY, 'definite', 'status'],
]

/** Tells what an answer, or a failure to get one, says about the anchor. The body of an `ok` answer is not read. */
export function classifyAnswer<S extends AnswerSubject>(
  answer: ClassifiedAnswer,
  subject: S,
): AnswerClass<S> {
  if ('error' in answer) {
    const ending = FAILURE_KIND[answer.error]
    const kind = ending === 'timeout' || ending === 'unreachable' ? 'transient' : 'definite'
    return { kind, ending } as AnswerClass<S>
  }
  const { voice, words } = listen(answer)
  if (answer.status === 200 && voice !== 'wall' && voice !== 'html') return { kind: 'ok' }
  const rule = RULES.find(
    ([statuses, voices, , , only = {}]) =>
      (statuses.includes(answer.status) || statuses.includes(Math.floor(answer.status / 100))) &&
      voices.includes(voice) &&
      (only.subjects?.includes(subject) ?? true) &&
      (only.words?.test(words) ?? true) &&
      (only.retryAfter === undefined || answer.retryAfter !== null),
  )
  const [, , kind, ending] = rule ?? [0, 0, 'definite', 'status']
  // A rule with an ending that only some subjects have names these subjects.
  return { kind, ending } as AnswerClass<S>
}

/** Whether the next check may meet something else, so that earlier evidence is kept. */
export function isPassing(kind: AnswerKind): boolean {
  return kind === 'transient' || kind === 'throttled' || kind === 'walled'
}

function listen(answer: Exclude<ClassifiedAnswer, { error: FetchErrorCode }>): {
  voice: Voice
  words: string
} {
  const { status, headers, contentType } = answer
  const text = answer.text.replace(/^\uFEFF/, '').trimStart()
  if (headers.cfMitigated !== null) return { voice: 'wall', words: '' }
  if (text.startsWith('<')) {
    const demands = headers.wwwAuthenticate !== null && status !== 200
    return { voice: demands ? 'demand' : 'html', words: '' }
  }
  if (status === 200) return { voice: 'other', words: '' }
  const refusal = readRefusal(text)
  if (refusal !== null) return refusal
  if (headers.wwwAuthenticate !== null) return { voice: 'demand', words: '' }
  return { voice: text !== '' && /\bhtml\b/i.test(contentType) ? 'html' : 'other', words: '' }
}

function readRefusal(text: string): { voice: Voice; words: string } | null {
  const body = text.startsWith('{') ? readJsonKeepingDigits(text) : undefined
  if (isJsonObject(body)) {
    if (body['cloudflare_error'] === true) return { voice: 'wall', words: '' }
    const said = body['error'] ?? body['type']
    if (said === undefined || said === null) return null
    return { voice: 'refusal', words: typeof said === 'string' ? said : '' }
  }
  // The rest of a long refusal was not read.
  const cut = /^\{\s*"(?:error|type)"\s*:\s*"([^"\\]{0,200})/.exec(text)
  return body === undefined && cut !== null ? { voice: 'refusal', words: cut[1] ?? '' } : null
}
