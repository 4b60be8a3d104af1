import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { endpointsOf } from '../../outbox/endpoint.ts'
import { readLatestEvents, type ShownEvent } from '../../outbox/store.ts'
import { textOf } from '../../text-of.ts'
import { type Html, html } from '../html.ts'
import { counted, timeOf } from '../words.ts'
import type { Session } from './session.ts'

const MOST_LATEST = 20
const MOST_PARKED = 20

/** What was told lately, and what an endpoint did not take. */
export interface ToldEvents {
  latest: ShownEvent[]
  parked: ShownEvent[]
  /** How many URLs are told. */
  endpoints: number
}

/** @throws AppError `database_unavailable` */
export async function readTold({
  db,
  config,
}: {
  db: Database
  config: Pick<Config, 'webhooks'>
}): Promise<ToldEvents> {
  const endpoints = endpointsOf(config.webhooks).map(({ id }) => id)
  const [latest, parked] = await Promise.all([
    readLatestEvents(db, { parked: false, endpoints, limit: MOST_LATEST }),
    endpoints.length === 0
      ? []
      : readLatestEvents(db, { parked: true, endpoints, limit: MOST_PARKED }),
  ])
  return { latest, parked, endpoints: endpoints.length }
}

/** The events out, those that are parked first, each with the button that sends it again. */
export function toldEvents(
  { latest, parked, endpoints }: ToldEvents,
  session: Session,
  csrf: string,
  now: Date,
): Html {
  const mayReplay = endpoints > 0 && (session.business?.rights.has('decide') ?? false)
  const table = (events: readonly ShownEvent[], name: string) =>
    eventTable(events, name, mayReplay ? csrf : null, now)
  return html`${endpoints === 0 && html`<p class="faint">No webhook is configured: set WEBHOOK_URLS, and programs are told of what happens from then on.</p>`}
${parked.length > 0 && html`<h3>Parked: not taken, and not tried any more</h3>${table(parked, 'Parked events')}`}
${latest.length === 0 ? html`<p>Nothing was told yet.</p>` : html`<h3>The last ones</h3>${table(latest, 'The last events')}`}`
}

/** @param csrf null: without a button */
function eventTable(
  events: readonly ShownEvent[],
  name: string,
  csrf: string | null,
  now: Date,
): Html {
  return html`<div class="table-wrap" role="region" aria-label="${name}" tabindex="0"><table><thead><tr><th scope="col">What</th><th scope="col">Of</th><th scope="col">When</th><th scope="col">Delivery</th>${csrf !== null && html`<th scope="col">Again</th>`}</tr></thead><tbody>${events.map(
    (event) =>
      html`<tr><th scope="row">${wordsOf(event.type)}${detailOf(event)}</th><td><code><bdi>${event.subject}</bdi></code></td><td>${timeOf(event.at, now)}</td><td>${deliveryOf(event)}</td>${csrf !== null && html`<td>${replayForm(event, csrf)}</td>`}</tr>`,
  )}</tbody></table></div>`
}

/** `transaction.status` as words. */
const wordsOf = (type: string) => type.replace(/[._]/g, ' ')

/** What a person wants to know of the data beside the subject. */
const SHOWN = ['method', 'verdict', 'change', 'listing', 'reason', 'code', 'closingLedger'] as const

function detailOf({ data, replayed }: ShownEvent): Html {
  const { from, to } = data
  const moved = to === undefined ? [] : [from ? `${textOf(from)} to ${textOf(to)}` : textOf(to)]
  const others = SHOWN.flatMap((key) => (data[key] ? [textOf(data[key])] : []))
  const said = [...others, ...moved, ...(replayed ? ['sent again'] : [])]
  return html`${said.length > 0 && html` <span class="faint"><bdi>${said.join(', ').slice(0, 300)}</bdi></span>`}`
}

function deliveryOf({ deliveries }: ShownEvent): Html {
  if (deliveries.length === 0) return html`<span class="faint">to nobody</span>`
  return html`${deliveries.map(
    ({ host, state, tries, failure }) =>
      html`<div><b>${state}</b>${tries > 0 && `, ${counted(tries, 'try', 'tries')}`}${state !== 'delivered' && failure !== null && html`, <code>${failure}</code>`} <span class="faint">${host}</span></div>`,
  )}`
}

function replayForm({ id, type, subject }: ShownEvent, csrf: string): Html {
  return html`<form action="/ops/decisions" method="post">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="target" value="/api/events/${id}/replay">
<input type="hidden" name="body_replay" value="{}">
<button class="quiet" name="action" value="replay">Send again<span class="sr">: ${wordsOf(type)} of ${subject}</span></button>
</form>`
}
