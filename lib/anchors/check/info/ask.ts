import type { FetchRequest } from '../../../net/fetch-untrusted.ts'
import { HomeDomainError, urlBelow } from '../../../stellar/home-domain.ts'
import {
  type AnswerClass,
  type AnswerSubject,
  classifyAnswer,
  isPassing,
  REFUSAL_BYTES,
} from '../answer-class.ts'
import type { Finding } from '../finding.ts'
import {
  type CheckIo,
  fetchWithEvidence,
  type RequestEvidence,
  type RequestResult,
} from '../request-evidence.ts'

/**
 * The limit for the decoded text of one answer. The largest known real `/info` has 4 KB. 100 hostile anchors that answer six
 * requests with 512 KB each do not fit into a heap of 128 MB.
 */
const MAX_BYTES = 131_072
/** An extra request must not outlast the `/info` of a rail, which may take 6 s. */
export const EXTRA_TIMEOUT_MS = 4_000

/** What every request to a server of an anchor leads to, whatever it asks for. */
export interface Asked {
  /** `declared`: no usable answer. `reachable`: readable, with faults, or protected. `conformant`: without faults. */
  step: 'declared' | 'reachable' | 'conformant'
  /** The server refuses strangers in the protocol's own words. */
  protected?: true
  /** A failure that the next check may not meet. It proves nothing about the anchor. */
  transient: boolean
  /** The host asked for patience (429 with Retry-After), so it is not asked again in this run. */
  throttled?: true
  evidence?: RequestEvidence
  findings: Finding[]
}

type Answer = Extract<RequestResult, { status: number }>

/** One request: the answer and its class. `actual` is what a finding about it shows. */
export interface Reply<S extends AnswerSubject> {
  class: AnswerClass<S>
  actual: string | number
  url?: string
  answer?: Answer
  evidence?: RequestEvidence
}

/** Asks for a path below an endpoint as the stellar.toml writes it. A failure of the other side is a value. */
export async function askBelow<S extends AnswerSubject>(
  subject: S,
  [endpoint, path, query = '']: [endpoint: string, path: `/${string}`, query?: string],
  request: Partial<FetchRequest>,
  io: CheckIo,
): Promise<Reply<S>> {
  let url: string
  try {
    url = `${urlBelow(endpoint, path)}${query}`
  } catch (error) {
    if (!(error instanceof HomeDomainError)) throw error
    return { class: classifyAnswer({ error: 'url_blocked' }, subject), actual: error.code }
  }
  const bounds = { maxBytes: MAX_BYTES, refusalBytes: REFUSAL_BYTES }
  const answer = await fetchWithEvidence(
    url,
    { accept: 'application/json', ...bounds, ...request },
    io,
  )
  const found = { class: classifyAnswer(answer, subject), url, evidence: answer.evidence }
  if ('error' in answer) return { ...found, actual: answer.error }
  return { ...found, actual: answer.status, answer }
}

/**
 * Whether a protocol that answered 401 or 403 is switched off. The Anchor Platform looks at the token first, so it refuses
 * strangers where it serves nothing; a plain OPTIONS answers 404 there. Other servers answer OPTIONS as they like, so no
 * other answer means anything.
 */
export async function isSwitchedOff(
  endpoint: string,
  path: `/${string}`,
  io: CheckIo,
): Promise<boolean> {
  const request = { method: 'OPTIONS', accept: '*/*', timeoutMs: EXTRA_TIMEOUT_MS } as const
  const reply = await askBelow('info', [endpoint, path], request, io)
  return reply.answer?.status === 404 && reply.class.kind === 'definite'
}

/** The part of a result that follows from the class of an answer that holds no content. */
export function withoutContent<S extends AnswerSubject>(
  { class: { kind }, evidence }: Reply<S>,
  findings: Finding[],
): Asked {
  return {
    step: kind === 'protected' || kind === 'alive' ? 'reachable' : 'declared',
    ...(kind === 'protected' ? { protected: true } : {}),
    transient: isPassing(kind),
    ...(kind === 'throttled' ? { throttled: true } : {}),
    ...(evidence ? { evidence } : {}),
    findings,
  }
}
