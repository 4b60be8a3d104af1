import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'

const check = {
  access: 'ops' as const,
  input: z.object({}),
  run: async (_: object, { deps }: RouteContext<Deps>) => {
    const { checkDue } = await import('../../lib/anchors/check-due.ts')
    return { status: 200, body: await checkDue(deps) }
  },
}

/** Checks the home domains that are due. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: check,
  POST: check,
})
