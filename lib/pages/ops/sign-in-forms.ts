import * as z from 'zod'
import type { Answer } from '../../http/answer.ts'
import type { RefusalLog } from '../../http/refusal-log.ts'
import { seeOther } from '../layout.ts'
import { signInPage } from './ops-page.ts'
import {
  assertOwnForm,
  assertToken,
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
