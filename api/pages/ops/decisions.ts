import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { opsErrorPage } from '../../../lib/pages/layout.ts'
import { decisionFormParameters } from '../../../lib/pages/ops/decide-by-form.ts'
import { decideOnPage } from '../../../lib/pages/ops/decide-on-page.ts'

/** The decision of a person, by a form of the page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: opsErrorPage,
  POST: {
    access: 'session',
    body: 'form',
    ignoresAlien: true,
    input: decisionFormParameters,
    run: (input, { deps, request }) => decideOnPage(input, request, deps),
  },
})
