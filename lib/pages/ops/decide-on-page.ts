import type * as z from 'zod'
import type { Answer } from '../../http/answer.ts'
import { seeOther } from '../layout.ts'
import { type DecideDeps, decideByForm, type decisionFormParameters } from './decide-by-form.ts'
import { signInPage } from './ops-page.ts'
import { refusedDecision } from './refused-decision.ts'
import { assertOwnForm, assertToken, csrfToken, readSession, type SessionDeps } from './session.ts'

/** Does what a button of the page asks for. @throws AppError as `decideByForm` */
export async function decideOnPage(
  given: z.output<typeof decisionFormParameters>,
  request: Request,
  deps: SessionDeps & DecideDeps & { afterChange: () => void },
): Promise<Answer> {
  assertOwnForm(request)
  const session = await readSession(request, deps)
  if (session === null) {
    return signInPage(
      new URL(request.url).origin,
      401,
      'Your session is over. Nothing was decided.',
    )
  }
  assertToken(given.csrf, session, deps)
  try {
    await decideByForm(given, session, deps)
  } catch (error) {
    const refused = refusedDecision(error, given, request, session, csrfToken(session, deps))
    if (refused === null) throw error
    return refused
  } finally {
    deps.afterChange()
  }
  return seeOther(`/ops?done=${given.action}`)
}
