import { readCatalogHealth } from '../../anchors/store.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import type { Reason } from '../../health/reasons.ts'
import type { OpenMoney } from '../../payments/open/store.ts'
import { type ObserverHealth, readObserverHealth } from '../../payments/store.ts'
import { readScheduledRuns, type ScheduledRuns } from '../../schedule/store.ts'
import { readUpdateHealth, type UpdateHealth } from '../../updates/store-reads.ts'
import { type Html, html } from '../html.ts'
import { counted, timeOf } from '../words.ts'

type CatalogHealth = Awaited<ReturnType<typeof readCatalogHealth>>

/** What tells at a glance how the service runs. */
export interface Figures {
  catalog: CatalogHealth
  schedule: ScheduledRuns
  updates: UpdateHealth
  observer: ObserverHealth | null
}

/** @throws AppError `database_unavailable` */
export async function readFigures({
  db,
  config,
}: {
  db: Database
  config: Pick<Config, 'observer'>
}): Promise<Figures> {
  const [catalog, schedule, updates, observer] = await Promise.all([
    readCatalogHealth(db),
    readScheduledRuns(db),
    readUpdateHealth(db),
    config.observer.accounts.length === 0 ? null : readObserverHealth(db),
  ])
  return { catalog, schedule, updates, observer }
}

/** @param money null for who may not see it */
export function figuresList(
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

/** What each scheduled run is for. */
const RUNS: Readonly<Record<string, string>> = {
  sync: 'finds anchors and checks them',
  check: 'checks the anchors that are due',
  discover: 'looks for further anchors',
  settle: 'ends updates whose outcome is unknown',
  observe: 'reads payments from the ledger',
  deliver: 'sends events to webhooks',
}

export function runsList({ runs }: ScheduledRuns, now: Date): Html {
  return html`<h3>Last runs</h3><div class="table-wrap" role="region" aria-label="Last runs" tabindex="0"><table><thead><tr><th scope="col">Run</th><th scope="col">Last ended</th><th scope="col">Last well</th><th scope="col">Failure</th></tr></thead><tbody>${runs.map(
    ({ kind, endedAt, okAt, failure, failuresInARow }) =>
      html`<tr><th scope="row">${kind} <span class="faint">${RUNS[kind]}</span></th><td>${timeOf(endedAt, now)}</td><td>${timeOf(okAt, now)}</td><td>${failure === null ? 'none' : html`<code>${failure}</code>, ${counted(failuresInARow, 'time')} in a row`}</td></tr>`,
  )}</tbody></table></div>`
}

/** Everything that is wrong, with what to do about it. Only the secret of the scheduler shows it, as at /api/health. */
export function reasonList(reasons: readonly Reason[]): Html {
  if (reasons.length === 0) return html`<p>Nothing is wrong.</p>`
  return html`<ul>${reasons.map(({ check, code, message }) => html`<li><b>${check}</b>: ${message} <code>${code}</code></li>`)}</ul>`
}

export function observerList(
  observer: ObserverHealth | null,
  { observer: { accounts } }: Config,
): Html {
  if (observer === null) return html``
  const shown = observer.accounts.filter(({ account }) => accounts.includes(account))
  return html`<h3>Observed accounts</h3><div class="table-wrap" role="region" aria-label="Observed accounts" tabindex="0"><table><thead><tr><th scope="col">Account</th><th scope="col">Lag</th><th scope="col">Alarm</th></tr></thead><tbody>${shown.map(
    ({ account, completeUntil, alarm }) =>
      html`<tr><th scope="row"><code>${account}</code></th><td>${lagText([secondsUntil(completeUntil, observer.now)])}</td><td>${alarm === null ? 'none' : alarm.message}</td></tr>`,
  )}</tbody></table></div>`
}
