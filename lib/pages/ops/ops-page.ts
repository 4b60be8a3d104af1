import * as z from 'zod'
import { readLatestChanges, SWITCHES_AND_DRIFT } from '../../anchors/latest-changes.ts'
import { readCatalogHealth } from '../../anchors/store.ts'
import { listAttention } from '../../attention/read-routes.ts'
import type { Config } from '../../config.ts'
import { type Decision, readDecisions } from '../../decisions/store.ts'
import { checkHealth } from '../../health/check-health.ts'
import type { Reason } from '../../health/reasons.ts'
import type { Answer } from '../../http/answer.ts'
import { pageCursor } from '../../http/parameters.ts'
import type { OpenMoney } from '../../payments/open/store.ts'
import { type ObserverHealth, readObserverHealth } from '../../payments/store.ts'
import { readScheduledRuns, type ScheduledRuns } from '../../schedule/store.ts'
import { readUpdateHealth, type UpdateHealth } from '../../updates/store-reads.ts'
import { groupChanges, sentenceOf } from '../changes.ts'
import { type Html, html } from '../html.ts'
import { pageAnswer } from '../layout.ts'
import { counted, moment, timeOf } from '../words.ts'
import { decisionForms } from './decision-form.ts'
import { csrfToken, readSession, type Session, type SessionDeps } from './session.ts'

export const opsPageParameters = z.object({
  done: z
    .string()
    .regex(/^[a-z_]{1,32}$/)
    .optional()
    .catch(undefined),
  cursor: pageCursor(),
})

type OpsDeps = Omit<SessionDeps, 'config'> &
  Parameters<typeof listAttention>[2] & { config: Config }

const PAGE = {
  title: 'Operators · Anchor Ops',
  description: 'What runs, and what waits for a person.',
  path: '/ops',
  hidden: true,
} as const

/** The page of operators, or the form to sign in. @throws AppError `invalid_parameter`, `database_unavailable` */
export async function showOps(
  { done, cursor }: z.output<typeof opsPageParameters>,
  request: Request,
  deps: OpsDeps,
): Promise<Answer> {
  const { origin } = new URL(request.url)
  const session = await readSession(request, deps)
  if (session === null) return signInPage(origin)
  const now = deps.now()
  const csrf = csrfToken(session, deps)
  const isReader = session.business?.rights.has('read') ?? false
  const [figures, health, waiting, recent] = await Promise.all([
    isReader || session.operator !== null ? readFigures(deps) : null,
    session.operator === null ? null : readReasons(deps),
    isReader ? listAttention({ limit: 20, cursor }, origin, deps) : null,
    readRecent(deps),
  ])
  const main = html`<h1>Operators</h1>
${done !== undefined && html`<p class="notice" role="status">Done: ${done.replaceAll('_', ' ')}.</p>`}
${signedInAs(session, csrf)}
<h2>How it runs</h2>
${figures === null ? needsRead() : figuresList(figures, waiting?.openMoney ?? null, now)}
${health !== null && reasonList(health)}
${figures !== null && runsList(figures.schedule, now)}
${figures !== null && observerList(figures.observer, deps.config)}
<h2>What waits for a person</h2>
${waiting === null ? needsRead() : waitingList(waiting, session, csrf, now)}
${waiting?.openMoney && moneyTable(waiting.openMoney, now)}
<h2>What people decided</h2>
${waiting === null ? needsRead() : decisionList(recent.decisions)}
<h2>What changed of anchors</h2>
<ol class="changes">${groupChanges(recent.changes)
    .slice(0, 10)
    .map(
      (group) =>
        html`<li>${moment(group.at)}<span><a href="/anchors/${group.domain}">${group.domain}</a>: ${sentenceOf(group)}</span></li>`,
    )}</ol>`
  return pageAnswer({ ...PAGE, main }, origin)
}

