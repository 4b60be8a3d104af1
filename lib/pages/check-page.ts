import * as z from 'zod'
import { SEP_NAMES, sepNumber } from '../anchors/check/toml/fields.ts'
import {
  checkOnRequest,
  type RequestedCheck,
  requestedCheckParameters,
} from '../anchors/check-on-request.ts'
import type { ReadDeps } from '../anchors/read-routes.ts'
import { AppError } from '../errors.ts'
import type { Answer } from '../http/answer.ts'
import { isBad, verdictOf } from './check-markdown.ts'
import { findingList } from './findings.ts'
import { type Html, html } from './html.ts'
import { PURPOSE } from './ladder.ts'
import { pageAnswer } from './layout.ts'
import { counted, timeOf } from './words.ts'

export const checkPageParameters = z.object({ domain: z.string().max(300).optional() })

/**
 * The validator for developers of anchors: a form, and with a home domain its check. A name that cannot be one, and a limit
 * that is reached, are told above the form.
 */
export async function showCheck(
  { domain }: z.output<typeof checkPageParameters>,
  call: { origin: string; address: string | null },
  deps: ReadDeps,
): Promise<Answer> {
  if (domain === undefined) return page('', 200, null, call.origin)
  const read = requestedCheckParameters.safeParse({ domain: bareDomain(domain) })
  if (!read.success) {
    const allowed = read.error.issues[0]?.message ?? ''
    const problem = html`<p class="notice bad" role="alert">“<bdi>${domain.slice(0, 100)}</bdi>” is no home domain; allowed: ${allowed}.</p>`
    return page(domain, 400, problem, call.origin)
  }
  try {
    const check = await checkOnRequest(read.data, call.address, deps)
    return page(check.domain, 200, found(check, deps.now()), call.origin)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'too_many_checks') throw error
    const seconds = error.retryAfterSeconds ?? 60
    const problem = html`<p class="notice bad" role="alert">${error.message} Try again in ${counted(seconds, 'second')}.</p>`
    const answer = page(domain, 429, problem, call.origin)
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } }
  }
}

/** People paste URLs. */
function bareDomain(text: string): string {
  const trimmed = text.trim()
  return URL.parse(/^https?:\/\//i.test(trimmed) ? trimmed : '')?.hostname ?? trimmed
}

function page(domain: string, status: number, result: Html | null, origin: string): Answer {
  const main = html`<h1>Check an anchor</h1>
<p class="lead">For developers of anchors: what a wallet meets at your home domain now, and what to do about each fault. Nothing is signed, and nothing of it counts in the catalog.</p>
<form class="filters" action="/check" method="get" aria-label="Check">
<label class="wide">Home domain <input name="domain" value="${domain.slice(0, 300)}" required maxlength="300" placeholder="anchor.example.org" autocapitalize="none" autocomplete="off" spellcheck="false" inputmode="url"></label>
<div class="buttons"><button>Check</button></div>
</form>
${result}`
  const title = domain === '' ? 'Check an anchor' : `Check of ${domain.slice(0, 100)}`
  return pageAnswer(
    {
      title: `${title} · Anchor Ops`,
      description:
        'Checks the stellar.toml and the endpoints of a Stellar anchor, and says what to do about each fault.',
      path: domain === '' ? '/check' : `/check?${new URLSearchParams({ domain })}`,
      main,
      ...(domain === '' ? {} : { hidden: true }),
    },
    origin,
    status,
  )
}

function found(check: RequestedCheck, now: Date): Html {
  const { domain, checkedAt, durationMs, steps, findings, moreFindings } = check
  const query = new URLSearchParams({ domain })
  const named = SEP_NAMES.filter((name) => steps !== null && steps[name] !== 'absent')
  return html`<h2>${domain}</h2>
<p class="notice${isBad(check) && html` bad`}" role="status">${verdictOf(check)} ${counted(findings.length + moreFindings, 'finding')}.</p>
<p class="faint">Checked ${timeOf(checkedAt, now)} in ${(durationMs / 1000).toFixed(1)} s. The same as <a href="/api/check?${query.toString()}">JSON</a> and as <a href="/api/check?${query.toString()}&amp;format=markdown">Markdown</a>. Once a day the catalog also signs in as a wallet does: <a href="/anchors/${domain}">what it says of this home domain</a>.</p>
${
  steps !== null &&
  html`<h2>How far each protocol is shown to work</h2>
${
  named.length === 0
    ? html`<p>The stellar.toml names no protocol.</p>`
    : html`<dl class="facts">${named.map((name) => html`<dt>SEP-${sepNumber(name)} ${PURPOSE[name]}</dt><dd class="step step-${steps[name]}"><span>${steps[name]}</span></dd>`)}</dl>`
}`
}
<h2>Findings</h2>
${findingList(findings)}
${moreFindings > 0 && html`<p>And ${moreFindings} more.</p>`}`
}
