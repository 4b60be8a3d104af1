import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { opsErrorPage } from '../../../lib/pages/layout.ts'
import { signInByForm, signInParameters } from '../../../lib/pages/ops/sign-in-forms.ts'

/** Signs a person in who shows a key. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: opsErrorPage,
  POST: {
    access: 'session',
    body: 'form',
    maxBodyBytes: 4_096,
    input: signInParameters,
    run: (input, { deps, request }) => signInByForm(input, request, deps),
  },
})
