import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { readNoted } from '../../lib/events/read-noted.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'
import { settleOnSchedule } from '../../lib/updates/settle.ts'

const settle = {
  access: 'ops' as const,
  input: z.object({}),
  run: async (_input: object, { deps }: RouteContext<Deps>) => {
    await readNoted(deps)
    return { status: 200, body: await settleOnSchedule(deps) }
  },
}

/** Reads the transactions of events that nobody has read yet, then settles updates whose outcome is open. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: settle,
  POST: settle,
})
