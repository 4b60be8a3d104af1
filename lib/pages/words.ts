import { countryName, WORLDWIDE } from '../anchors/discovery/country.ts'
import { type Html, html } from './html.ts'

const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400

/** How long ago something was, in one unit: `12 min ago`. */
function ago(at: string, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(at)) / 1000))
  if (seconds < MINUTE_S) return 'just now'
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ago`
  if (seconds < 2 * DAY_S) return `${Math.floor(seconds / HOUR_S)} h ago`
  return `${Math.floor(seconds / DAY_S)} days ago`
}

/** A time as `2026-11-29 09:42 UTC`. */
function utc(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** A time with its age for readers and its full form for programs; `never` for none. */
export function timeOf(at: string | null, now: Date): Html {
  if (at === null) return html`never`
  return html`<time datetime="${at}" title="${utc(at)}">${ago(at, now)}</time>`
}

/** A time in full. */
export function moment(at: string): Html {
  return html`<time datetime="${at}">${utc(at)}</time>`
}

/** What a person does in a direction: money becomes an asset on Stellar, or the reverse. */
export const DIRECTION = { 'on-ramp': 'Deposit', 'off-ramp': 'Withdraw' } as const

/** Where a listing serves: `in Kenya`, or `worldwide`. */
export function whereOf(country: string): string {
  return country === WORLDWIDE ? 'worldwide' : `in ${countryName(country)}`
}

/** `1 day`, `3 days`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** Why the rules took a home domain out of service. */
export const WHY_DISABLED = {
  sep1_not_found: 'its stellar.toml was missing in several checks',
  policy: 'the trust rules refuse its stellar.toml',
  flapping: 'it was taken out of service and back too often, so a person decides',
} as const
