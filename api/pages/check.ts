import { deps } from '../../lib/deps.ts'
import { callerAddress } from '../../lib/http/caller-address.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { checkPageParameters, showCheck } from '../../lib/pages/check-page.ts'
import { errorPage } from '../../lib/pages/layout.ts'

/** The check of a home domain that anybody may ask for, as a page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  showError: errorPage,
  GET: {
    access: 'public',
    effects: true,
    ignoresAlien: true,
    input: checkPageParameters,
    run: (input, { deps, request }) =>
      showCheck(
        input,
        { origin: new URL(request.url).origin, address: callerAddress(request) },
        deps,
      ),
  },
})
