import type { Action } from '../../payments/open/actions.ts'
import { paymentDecisions } from '../../payments/open/decide.ts'
import { type Html, html } from '../html.ts'
import type { Session } from './session.ts'

/** Keys that the person fills in. */
const FILLED_IN: Readonly<Record<string, string>> = {
  transaction_id: 'Id of the transaction (to assign)',
  stellar_transaction_id: 'Hash of the refund (if it was paid back)',
}

/** Whether a decision may be made although something does not hold, by a key with the scope `force`. */
export function isForcible(decision: unknown): boolean {
  const known = Object.entries(paymentDecisions).find(([name]) => name === decision)
  return known !== undefined && 'force' in known[1].shape
}

/** What a person has filled in, by the name of the field. */
type FilledIn = Readonly<Record<string, string | undefined>>

/**
 * The forms for what may be done about something: one for each URL, with a button for each action.
 *
 * @param before what was filled in when it was refused
 */
export function decisionForms(
  actions: readonly Action[],
  session: Session,
  csrf: string,
  before: FilledIn = {},
): Html {
  const forms = [...Map.groupBy(actions, ({ url }) => url).values()]
  return html`${forms.map((alike) => decisionForm(alike, session, csrf, before))}`
}

function decisionForm(
  actions: readonly Action[],
  session: Session,
  csrf: string,
  before: FilledIn,
): Html {
  const [first] = actions
  if (first === undefined) return html``
  const allowed = actions.filter((action) => mayDo(action, session))
  if (allowed.length === 0) {
    return html`<p class="faint">To decide it, sign in with a key that has: ${first.needs.join(', ')}.</p>`
  }
  const { pathname, search } = new URL(first.url)
  const needsNote = allowed.some(({ body }) => 'note' in body)
  const mayForce =
    session.business?.rights.has('force') && allowed.some(({ action }) => isForcible(action))
  const filled = Object.keys(FILLED_IN).filter((key) => allowed.some(({ body }) => key in body))
  return html`<form action="/ops/decisions" method="post">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="target" value="${pathname}${search}">
${allowed.map(({ action, body }) => html`<input type="hidden" name="body_${action}" value="${JSON.stringify(body)}">`)}
${filled.map((key) => html`<label>${FILLED_IN[key]} <input name="${key}" maxlength="255" autocomplete="off" value="${before[key] ?? suggestion(allowed, key)}"></label>`)}
${needsNote && html`<label>How it is known <input name="note" required maxlength="500" autocomplete="off" value="${before['note'] ?? ''}"></label>`}
${mayForce && html`<label class="tick"><input type="checkbox" name="force" value="true"> Although something does not hold</label>`}
<div class="buttons">${allowed.map(({ action }) => html`<button class="quiet" name="action" value="${action}">${label(action)}</button>`)}</div>
<dl class="means">${allowed.map(({ action, means }) => html`<div><dt>${label(action)}</dt><dd>${means}</dd></div>`)}</dl>
</form>`
}

/** The body of an assignment names the transaction that is meant, if one is. */
function suggestion(actions: readonly Action[], key: string): string {
  const value = actions.find(({ body }) => key in body)?.body[key]
  return key === 'transaction_id' && typeof value === 'string' && !value.includes(' ') ? value : ''
}

function label(action: string): string {
  const words = action.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function mayDo({ needs }: Pick<Action, 'needs'>, { operator, business }: Session): boolean {
  if (needs.includes('CRON_SECRET')) return operator !== null
  return needs.every((need) => [...(business?.rights ?? [])].some((right) => right === need))
}
