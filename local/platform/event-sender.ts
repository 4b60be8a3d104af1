import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import type { EmulatorConfig } from './emulator-state.ts'
import { EVENT_QUEUE_AWAY_MS } from './faults.ts'
import { dateOf, formatInstant } from './instants.ts'
import type { PlatformEvent } from './rpc-endpoint.ts'

/** Kafka's producer lingers 1 s before it hands an event on: an accepted call took 1.02 to 1.08 s. */
const PUBLISH_MS = 1_050
/** An event that was refused comes again after 1, 2, 4 … 256, 300 s. */
const LONGEST_REPEAT_MS = 300_000
const TOKEN_SECONDS = 30

/** How long a call that saved waits for its event before it is answered. */
export function publishMs({ events_enabled, events_queue }: EmulatorConfig): number {
  if (!events_enabled) return 0
  return events_queue === 'there' ? PUBLISH_MS : EVENT_QUEUE_AWAY_MS
}

export interface EventSender {
  /** Delivers an event. One that is published while the queue is away is lost. */
  publish: (event: PlatformEvent, config: EmulatorConfig) => void
}

/**
 * Creates a sender of events. They are delivered one after another; while one is refused, all behind it wait.
 *
 * @param io.waiting aborted when the waits that run now are to end
 */
export function createEventSender(io: {
  now: () => bigint
  closing: AbortSignal
  waiting: () => AbortSignal
}): EventSender {
  const wait = (ms: number) =>
    sleep(ms, undefined, { signal: AbortSignal.any([io.closing, io.waiting()]) }).catch(() => {})
  let last = Promise.resolve()

  async function deliver({ type, payload }: PlatformEvent, config: EmulatorConfig): Promise<void> {
    const id = randomUUID()
    for (let repeatMs = 1_000; !io.closing.aborted; repeatMs *= 2) {
      const event = { id, timestamp: formatInstant(io.now()), type, payload }
      if (await isTaken(event, config, io)) return
      await wait(Math.min(repeatMs, LONGEST_REPEAT_MS))
    }
  }

  return {
    publish: (event, config) => {
      const isLost = !config.events_enabled || config.events_queue === 'away'
      if (isLost || config.callback_api_base_url === '') return
      const lingered = wait(PUBLISH_MS)
      last = last.then(() => lingered).then(() => deliver(event, config))
    },
  }
}

async function isTaken(
  event: object,
  config: EmulatorConfig,
  { now, closing }: { now: () => bigint; closing: AbortSignal },
): Promise<boolean> {
  try {
    const answer = await fetch(eventUrl(config), {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(await credentialOf(config, dateOf(now()))),
      },
      body: JSON.stringify(event),
      signal: closing,
    })
    const text = await answer.text()
    return answer.ok && (config.release === '4.3.0' || isObject(text))
  } catch {
    return false
  }
}

/** 4.3.0 keeps path and query of the base URL; 2.8.4 always posts to `/event`. */
function eventUrl({ callback_api_base_url: base, release }: EmulatorConfig): URL {
  const url = new URL(base)
  if (release === '2.8.4') return new URL('/event', url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/event`
  return url
}

/** 2.8.4 repeats an event for ever that is answered with anything but a JSON object. */
function isObject(text: string): boolean {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function credentialOf(
  { callback_api_auth_type: type, callback_api_auth_secret: secret }: EmulatorConfig,
  now: Date,
): Promise<Record<string, string>> {
  if (type === 'none') return {}
  if (type === 'api_key') return { 'X-Api-Key': secret }
  const issuedAt = Math.floor(now.getTime() / 1000)
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_SECONDS)
    .sign(new TextEncoder().encode(secret))
  return { Authorization: `Bearer ${token}` }
}
