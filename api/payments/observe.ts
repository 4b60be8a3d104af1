import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'
import { observeOnSchedule } from '../../lib/payments/observe.ts'
import { type RestartParameters, restartParameters } from '../../lib/payments/restart.ts'

const observe = {
  access: 'ops' as const,
  run: async (restart: RestartParameters, { deps, caller }: RouteContext<Deps>) => ({
    status: 200,
    body: await observeOnSchedule(restart, caller, deps),
  }),
}

/** Observes payments to the configured accounts. A body restarts the observer of one account. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: { ...observe, input: z.object({}).transform(() => null) },
  POST: { ...observe, body: 'only', input: restartParameters },
})
