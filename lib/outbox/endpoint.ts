import { createHash } from 'node:crypto'
import { ALERT_TYPES, type EventTypeName } from './event-types.ts'

/** The URLs of the configuration. */
export interface ConfiguredWebhooks {
  urls: readonly string[]
  alertUrl: string | null
}

/** A URL that events are delivered to. */
export interface Endpoint {
  /** The beginning of the SHA-256 of the URL, which may hold a secret and is not stored. */
  id: string
  url: string
  host: string
  /** A webhook gets signed events, an alert gets a text for people. */
  kind: 'webhook' | 'alert'
  /** The types that it gets; null for all. */
  types: readonly EventTypeName[] | null
}

/** The endpoints of the configuration. */
export function endpointsOf({ urls, alertUrl }: ConfiguredWebhooks): Endpoint[] {
  const alert = alertUrl === null ? [] : [endpointOf(alertUrl, 'alert')]
  return [...urls.map((url) => endpointOf(url, 'webhook')), ...alert]
}

function endpointOf(url: string, kind: Endpoint['kind']): Endpoint {
  const id = createHash('sha256').update(`${kind} ${url}`).digest('hex').slice(0, 16)
  return {
    id,
    url,
    host: new URL(url).hostname,
    kind,
    types: kind === 'alert' ? ALERT_TYPES : null,
  }
}
