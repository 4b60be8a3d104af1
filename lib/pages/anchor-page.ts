import type * as z from 'zod'
import type { CatalogRow } from '../anchors/catalog-store.ts'
import { CHANGE_KINDS } from '../anchors/changes.ts'
import { SEP_NAMES, sepNumber } from '../anchors/check/toml/fields.ts'
import { readLatestChanges } from '../anchors/latest-changes.ts'
import {
  type evidenceParameters,
  readEvidence,
  type SharedReadDeps,
} from '../anchors/read-routes.ts'
import type { HomeDomainEvidence } from '../anchors/store.ts'
import type { Answer } from '../http/answer.ts'
import { availabilityStrips } from './availability.ts'
import { type ChangeGroup, groupChanges, sentenceOf } from './changes.ts'
import { findingList } from './findings.ts'
import { type Html, html } from './html.ts'
import { ladderLegend, PURPOSE } from './ladder.ts'
import { pageAnswer } from './layout.ts'
import { offersOf, stateMark } from './offers.ts'
import { counted, moment, timeOf, WHY_DISABLED } from './words.ts'

const MOST_CHANGES = 100
const MOST_SHOWN = 30

/** The evidence of one home domain as a page. @throws AppError `not_found`, `database_unavailable` */
export async function showAnchor(
  wanted: z.output<typeof evidenceParameters>,
  origin: string,
  deps: SharedReadDeps & { now: () => Date },
): Promise<Answer> {
  const network = wanted.network ?? deps.config.network
  const [evidence, changes] = await Promise.all([
    readEvidence(wanted, deps),
    readLatestChanges(deps.db, {
      network,
      domain: wanted.domain,
      kinds: CHANGE_KINDS,
      limit: MOST_CHANGES,
    }),
  ])
  const now = deps.now()
  const { domain } = evidence
  const listings = evidence.listings.filter(({ active }) => active)
  const works = listings.filter(({ operational }) => operational).length
  const name = nameOf(evidence)
  const main = html`<h1><bdi>${name}</bdi></h1>
<p class="lead">${name !== domain && html`<code>${domain}</code> `}${stateMark(works, listings.length)}</p>
${facts(evidence, now)}
<h2>What you can do here</h2>
${offers(listings)}
<h2>How far each protocol is shown to work</h2>
${steps(evidence, now)}
<h2>Availability</h2>
${availabilityStrips(evidence.days, now)}
<h2>Findings</h2>
<p class="faint">What the last check found, and what the anchor can do about it. <a href="/check?domain=${domain}">Check it now</a></p>
${findingList(evidence.findings)}
<h2 id="changes">What changed</h2>
${changeList(groupChanges(changes))}
<h2>Show it elsewhere</h2>
<p><img src="/badge/${domain}.svg" alt="The badge of ${domain}"></p>
<pre><code>[![Stellar anchor](${origin}/badge/${domain}.svg)](${origin}/anchors/${domain})</code></pre>
<p>The same evidence as <a href="/api/anchors/${domain}">JSON</a>, and its changes as a <a href="/feed.xml?domain=${domain}">feed</a>.</p>
${ladderLegend()}`
  return pageAnswer(
    {
      title: `${name}: ${works > 0 ? 'works' : 'does not work now'} · Anchor Ops`,
      description: `${domain} on Stellar: ${works} of ${counted(listings.length, 'listing')} work. Evidence, findings and availability.`,
      path: `/anchors/${domain}`,
      card: works > 0 ? 'works' : 'not',
      feed: `/feed.xml?domain=${domain}`,
      main,
    },
    origin,
  )
}

/** The name of a home domain is that of its first listing, or its own. */
function nameOf({ domain, listings, capability }: HomeDomainEvidence): string {
  return listings[0]?.name ?? capability?.organisation ?? domain
}

function facts(evidence: HomeDomainEvidence, now: Date): Html {
  const { lastCheckedAt, lastOkAt, error, health, personSays, firstSeenAt } = evidence
  return html`<dl class="facts">
<dt>Last check</dt><dd>${timeOf(lastCheckedAt, now)}${error !== null && html`: ${error}`}</dd>
<dt>Last good check</dt><dd>${timeOf(lastOkAt, now)}</dd>
<dt>Known since</dt><dd>${timeOf(firstSeenAt, now)}</dd>
${health.autoDisabledReason && html`<dt>Out of service</dt><dd>because ${WHY_DISABLED[health.autoDisabledReason]}</dd>`}
${personSays !== null && html`<dt>Decided by a person</dt><dd>${personSays === 'enable' ? 'It counts as working.' : 'It counts as not working.'}</dd>`}
</dl>`
}

function offers(
  listings: readonly Pick<CatalogRow, 'type' | 'operational' | 'why' | 'currency' | 'country'>[],
): Html {
  if (listings.length === 0) return html`<p>Nothing is listed here now.</p>`
  return html`<div class="offers"><ul>${offersOf(listings)}</ul></div>`
}

function steps({ capability, evidence }: HomeDomainEvidence, now: Date): Html {
  if (capability === null) return html`<p>No check could read its stellar.toml yet.</p>`
  const named = SEP_NAMES.filter((name) => capability.sep[name].step !== 'absent')
  if (named.length === 0) return html`<p>Its stellar.toml names no protocol.</p>`
  return html`<div class="table-wrap" role="region" aria-label="Protocols" tabindex="0"><table><thead><tr><th scope="col">Protocol</th><th scope="col">Step</th><th scope="col">Endpoint</th><th scope="col">Last seen well</th></tr></thead><tbody>${named.map(
    (name) => {
      const { step, endpoint, protected: isProtected } = capability.sep[name]
      return html`<tr><th scope="row">SEP-${sepNumber(name)} <span class="faint">${PURPOSE[name]}</span></th><td class="step step-${step}"><span>${step}</span>${isProtected && html` <span class="faint">refuses strangers</span>`}</td><td><code><bdi>${endpoint ?? '–'}</bdi></code></td><td>${timeOf(evidence[name]?.lastOkAt ?? null, now)}</td></tr>`
    },
  )}</tbody></table></div>`
}

function changeList(groups: readonly ChangeGroup[]): Html {
  if (groups.length === 0) return html`<p>Nothing has changed yet.</p>`
  return html`<ol class="changes">${groups
    .slice(0, MOST_SHOWN)
    .map((group) => html`<li>${moment(group.at)}<span>${sentenceOf(group)}</span></li>`)}</ol>`
}
