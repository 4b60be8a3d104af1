import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { HomeDomainError, parseHttpsUrl } from '../../../stellar/home-domain.ts'
import { encodeStrKey } from '../../../stellar/strkey.ts'
import { type AnswerClass, classifyAnswer, isPassing, REFUSAL_BYTES } from '../answer-class.ts'
import { type FindingCode, finding } from '../finding.ts'
import {
  type CheckIo,
  corsFault,
  fetchWithOrigin,
  type RequestEvidence,
  type RequestResult,
} from '../request-evidence.ts'
import { ENDPOINT_FIELD, sepNumber } from '../toml/fields.ts'
import { type ExpectedChallenge, type JudgedChallenge, judgeChallenge } from './challenge.ts'
import { type ExpectedEntries, judgeEntries } from './contract-challenge.ts'
import { hiding } from './hide.ts'
import type { Judgement } from './judgement.ts'

/** The limit for the decoded text of an answer. A challenge of SEP-10 has 1 KB, one of SEP-45 4 KB. */
const CHALLENGE_MAX_BYTES = 65_536
/** A challenge must not outlast the `/info` of a rail, which may take 6 s. */
const TIMEOUT_MS = 4_000

/** What the request of a challenge leads to. */
export interface WebAuth extends Judgement {
  /** The server refuses strangers in the protocol's own words. */
  protected?: true
  /** The endpoint is not there, or refuses the home domain that names it. */
  refused?: 'missing' | 'home_domain'
  /** SEP-10: `web_auth_domain` is not the host of the endpoint, so wallets on the Stellar SDK refuse the challenge. */
  webAuthDomainDiffers?: true
  /** A failure that the next check may not meet. It proves nothing about the anchor. */
  transient: boolean
  /** The host asked for patience (429 with Retry-After), so it is not asked again in this run. */
  throttled?: true
  evidence?: RequestEvidence
}

type Answer = Extract<RequestResult, { status: number }>
type WebAuthSep = 'sep10' | 'sep45'

/** Who must sign the challenge, and for whom. */
export type ChallengeOrder = Omit<ExpectedChallenge, 'account' | 'now'>
export type EntriesOrder = Omit<ExpectedEntries, 'account'>

/**
 * Asks for a challenge of SEP-10 for a key pair that is made here and forgotten. A recorded challenge cannot contain it, so
 * only who signs at this moment is verified. Nothing is signed and nothing is posted.
 */
export async function askWebAuth(order: ChallengeOrder, io: CheckIo): Promise<WebAuth> {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const account = encodeStrKey(Buffer.from(x, 'base64url'), 'account')
  const { envelope: _, ...webAuth } = await requestChallenge({ ...order, account }, io)
  return webAuth
}

/** Asks for a challenge of SEP-10 for an account, and judges it. */
export async function requestChallenge(
  expected: Omit<ExpectedChallenge, 'now'>,
  io: CheckIo,
): Promise<WebAuth & Pick<JudgedChallenge, 'envelope'>> {
  const { text, ...webAuth } = await ask('sep10', expected, hiding([expected.account], io))
  if (text === undefined) return webAuth
  const judged = judgeChallenge(text, { ...expected, now: io.now() })
  const differs = judged.findings.some(({ code }) => code === 'web_auth_domain_differs')
  return { ...joined(webAuth, judged), ...(differs ? { webAuthDomainDiffers: true } : {}) }
}

/** Asks for a challenge of SEP-45 for the address of a contract that nobody has. */
export async function askContractWebAuth(order: EntriesOrder, io: CheckIo): Promise<WebAuth> {
  const expected = { ...order, account: encodeStrKey(randomBytes(32), 'contract') }
  const { text, ...webAuth } = await ask('sep45', expected, hiding([expected.account], io))
  return text === undefined ? webAuth : joined(webAuth, judgeEntries(text, expected))
}

function joined<T extends Judgement>(webAuth: WebAuth, judged: T): WebAuth & T {
  return { ...webAuth, ...judged, findings: [...judged.findings, ...webAuth.findings] }
}

/** The judgement of a challenge that did not come. */
const NOTHING: Pick<WebAuth, 'step' | 'refuted' | 'isSigned' | 'transient'> = {
  step: 'declared',
  refuted: [],
  isSigned: false,
  transient: false,
}

