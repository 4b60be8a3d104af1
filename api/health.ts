import * as z from 'zod'
import { deps } from '../lib/deps.ts'
import { checkHealth } from '../lib/health/check-health.ts'
import { defineRoute } from '../lib/http/handler.ts'

/** Whether this deployment can do its work. Only operators see figures and reasons. */
export const { GET, POST, HEAD, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public-or-ops',
    input: z.object({}),
    run: (_input, { access, deps }) => checkHealth(deps, { detailed: access === 'full' }),
  },
})
