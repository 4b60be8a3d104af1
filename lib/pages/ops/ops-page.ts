import * as z from 'zod'
import { readLatestChanges, SWITCHES_AND_DRIFT } from '../../anchors/latest-changes.ts'
import { listAttention } from '../../attention/read-routes.ts'
import type { Config } from '../../config.ts'
import { type Decision, readDecisions } from '../../decisions/store.ts'
import { checkHealth } from '../../health/check-health.ts'
import type { Reason } from '../../health/reasons.ts'
import type { Answer } from '../../http/answer.ts'
import { pageCursor } from '../../http/parameters.ts'
import { groupChanges, sentenceOf } from '../changes.ts'
import { type Html, html } from '../html.ts'
import { pageAnswer } from '../layout.ts'
import { moment } from '../words.ts'
import { readTold, toldEvents } from './events-list.ts'
import { figuresList, observerList, readFigures, reasonList, runsList } from './figures.ts'
import { csrfToken, readSession, type Session, type SessionDeps } from './session.ts'
import { moneyTable, waitingList } from './waiting.ts'

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
  const [figures, health, waiting, told, recent] = await Promise.all([
    isReader || session.operator !== null ? readFigures(deps) : null,
    session.operator === null ? null : readReasons(deps),
    isReader ? listAttention({ limit: 20, cursor }, origin, deps) : null,
    isReader ? readTold(deps) : null,
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
<h2 id="events">Events out</h2>
${told === null ? needsRead() : toldEvents(told, session, csrf, now)}
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

function decisionList(decisions: readonly Decision[]): Html {
  if (decisions.length === 0) return html`<p>Nobody has decided anything yet.</p>`
  return html`<ol class="changes">${decisions.map(
    ({ at, keyName, about, subject, decision, note }) =>
      html`<li>${moment(at)}<span><b>${keyName}</b> said <b>${decision.replaceAll('_', ' ')}</b> of the ${about} <code>${subject}</code>${note !== null && html`: <bdi>${note}</bdi>`}</span></li>`,
  )}</ol>`
}
