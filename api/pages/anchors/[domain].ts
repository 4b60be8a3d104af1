import { evidenceParameters } from '../../../lib/anchors/read-routes.ts'
import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'
import { showAnchor } from '../../../lib/pages/anchor-page.ts'
import { errorPage } from '../../../lib/pages/layout.ts'

/** The evidence about one home domain, as a page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '{/api/pages}?/anchors/{domain}',
  showError: errorPage,
  GET: {
    access: 'public',
    ignoresAlien: true,
    input: evidenceParameters,
    run: (input, { deps, request }) => showAnchor(input, new URL(request.url).origin, deps),
  },
})
