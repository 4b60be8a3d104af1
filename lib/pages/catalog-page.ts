import type * as z from 'zod'
import type { CatalogPage, CatalogRow, Country } from '../anchors/catalog-store.ts'
import { STEPS } from '../anchors/check/capability.ts'
import { SEP_NAMES, sepNumber } from '../anchors/check/toml/fields.ts'
import {
  catalogParameters,
  listCountries,
  readCatalogPage,
  type SharedReadDeps,
} from '../anchors/read-routes.ts'
import type { Answer } from '../http/answer.ts'
import { type Html, html } from './html.ts'
import { ladderLegend, PURPOSE, protocolLegend, stepCells, stepHeadings } from './ladder.ts'
import { document, htmlAnswer } from './layout.ts'
import { offersOf, stateMark } from './offers.ts'
import { DIRECTION, timeOf } from './words.ts'

/** The rows of a page. A home domain has several. */
const ROWS = 60

export const catalogPageParameters = catalogParameters.pick({
  search: true,
  country: true,
  currency: true,
  type: true,
  sep: true,
  minStep: true,
  operationalOnly: true,
  cursor: true,
})
type Filter = z.output<typeof catalogPageParameters>

/** The catalog as a page. @throws AppError `invalid_parameter`, `database_unavailable` */
export async function showCatalog(
  filter: Filter,
  origin: string,
  deps: SharedReadDeps & { now: () => Date },
): Promise<Answer> {
  const [page, { countries }] = await Promise.all([
    readCatalogPage({ ...filter, limit: ROWS }, deps),
    listCountries({ includeNonOperational: true }, deps),
  ])
  return htmlAnswer(renderCatalog(filter, JSON.parse(page), countries, deps.now(), origin))
}

function renderCatalog(
  filter: Filter,
  { anchors, next }: CatalogPage,
  countries: readonly Named[],
  now: Date,
  origin: string,
): string {
  const main = html`<h1>Stellar anchors that can be believed</h1>
<p class="lead">Where money goes in and out of Stellar, as the last checks of each home domain show it.</p>
${filterForm(filter, countries)}
${anchors.length === 0 ? nothing(filter) : table(anchors, now)}
${pager(filter, next)}
${ladderLegend()}
${protocolLegend()}`
  return document(
    {
      title: 'Anchor Ops: Stellar anchors that can be believed',
      description:
        'Which Stellar anchors work now, in which country and currency, with the evidence of the last checks.',
      path: queryOf(filter, filter.cursor),
      main,
    },
    origin,
  )
}

/** The URL of a page of the catalog with these filters. */
function queryOf({ cursor: _, operationalOnly, ...given }: Filter, cursor?: string): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value)
  if (operationalOnly) query.set('operationalOnly', 'true')
  if (cursor !== undefined) query.set('cursor', cursor)
  return query.size === 0 ? '/' : `/?${query}`
}

type Named = Country & { name: string }

function filterForm(filter: Filter, countries: readonly Named[]): Html {
  const byName = countries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const currencies = [...new Set(countries.flatMap((country) => country.currencies))].sort()
  return html`<form class="filters" action="/" method="get" role="search" aria-label="Anchors">
<label class="wide">Name or home domain <input type="search" name="search" value="${filter.search ?? ''}" maxlength="100"></label>
<label>Country ${select(
    'country',
    filter.country,
    byName.map(({ code, name }) => [code, name]),
  )}</label>
<label>Currency <input name="currency" value="${filter.currency ?? ''}" maxlength="12" size="8" list="currencies" autocomplete="off" spellcheck="false"></label>
<datalist id="currencies">${currencies.slice(0, 300).map((code) => html`<option value="${code}">`)}</datalist>
<label>Direction ${select(
    'type',
    filter.type,
    Object.entries(DIRECTION).map(([type, word]) => [type, word]),
  )}</label>
<label>Protocol ${select(
    'sep',
    filter.sep,
    SEP_NAMES.map((name) => [name, `SEP-${sepNumber(name)} ${PURPOSE[name]}`]),
  )}</label>
<label>At least ${select(
    'minStep',
    filter.minStep,
    STEPS.filter((step) => step !== 'absent').map((step) => [step, step]),
  )}</label>
<label class="tick"><input type="checkbox" name="operationalOnly" value="true"${filter.operationalOnly && html` checked`}> Only what works now</label>
<div class="buttons"><button>Show</button>${queryOf(filter) !== '/' && html` <a href="/">Clear</a>`}</div>
</form>`
}

function select(
  name: string,
  chosen: string | undefined,
  options: readonly (readonly [value: string, text: string])[],
): Html {
  return html`<select name="${name}"><option value="">any</option>${options.map(
    ([value, text]) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
  )}</select>`
}

function nothing(filter: Filter): Html {
  return queryOf(filter) === '/'
    ? html`<p class="empty">The catalog is empty. It fills with the first sync: <a href="/docs">the API</a> tells how to start one.</p>`
    : html`<p class="empty">No anchor matches all of this. <a href="/">Show the whole catalog</a></p>`
}

function table(rows: readonly CatalogRow[], now: Date): Html {
  const domains = Map.groupBy(rows, ({ domain }) => domain)
  return html`<table role="table" class="catalog">
<caption class="sr">Anchors, what each offers, and how far each protocol is shown to work</caption>
<thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Anchor</th><th role="columnheader" scope="col">Money in and out</th>
${stepHeadings()}
<th role="columnheader" scope="col">Evidence</th>
</tr></thead>
<tbody role="rowgroup">
${[...domains.values()].map((listings) => anchorRow(listings, now))}
</tbody></table>`
}

function anchorRow(listings: readonly CatalogRow[], now: Date): Html {
  const [first] = listings
  if (first === undefined) return html``
  const { domain, name, sep, lastCheckedAt } = first
  const works = listings.filter(({ operational }) => operational).length
  return html`<tr role="row">
<th role="rowheader" scope="row"><a href="/anchors/${domain}"><bdi>${name}</bdi></a>${name !== domain && html`<span class="domain">${domain}</span>`}${stateMark(works, listings.length)}</th>
<td role="cell" class="offers"><ul>${offersOf(listings)}</ul></td>
${stepCells(sep)}
<td role="cell" class="age" data-label="checked">${timeOf(lastCheckedAt, now)}</td>
</tr>`
}

function pager(filter: Filter, next: string | null): Html {
  return html`<nav class="pager" aria-label="Pages of the catalog">
${filter.cursor !== undefined && html`<a href="${queryOf(filter)}">First page</a>`}
${next !== null && html`<a rel="next" href="${queryOf(filter, next)}">Next page</a>`}
</nav>`
}
