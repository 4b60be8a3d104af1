import type { listAttention } from '../../attention/read-routes.ts'
import type { OpenMoney } from '../../payments/open/store.ts'
import { type Html, html } from '../html.ts'
import { counted, timeOf } from '../words.ts'
import { decisionForms } from './decision-form.ts'
import type { Session } from './session.ts'

const KINDS: Readonly<Record<string, string>> = {
  platform: 'The Anchor Platform',
  update_manual: 'An update that nobody can settle but a person',
  update_lost: 'An update that was undone',
  update_late: 'An update that is late',
  payment: 'A payment that belongs to nobody',
  observer_alarm: 'The observer has stopped',
  difference: 'The books do not agree',
  anchor_held: 'An anchor with another identity',
  anchor_flapping: 'An anchor that comes and goes',
  unlisted: 'Transactions that the platform does not list',
}

/** What waits for a person, each with the forms that decide it. */
export function waitingList(
  { waiting, next }: Awaited<ReturnType<typeof listAttention>>,
  session: Session,
  csrf: string,
  now: Date,
): Html {
  if (waiting.length === 0) return html`<p class="empty">Nothing waits for a person.</p>`
  return html`<ul class="cards">${waiting.map(
    ({ kind, id, since, transactionId, reason, detail, actions }) =>
      html`<li class="card"><h3>${KINDS[kind] ?? kind}</h3>
<p>${reason}</p>
${essence(detail)}
<p class="faint">${transactionId !== null && html`Transaction <code>${transactionId}</code>, `}<code>${id}</code>, since ${timeOf(since, now)}</p>
${decisionForms(actions, session, csrf)}
<details><summary>What is stored about it</summary><pre>${JSON.stringify(detail, null, 2).slice(0, 6_000)}</pre></details></li>`,
  )}</ul>
${next !== null && html`<p><a href="/ops?${new URLSearchParams({ cursor: next }).toString()}">Older ones</a></p>`}`
}

const SHOWN = ['amount', 'asset', 'from', 'to', 'account', 'method', 'domain'] as const

/** What a person looks for first, of whatever waits. */
function essence(detail: object): Html {
  const values: Record<string, unknown> = { ...detail }
  const facts = SHOWN.flatMap((name) => {
    const value = values[name]
    return typeof value === 'string' ? [{ name, value }] : []
  })
  return html`<dl class="facts">${facts.map(({ name, value }) => html`<dt>${name}</dt><dd><code><bdi>${value.slice(0, 200)}</bdi></code></dd>`)}</dl>`
}

export function moneyTable({ assets, otherAssets }: OpenMoney, now: Date): Html {
  if (assets.length === 0) return html``
  return html`<h3>Open money</h3><div class="table-wrap" role="region" aria-label="Open money" tabindex="0"><table><thead><tr><th scope="col">Asset</th><th scope="col">Payments</th><th scope="col">Amount</th><th scope="col">Oldest</th></tr></thead><tbody>${assets.map(
    ({ asset, payments, amount, oldestSince }) =>
      html`<tr><th scope="row"><code>${asset ?? 'not shown'}</code></th><td>${payments}</td><td>${amount ?? 'not shown'}</td><td>${timeOf(oldestSince, now)}</td></tr>`,
  )}</tbody></table></div>${otherAssets > 0 && html`<p>And ${counted(otherAssets, 'other asset')}.</p>`}`
}
