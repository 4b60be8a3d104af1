import * as z from 'zod'
import { deps } from '../lib/deps.ts'
import { defineRoute } from '../lib/http/handler.ts'
import { checkHealth } from '../lib/http/health.ts'

export const { GET, POST, HEAD, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public-or-ops',
    input: z.object({}),
    run: (_input, { access, deps }) => checkHealth(deps, { detailed: access === 'full' }),
  },
})