/** The form to sign in. @param problem why the last try failed */
export function signInPage(origin: string, status = 200, problem: string | null = null): Answer {
  const main = html`<h1>Operators</h1>
<p class="lead">What runs, what waits for a person, and the buttons that decide it.</p>
${problem !== null && html`<p class="notice bad" role="alert">${problem}</p>`}
${signInForm()}
<p class="faint">A key of the business or a named key shows what waits for a person. The secret of the scheduler shows how it runs, and starts the observer anew. The key is not kept in the browser: a cookie that no script reads says for 8 hours that it was shown.</p>`
  return pageAnswer({ ...PAGE, main }, origin, status)
}

function signInForm(): Html {
  return html`<form class="filters" action="/ops/sign-in" method="post" aria-label="Sign in">
<label class="wide">Key <input type="password" name="key" required maxlength="512" autocomplete="current-password"></label>
<div class="buttons"><button>Sign in</button></div>
</form>`
}

function signedInAs({ operator, business }: Session, csrf: string): Html {
  const names = [operator, business].flatMap((caller) => caller?.keyName ?? [])
  return html`<form class="buttons" action="/ops/sign-out" method="post"><span>Signed in as ${names.join(' and ')}.</span> <input type="hidden" name="csrf" value="${csrf}"><button class="quiet">Sign out</button></form>
${(operator === null || business === null) && html`<details><summary>Sign in with another key as well</summary>${signInForm()}</details>`}`
}

const needsRead = () =>
  html`<p class="faint">This needs a key of the business with the scope read.</p>`

type CatalogHealth = Awaited<ReturnType<typeof readCatalogHealth>>

interface Figures {
  catalog: CatalogHealth
  schedule: ScheduledRuns
  updates: UpdateHealth
  observer: ObserverHealth | null
}

async function readFigures({ db, config }: OpsDeps): Promise<Figures> {
  const [catalog, schedule, updates, observer] = await Promise.all([
    readCatalogHealth(db),
    readScheduledRuns(db),
    readUpdateHealth(db),
    config.observer.accounts.length === 0 ? null : readObserverHealth(db),
  ])
  return { catalog, schedule, updates, observer }
}

async function readReasons(deps: OpsDeps): Promise<readonly Reason[]> {
  const { body } = await checkHealth(deps, { detailed: true })
  return body.reasons ?? []
}

async function readRecent({ db, config }: OpsDeps) {
  const all = { since: null, about: null, subject: null, cursor: null }
  const [changes, { decisions }] = await Promise.all([
    readLatestChanges(db, {
      network: config.network,
      domain: null,
      kinds: SWITCHES_AND_DRIFT,
      limit: 100,
    }),
    readDecisions(db, { ...all, descending: true, limit: 10 }),
  ])
  return { changes, decisions }
}

function figuresList(
  { catalog, updates, observer }: Figures,
  money: OpenMoney | null,
  now: Date,
): Html {
  const open = updates.ready + updates.sending + updates.unknown
  const oldest = [updates.oldestReadyAt, updates.oldestUnknownAt]
    .flatMap((at) => at ?? [])
    .sort()[0]
  const lags = observer?.accounts.map((one) => secondsUntil(one.completeUntil, observer.now)) ?? []
  const alarms = observer?.accounts.filter(({ alarm }) => alarm !== null).length ?? 0
  return html`<dl class="figures">
<div><dt>Unsettled updates</dt><dd>${open}<small>${oldest === undefined ? 'none is open' : html`the oldest ${timeOf(oldest, now)}`}</small></dd></div>
<div><dt>Updates for a person</dt><dd>${updates.manual}<small>${updates.oldestManualAt === null ? 'none waits' : html`since ${timeOf(updates.oldestManualAt, now)}`}</small></dd></div>
<div><dt>Observer lag</dt><dd>${lagText(lags)}<small>${observer === null ? 'no account is observed' : alarms === 0 ? counted(lags.length, 'account') : counted(alarms, 'alarm')}</small></dd></div>
${money !== null && html`<div><dt>Open payments</dt><dd>${money.payments}<small>${money.oldestSince === null ? 'none is open' : html`the oldest ${timeOf(money.oldestSince, now)}`}</small></dd></div>`}
<div><dt>Home domains</dt><dd>${catalog.homeDomains}<small>in the catalog</small></dd></div>
</dl>`
}

