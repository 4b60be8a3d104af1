import * as z from 'zod'
import type { Answer } from '../../http/answer.ts'
import type { RefusalLog } from '../../http/refusal-log.ts'
import { type DecideDeps, decideByForm, type decisionFormParameters } from './decide-by-form.ts'
import { signInPage } from './ops-page.ts'
import { refusedDecision } from './refused-decision.ts'
import {
  assertOwnForm,
  assertToken,
  csrfToken,
  readSession,
  type SessionDeps,
  signedOut,
  signInWith,
} from './session.ts'

export const signInParameters = z.object({ key: z.string().max(512).default('') })
export const signOutParameters = z.object({ csrf: z.string().max(100).default('') })

/** Signs a person in who shows a key. @throws AppError `forbidden` for a form of another site */
export async function signInByForm(
  { key }: z.output<typeof signInParameters>,
  request: Request,
  deps: SessionDeps & { logRefusal: RefusalLog },
): Promise<Answer> {
  assertOwnForm(request)
  const cookie = await signInWith(key.trim(), await readSession(request, deps), deps)
  if (cookie !== null) return seeOther('/ops', cookie)
  deps.logRefusal('sign_in', { path: '/ops/sign-in' })
  const { origin } = new URL(request.url)
  return signInPage(origin, 401, 'This key is not known, or does not count any more.')
}

/** Ends a session. @throws AppError `forbidden` */
export async function signOutByForm(
  { csrf }: z.output<typeof signOutParameters>,
  request: Request,
  deps: SessionDeps,
): Promise<Answer> {
  assertOwnForm(request)
  const session = await readSession(request, deps)
  if (session !== null) assertToken(csrf, session, deps)
  return seeOther('/ops', signedOut(deps))
}

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

/** Sends the browser on, so that loading the page again does not send the form again. */
function seeOther(location: string, cookie?: string): Answer {
  return {
    status: 303,
    body: null,
    text: { type: 'text/plain; charset=utf-8', body: '' },
    headers: { location, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) },
  }
}
