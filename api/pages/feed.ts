import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { feedParameters, showFeed } from '../../lib/pages/feed.ts'

/** What changed, as an Atom feed. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    ignoresAlien: true,
    input: feedParameters,
    run: (input, { deps, request }) => showFeed(input, new URL(request.url).origin, deps),
  },
})
