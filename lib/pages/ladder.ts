import { STEPS, type Step } from '../anchors/check/capability.ts'
import { SEP_NAMES, type SepName, sepNumber } from '../anchors/check/toml/fields.ts'
import { type Html, html } from './html.ts'

/** What each protocol is for, as a heading explains it. */
export const PURPOSE: Record<SepName, string> = {
  sep6: 'deposits and withdrawals by API',
  sep10: 'sign-in of accounts',
  sep12: 'customer data',
  sep24: 'deposits and withdrawals in a window of the anchor',
  sep31: 'payments across borders',
  sep38: 'quotes',
  sep45: 'sign-in of contracts',
  sep59: 'ramp offers',
}

const MEANING: Record<Step, string> = {
  absent: 'not named in the stellar.toml',
  declared: 'named in the stellar.toml, nothing more is shown',
  reachable: 'its public request was answered',
  conformant: 'that answer is as the SEP says',
  verified: 'an exchange of the last check proved it',
}

/** The number of the rung tells the steps apart without colour. */
const rung = (step: Step): string => (step === 'absent' ? '–' : String(STEPS.indexOf(step)))

/** A cell of the matrix. */
function stepCell(name: SepName, step: Step): Html {
  return html`<td role="cell" class="step step-${step}" data-label="${sepNumber(name)}"><span aria-hidden="true">${rung(step)}</span><span class="sr">${step}</span></td>`
}

/** The cells of one anchor, one for each protocol. */
export function stepCells(steps: Readonly<Record<SepName, Step>>): Html[] {
  return SEP_NAMES.map((name) => stepCell(name, steps[name]))
}

/** The headings of those cells. */
export function stepHeadings(): Html[] {
  return SEP_NAMES.map(
    (name) =>
      html`<th role="columnheader" scope="col" class="sep"><abbr title="SEP-${sepNumber(name)}: ${PURPOSE[name]}"><span class="sr">SEP-</span>${sepNumber(name)}</abbr></th>`,
  )
}

/** What the numbers and colours mean. */
export function ladderLegend(): Html {
  return html`<section class="legend" aria-labelledby="legend-title">
<h2 id="legend-title">The ladder</h2>
<p>How far a protocol (SEP) that an anchor may offer is shown to work.</p>
<dl>${STEPS.map(
    (step) =>
      html`<div><dt><span class="step step-${step}" aria-hidden="true">${rung(step)}</span> ${step}</dt><dd>${MEANING[step]}</dd></div>`,
  )}</dl>
</section>`
}

/** What the numbers in the headings of the matrix stand for. */
export function protocolLegend(): Html {
  return html`<section class="legend" aria-labelledby="protocols-title">
<h2 id="protocols-title">The protocols</h2>
<p>A Stellar Ecosystem Proposal (SEP) says how wallets and anchors talk about one thing.</p>
<dl>${SEP_NAMES.map((name) => html`<div><dt>SEP-${sepNumber(name)}</dt><dd>${PURPOSE[name]}</dd></div>`)}</dl>
</section>`
}
