import type { Finding } from '../anchors/check/finding.ts'
import { advised } from '../anchors/check-on-request.ts'
import { type Html, html } from './html.ts'
import { counted } from './words.ts'

/** A hostile home domain may have thousands. The API has them all. */
const MOST_CODES = 60
const MOST_PLACES = 5

/** Findings by their code, in the order of the check, each with what to do about it. */
export function findingList(findings: readonly Finding[]): Html {
  if (findings.length === 0) return html`<p>The last check found nothing wrong.</p>`
  const byCode = [...Map.groupBy(findings, ({ code }) => code).values()]
  const left = byCode.length - MOST_CODES
  return html`<ul class="findings">${byCode.slice(0, MOST_CODES).map(findingItem)}</ul>
${left > 0 && html`<p>And ${counted(left, 'more kind')} of findings, which the API lists.</p>`}`
}

function findingItem(alike: readonly Finding[]): Html {
  const [first] = alike
  if (first === undefined) return html``
  const { code, sep, expected, meaning, advice } = advised(first)
  const places = alike.slice(0, MOST_PLACES).filter(({ field, actual }) => field ?? actual)
  const left = alike.length - MOST_PLACES
  return html`<li><h3>${meaning}</h3>
<p class="do">${advice}</p>
${
  places.length > 0 &&
  html`<ul class="places">${places.map(
    ({ field, actual }) =>
      html`<li>${field !== undefined && html`<code><bdi>${field}</bdi></code> `}${actual !== undefined && html`is <code><bdi>${actual}</bdi></code>`}</li>`,
  )}${left > 0 && html`<li>and ${left} more</li>`}</ul>`
}
<p class="faint">Expected: ${expected} · SEP-${sep} · <code>${code}</code></p></li>`
}
