import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { readNoted } from '../../lib/events/read-noted.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'
import { notingEnd } from '../../lib/schedule/note-end.ts'
import { settleOnSchedule } from '../../lib/updates/settle.ts'

const settle = {
  access: 'ops' as const,
  input: z.object({}),
  run: async (_input: object, { deps }: RouteContext<Deps>) => {
    const body = await notingEnd('settle', deps, async () => {
      await readNoted(deps)
      return settleOnSchedule(deps)
    })
    return { status: 200, body }
  },
}

/** Reads the transactions of events that nobody has read yet, then settles updates whose outcome is open. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: settle,
  POST: settle,
})
