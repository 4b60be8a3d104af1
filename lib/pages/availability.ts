import { type Html, html } from './html.ts'
import { counted } from './words.ts'

/** What the checks of one UTC day said; newest first, as the evidence of a home domain has them. */
interface Day {
  day: string
  checks: number
  ok: number
}

export type DayState = 'ok' | 'partly' | 'not' | 'none'

export interface Availability {
  /** Oldest first, one for each day of the window. */
  days: { day: string; state: DayState }[]
  /** Percent with one decimal, rounded down so that 100 means all; null where too few days have checks. */
  percent: string | null
  checks: number
  checkedDays: number
}

export const WINDOWS = [7, 30, 90] as const

const DAY_MS = 86_400_000

/** With checks on fewer than half of its days, a window says nothing. */
const ENOUGH = 0.5

/** What the daily roll-ups say of the last `length` days, today included. */
export function availabilityOf(days: readonly Day[], length: number, now: Date): Availability {
  const known = new Map(days.map((one) => [one.day, one]))
  const window = Array.from({ length }, (_, back) => {
    const at = new Date(now.getTime() - (length - 1 - back) * DAY_MS)
    const day = at.toISOString().slice(0, 10)
    return { day, said: known.get(day) }
  })
  const said = window.flatMap((one) => one.said ?? []).filter(({ checks }) => checks > 0)
  const checks = said.reduce((sum, day) => sum + day.checks, 0)
  const ok = said.reduce((sum, day) => sum + day.ok, 0)
  const isEnough = said.length >= length * ENOUGH
  return {
    days: window.map(({ day, said }) => ({ day, state: stateOfDay(said) })),
    percent: isEnough ? (Math.floor((ok * 1000) / checks) / 10).toString() : null,
    checks,
    checkedDays: said.length,
  }
}

function stateOfDay(day: Day | undefined): DayState {
  if (day === undefined || day.checks === 0) return 'none'
  if (day.ok === day.checks) return 'ok'
  return day.ok === 0 ? 'not' : 'partly'
}

const WORD: Record<DayState, string> = {
  ok: 'every check well',
  partly: 'some checks well',
  not: 'no check well',
  none: 'not checked',
}

/** One strip for each window, with its sentence for who does not see it. */
export function availabilityStrips(days: readonly Day[], now: Date): Html {
  return html`<p class="faint">A check is well when the stellar.toml can be read and the trust rules accept it. Whether money goes in and out stands above.</p>
<div class="strips">${WINDOWS.map((length) => strip(length, availabilityOf(days, length, now)))}</div>
<ul class="key">${(Object.keys(WORD) as DayState[]).map(
    (state) =>
      html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="day-${state}" width="10" height="10" rx="2"/></svg> ${WORD[state]}</li>`,
  )}</ul>`
}

function strip(length: number, { days, percent, checks, checkedDays }: Availability): Html {
  const width = 900 / length
  const said = (Object.keys(WORD) as DayState[]).flatMap((state) => {
    const count = days.filter((day) => day.state === state).length
    return count === 0 ? [] : [`${counted(count, 'day')} ${WORD[state]}`]
  })
  return html`<div class="strip"><h3>${length} days</h3>
<svg role="img" viewBox="0 0 900 40" preserveAspectRatio="none" aria-label="${said.join(', ')}">${days.map(
    ({ day, state }, place) =>
      html`<rect class="day-${state}" x="${place * width}" width="${width * 0.86}" height="40"><title>${day}: ${WORD[state]}</title></rect>`,
  )}</svg>
<p>${percent === null ? html`Not enough data: ${counted(checkedDays, 'day')} with checks` : html`<b>${percent} %</b> of ${counted(checks, 'check')} well`}</p></div>`
}
