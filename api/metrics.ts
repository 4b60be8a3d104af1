import * as z from 'zod'
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'
import { showMetrics } from '../lib/metrics/read-routes.ts'

/** The figures of this deployment for Prometheus. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'ops-or-read',
    input: z.object({}),
    run: async (_input, { deps }) => ({ status: 200, body: null, text: await showMetrics(deps) }),
  },
})
