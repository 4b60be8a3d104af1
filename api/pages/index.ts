import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { catalogPageParameters, showCatalog } from '../../lib/pages/catalog-page.ts'
import { errorPage } from '../../lib/pages/layout.ts'

/** The catalog as a page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: errorPage,
  GET: {
    access: 'public',
    ignoresAlien: true,
    input: catalogPageParameters,
    run: (input, { deps, request }) => showCatalog(input, new URL(request.url).origin, deps),
  },
})
