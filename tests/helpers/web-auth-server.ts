import { Networks } from '@stellar/stellar-sdk'
import type { ChallengeOrder } from '../../lib/anchors/check/web-auth/ask.ts'
import {
  type FetchAnswer,
  FetchError,
  type FetchErrorCode,
  type FetchRequest,
} from '../../lib/net/fetch-untrusted.ts'
import {
  buildChallenge,
  ENDPOINT,
  HOME_DOMAIN,
  homeDomainOperation,
  SERVER,
  webAuthDomainOperation,
} from './challenges.ts'
import { fetchAnswer, SHOWN_HEADERS } from './fetch-answer.ts'

export type Answering = (url: URL, request: FetchRequest) => Partial<FetchAnswer> | FetchErrorCode

/** A server that answers each request as a function says. */
export function serverOf(answering: Answering) {
  const asked: { url: URL; request: FetchRequest }[] = []
  const fetch = async (text: string, request: FetchRequest): Promise<FetchAnswer> => {
    const url = new URL(text)
    asked.push({ url, request })
    const answer = answering(url, request)
    if (typeof answer === 'string') throw new FetchError(answer, text, text)
    return fetchAnswer(text, { headers: OPEN, ...answer })
  }
  return { asked, io: { fetch, now: () => new Date() } }
}

export const OPEN = { ...SHOWN_HEADERS, accessControlAllowOrigin: '*' }
export const ORDER: ChallengeOrder & { signingKey: string } = {
  network: 'testnet',
  signingKey: SERVER.publicKey(),
  homeDomain: HOME_DOMAIN,
  endpoint: ENDPOINT,
}

/** Answers as SEP-10 has it, for whatever account asks. */
export function honest(url: URL): Partial<FetchAnswer> {
  const source = url.searchParams.get('account') ?? ''
  const operations = [homeDomainOperation({ source }), webAuthDomainOperation()]
  const transaction = buildChallenge({ operations })
  const text = JSON.stringify({ transaction, network_passphrase: Networks.TESTNET })
  return { text, contentType: 'application/json' }
}
