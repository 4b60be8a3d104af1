import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { opsErrorPage } from '../../../lib/pages/layout.ts'
import { signOutByForm, signOutParameters } from '../../../lib/pages/ops/sign-in-forms.ts'

/** Ends a session. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: opsErrorPage,
  POST: {
    access: 'session',
    body: 'form',
    maxBodyBytes: 4_096,
    input: signOutParameters,
    run: (input, { deps, request }) => signOutByForm(input, request, deps),
  },
})