interface Asking {
  endpoint: string
  account: string
  homeDomain: string
}

/** `text` is there when an answer may hold a challenge. */
async function ask(
  sep: WebAuthSep,
  asking: Asking,
  io: CheckIo,
): Promise<WebAuth & { text?: string }> {
  const about = { sep: sepNumber(sep), field: ENDPOINT_FIELD[sep] }
  const found = (code: FindingCode, actual: unknown) => finding(code, { ...about, actual })
  const url = challengeUrl(asking)
  if (url instanceof HomeDomainError) {
    return { ...NOTHING, findings: [found('web_auth_blocked', url.code)] }
  }
  const answer = await fetchChallenge(url, io)
  const { evidence } = answer
  const answered = classifyAnswer(answer, 'challenge')
  if ('error' in answer || answered.kind !== 'ok') {
    const { ending, ...refusal } = readRefusal(answered, answer, url)
    const actual = 'error' in answer ? answer.error : answer.status
    return { ...NOTHING, ...refusal, evidence, findings: [found(`web_auth_${ending}`, actual)] }
  }
  const findings = deliveryOf(answer, url).map(([code, actual]) => found(code, actual))
  return { ...NOTHING, evidence, findings, text: answer.text }
}

/** The endpoint with the parameters beside those of its own query, or why it may not be asked. */
function challengeUrl({ endpoint, account, homeDomain }: Asking): string | HomeDomainError {
  try {
    const url = parseHttpsUrl(endpoint)
    url.searchParams.set('account', account)
    url.searchParams.set('home_domain', homeDomain)
    return url.href
  } catch (error) {
    if (error instanceof HomeDomainError) return error
    throw error
  }
}

function fetchChallenge(url: string, io: CheckIo): Promise<RequestResult> {
  const request = {
    accept: 'application/json',
    maxBytes: CHALLENGE_MAX_BYTES,
    refusalBytes: REFUSAL_BYTES,
    timeoutMs: TIMEOUT_MS,
  }
  return fetchWithOrigin(url, request, io)
}

type Ending = Exclude<AnswerClass<'challenge'>, { kind: 'ok' }>['ending'] | 'unknown_account'

/** What an answer without a challenge shows: a refusal of this client is a sign of life. */
function readRefusal(
  answered: AnswerClass<'challenge'>,
  answer: RequestResult,
  url: string,
): { ending: Ending } & Partial<WebAuth> {
  const { kind, ending } = answered.kind === 'ok' ? UNKNOWN : answered
  if (ending === 'not_found') {
    if (namesUnknownAccount(answer, url)) return { ending: 'unknown_account', step: 'reachable' }
    const isMissing = 'status' in answer && (answer.status === 404 || answer.status === 410)
    return { ending, ...(isMissing ? { refused: 'missing' } : {}) }
  }
  const isAlive = ending === 'refused' || ending === 'home_domain' || kind === 'protected'
  return {
    ending,
    step: isAlive ? 'reachable' : 'declared',
    ...(kind === 'protected' ? { protected: true } : {}),
    ...(ending === 'home_domain' ? { refused: 'home_domain' } : {}),
    ...(kind === 'throttled' ? { throttled: true } : {}),
    transient: isPassing(kind),
  }
}

const UNKNOWN = { kind: 'definite', ending: 'status' } as const

/**
 * Whether a 404 is about the account: SEP-10 leaves it to the POST whether the account is on the ledger. The path may hold
 * the word too (`No static resource accounts/auth`).
 */
function namesUnknownAccount(answer: RequestResult, url: string): boolean {
  if (!('status' in answer) || !answer.text.trimStart().startsWith('{')) return false
  const { pathname } = new URL(url)
  const words = answer.text.replaceAll(pathname.slice(1), '').toLowerCase()
  const unknown = ['not found', 'not exist', 'unknown', 'unfunded', 'no such']
  return words.includes('account') && unknown.some((word) => words.includes(word))
}

function deliveryOf(answer: Answer, url: string): [FindingCode, string][] {
  const found: [FindingCode, string][] = []
  const fault = corsFault(answer)
  if (fault !== null) found.push(['web_auth_cors', fault])
  const host = URL.parse(answer.url)?.hostname
  if (host !== URL.parse(url)?.hostname) found.push(['web_auth_redirected', host ?? 'none'])
  return found
}
