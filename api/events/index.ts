import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { eventsParameters, listEvents } from '../../lib/outbox/read-routes.ts'

/** The events that were told, page by page, and what became of each at every webhook. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: eventsParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listEvents(input, deps) }),
  },
})
