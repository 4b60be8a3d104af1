import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { endpointsOf } from '../../outbox/endpoint.ts'
import { readLatestEvents, type ShownEvent } from '../../outbox/store.ts'
import { textOf } from '../../text-of.ts'
import { listingName } from '../changes.ts'
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
  const list = (events: readonly ShownEvent[]) =>
    html`<ul class="told">${events.map((event) => toldEvent(event, mayReplay ? csrf : null, now))}</ul>`
  return html`${endpoints === 0 && html`<p class="faint">No webhook is configured: set WEBHOOK_URLS, and programs are told of what happens from then on.</p>`}
${parked.length > 0 && html`<h3>Parked: not taken, and not tried any more</h3>${list(parked)}`}
${latest.length === 0 ? html`<p>Nothing was told yet. What happens is shown here from the next run of deliver on.</p>` : html`<h3>The last ones</h3>${list(latest)}`}`
}

/** @param csrf null: without a button */
function toldEvent(event: ShownEvent, csrf: string | null, now: Date): Html {
  const { type, subject, at } = event
  return html`<li><div><b>${wordsOf(type)}</b> ${detailOf(event)}<br><code><bdi>${subject}</bdi></code></div><div>${timeOf(at, now)}</div><div>${deliveryOf(event)}</div>${csrf !== null && replayForm(event, csrf)}</li>`
}

/** A type or a code as words: `transaction status`, `no match`. */
const wordsOf = (code: string) => code.replace(/[._]/g, ' ')

/** The codes of the data that a person wants to know beside the subject. */
const CODES = ['verdict', 'reason', 'code'] as const

function detailOf({ data, replayed }: ShownEvent): Html {
  const { from, to, listing, change, method, closingLedger } = data
  const said = [
    typeof listing === 'string' ? listingName(listing) : null,
    change === undefined ? null : wordsOf(textOf(change)),
    method === undefined ? null : textOf(method),
    ...CODES.map((key) => (data[key] === undefined ? null : wordsOf(textOf(data[key])))),
    to === undefined ? null : typeof from === 'string' ? `${from} to ${textOf(to)}` : textOf(to),
    closingLedger === undefined ? null : `up to ledger ${textOf(closingLedger)}`,
    replayed ? 'sent again' : null,
  ].filter((part) => part !== null)
  return html`<span class="faint"><bdi>${said.join(', ').slice(0, 300)}</bdi></span>`
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
<button class="quiet" name="action" value="replay">Send again <span class="sr">the event ${wordsOf(type)} of ${subject}</span></button>
</form>`
}
