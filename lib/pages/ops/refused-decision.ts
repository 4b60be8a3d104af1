import { AppError, ERROR_STATUS } from '../../errors.ts'
import type { Answer } from '../../http/answer.ts'
import { html } from '../html.ts'
import { pageAnswer } from '../layout.ts'
import { type Given, shownBody } from './decide-by-form.ts'
import { decisionForms } from './decision-form.ts'
import type { Session } from './session.ts'

/**
 * The page that says why a decision was refused, with its form as the person filled it in: no cache keeps the page of
 * operators, so going back would lose it.
 *
 * @returns null for an error that the person cannot mend by the form
 */
export function refusedDecision(
  error: unknown,
  given: Given,
  request: Request,
  session: Session,
  csrf: string,
): Answer | null {
  if (!(error instanceof AppError)) return null
  const { origin } = new URL(request.url)
  const status = ERROR_STATUS[error.code]
  const url = URL.parse(given.target, origin)
  const body = shownBody(given)
  if (status >= 500 || url === null || body === null) return null
  const { action } = given
  const again = { action, means: 'Once more, as it is filled in now.', method: 'POST' } as const
  const { note, transaction_id, stellar_transaction_id } = given
  const before = { note, transaction_id, stellar_transaction_id }
  const messages = error.details?.map(({ message }) => message) ?? [error.message]
  const main = html`<h1>Nothing was decided</h1>
<div class="notice bad" role="alert">${messages.map((message) => html`<p>${message}</p>`)}</div>
<div class="card">${decisionForms([{ ...again, url: url.href, body, needs: [] }], session, csrf, before)}</div>
<p><a href="/ops">To the page of operators</a></p>`
  const page = { title: 'Nothing was decided · Anchor Ops', description: 'Why it was refused.' }
  return pageAnswer({ ...page, path: '/ops', hidden: true, main }, origin, status)
}
