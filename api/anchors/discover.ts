import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'

const discover = {
  access: 'ops' as const,
  input: z.object({}),
  run: async (_: object, { deps }: RouteContext<Deps>) => {
    const { walkNetwork } = await import('../../lib/anchors/walk-network.ts')
    const body = await walkNetwork(deps)
    return { status: body.status === 'ok' ? 200 : 502, body }
  },
}

/** Walks over all assets of the network on Horizon and adds the anchors that it finds. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: discover,
  POST: discover,
})
