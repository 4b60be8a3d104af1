import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { opsErrorPage } from '../../../lib/pages/layout.ts'
import { opsPageParameters, showOps } from '../../../lib/pages/ops/ops-page.ts'

/** What runs and what waits for a person, for who signed in. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: opsErrorPage,
  GET: {
    access: 'session',
    ignoresAlien: true,
    input: opsPageParameters,
    run: (input, { deps, request }) => showOps(input, request, deps),
  },
})
