import { Webhook } from 'standardwebhooks'
import { type FetchAnswer, FetchError, type FetchUntrusted } from '../net/fetch-untrusted.ts'
import { retryAfterMs } from '../net/retry.ts'
import type { Endpoint } from './endpoint.ts'
import { alertBody, webhookBody } from './message.ts'
import type { OutboxEvent } from './store.ts'

export const SEND_TIMEOUT_MS = 10_000
/** A host that asks for more patience is tried again after this time. */
const MOST_PAUSE_SECONDS = 3_600

export interface SendIo {
  fetch: FetchUntrusted
  now: () => Date
  /** The newest first, each `whsec_…`. Receivers that know one of them accept the event. */
  secrets: readonly string[]
}

/** Why an endpoint did not take an event. */
export interface SendFailure {
  /** `http_` with the status, or the code of the guarded fetch. */
  failure: string
  /** How long the host asked to be left alone; null if it did not. */
  pauseSeconds: number | null
}

/**
 * Sends an event to an endpoint, by the guarded fetch: redirects are not followed, and the body of the answer is not read.
 *
 * @param missed as in `webhookBody`
 * @returns null if the endpoint took it, which every status of 200 to 299 says
 */
export async function sendEvent(
  endpoint: Endpoint,
  event: OutboxEvent,
  missed: readonly string[],
  { fetch, now, secrets }: SendIo,
): Promise<SendFailure | null> {
  const json = endpoint.kind === 'alert' ? alertBody(event) : webhookBody(event, missed)
  const signed = endpoint.kind === 'alert' ? {} : signatureHeaders(event.id, json, secrets, now())
  try {
    const answer = await fetch(endpoint.url, {
      json,
      headers: { 'user-agent': 'anchor-ops/1 (webhooks)', ...signed },
      maxBytes: 0,
      ignoreBody: true,
      timeoutMs: SEND_TIMEOUT_MS,
    })
    return failureOf(answer, now())
  } catch (error) {
    if (error instanceof FetchError) return { failure: error.code, pauseSeconds: null }
    throw error
  }
}

function failureOf({ status, retryAfter }: FetchAnswer, now: Date): SendFailure | null {
  if (status >= 200 && status < 300) return null
  const askedMs = retryAfter === null ? null : retryAfterMs(retryAfter, now)
  const pauseSeconds =
    askedMs === null || askedMs <= 0
      ? null
      : Math.min(Math.ceil(askedMs / 1000), MOST_PAUSE_SECONDS)
  return { failure: `http_${status}`, pauseSeconds }
}

/** The headers of Standard Webhooks, with one signature for each secret. */
function signatureHeaders(id: string, body: string, secrets: readonly string[], now: Date) {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, now, body))
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  }
}
