import { textOf } from '../text-of.ts'
import { EVENT_TYPES, type EventTypeName } from './event-types.ts'
import type { OutboxEvent } from './store.ts'

/**
 * The body of a webhook, in the form of Standard Webhooks: `type`, `timestamp` and `data`, with what a receiver needs to know
 * a repeat and a gap.
 *
 * @param missed the ids of earlier events of the subject that are parked and that the receiver has not been told of
 */
export function webhookBody(event: OutboxEvent, missed: readonly string[]): string {
  const { id, type, at, subject, position, replayed, data } = event
  // A replay brings what was missed.
  const others = missed.filter((one) => one !== id)
  return JSON.stringify({
    type,
    timestamp: at,
    id,
    subject,
    position,
    ...(replayed && { replayed }),
    ...(others.length > 0 && { missed: others }),
    data,
  })
}

/** The body of an alert, as Slack and those who imitate it read it. */
export function alertBody({ type, data }: OutboxEvent): string {
  const said = EVENT_TYPES[type as EventTypeName]?.alert ?? type
  const text = said.replace(/\{(\w+)\}/g, (_, name: string) => forSlack(textOf(data[name])))
  return JSON.stringify({ text })
}

/** Slack reads `<…>` as a link or a call to everybody, also in a text that a stranger chose. */
function forSlack(text: string): string {
  return text.slice(0, 300).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