function lagText(lags: readonly (number | null)[]): string {
  if (lags.length === 0) return '–'
  const known = lags.filter((lag) => lag !== null)
  return known.length < lags.length ? 'not yet observed' : `${Math.max(...known)} s`
}

function secondsUntil(at: string | null, now: string): number | null {
  return at === null ? null : Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 1000))
}

function runsList({ runs }: ScheduledRuns, now: Date): Html {
  return html`<h3>Last runs</h3><div class="table-wrap" role="region" aria-label="Last runs" tabindex="0"><table><thead><tr><th scope="col">Run</th><th scope="col">Last ended</th><th scope="col">Last well</th><th scope="col">Failure</th></tr></thead><tbody>${runs.map(
    ({ kind, endedAt, okAt, failure, failuresInARow }) =>
      html`<tr><th scope="row">${kind}</th><td>${timeOf(endedAt, now)}</td><td>${timeOf(okAt, now)}</td><td>${failure === null ? 'none' : html`<code>${failure}</code>, ${counted(failuresInARow, 'time')} in a row`}</td></tr>`,
  )}</tbody></table></div>`
}

/** Everything that is wrong, with what to do about it. Only the secret of the scheduler shows it, as at /api/health. */
function reasonList(reasons: readonly Reason[]): Html {
  if (reasons.length === 0) return html`<p>Nothing is wrong.</p>`
  return html`<ul>${reasons.map(({ check, code, message }) => html`<li><b>${check}</b>: ${message} <code>${code}</code></li>`)}</ul>`
}

function observerList(observer: ObserverHealth | null, { observer: { accounts } }: Config): Html {
  if (observer === null) return html``
  const shown = observer.accounts.filter(({ account }) => accounts.includes(account))
  return html`<h3>Observed accounts</h3><div class="table-wrap" role="region" aria-label="Observed accounts" tabindex="0"><table><thead><tr><th scope="col">Account</th><th scope="col">Lag</th><th scope="col">Alarm</th></tr></thead><tbody>${shown.map(
    ({ account, completeUntil, alarm }) =>
      html`<tr><th scope="row"><code>${account}</code></th><td>${lagText([secondsUntil(completeUntil, observer.now)])}</td><td>${alarm === null ? 'none' : alarm.message}</td></tr>`,
  )}</tbody></table></div>`
}

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

function waitingList(
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

function moneyTable({ assets, otherAssets }: OpenMoney, now: Date): Html {
  if (assets.length === 0) return html``
  return html`<h3>Open money</h3><div class="table-wrap" role="region" aria-label="Open money" tabindex="0"><table><thead><tr><th scope="col">Asset</th><th scope="col">Payments</th><th scope="col">Amount</th><th scope="col">Oldest</th></tr></thead><tbody>${assets.map(
    ({ asset, payments, amount, oldestSince }) =>
      html`<tr><th scope="row"><code>${asset ?? 'not shown'}</code></th><td>${payments}</td><td>${amount ?? 'not shown'}</td><td>${timeOf(oldestSince, now)}</td></tr>`,
  )}</tbody></table></div>${otherAssets > 0 && html`<p>And ${counted(otherAssets, 'other asset')}.</p>`}`
}

function decisionList(decisions: readonly Decision[]): Html {
  if (decisions.length === 0) return html`<p>Nobody has decided anything yet.</p>`
  return html`<ol class="changes">${decisions.map(
    ({ at, keyName, about, subject, decision, note }) =>
      html`<li>${moment(at)}<span><b>${keyName}</b> said <b>${decision.replaceAll('_', ' ')}</b> of the ${about} <code>${subject}</code>${note !== null && html`: <bdi>${note}</bdi>`}</span></li>`,
  )}</ol>`
}
