import type { CatalogRow } from '../anchors/catalog-store.ts'
import { REASONS, type ReasonCode } from '../anchors/check/row/reasons.ts'
import { type Html, html, joined } from './html.ts'
import { counted, DIRECTION, whereOf } from './words.ts'

/** In one line, at most so many pairs of currency and country are named. */
const MOST_PAIRS = 6

type Offer = Pick<CatalogRow, 'type' | 'operational' | 'why' | 'currency' | 'country'>

/** What is said of a home domain at a glance, in words and not by colour alone. */
export function stateMark(works: number, all: number): Html {
  if (works === 0) return html`<span class="state not">Does not work now</span>`
  if (works === all) return html`<span class="state works">Works</span>`
  return html`<span class="state partly">${works} of ${all} work</span>`
}

/** One line for each direction and verdict, with the pairs of currency and country that share it. */
export function offersOf(listings: readonly Offer[]): Html[] {
  const alike = Map.groupBy(
    listings.toSorted((a, b) => Number(b.operational) - Number(a.operational)),
    ({ type, operational, why }) => JSON.stringify([type, operational, operational ? null : why]),
  )
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [offerLine(first, group)]
  })
}

function offerLine({ type, operational, why }: Offer, group: readonly Offer[]): Html {
  const pairs = group
    .slice(0, MOST_PAIRS)
    .map(({ currency, country }) => html`<bdi>${currency}</bdi> ${whereOf(country)}`)
  const rest = group.length - pairs.length
  return html`<li><span class="mark ${operational ? 'works' : 'not'}"><span aria-hidden="true">${operational ? '✓' : '✕'}</span><span class="sr">${operational ? 'works' : 'does not work'}</span></span> <b>${DIRECTION[type]}</b> ${joined(pairs, ', ')}${rest > 0 && html` and ${counted(rest, 'more pair')}`}${!operational && html`<span class="why">${sentencesOf(why, false)}</span>`}</li>`
}

/** What reasons mean. Those that keep a listing from working, or the others. */
export function sentencesOf(why: readonly string[], operational: boolean): string {
  const known = why.filter((code): code is ReasonCode => Object.hasOwn(REASONS, code))
  return known
    .filter((code) => REASONS[code].operational === operational)
    .map((code) => REASONS[code].meaning)
    .join(' ')
}
