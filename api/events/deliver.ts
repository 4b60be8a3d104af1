import * as z from 'zod'
import { type Deps, deps } from '../../lib/deps.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'
import { deliverOnSchedule } from '../../lib/outbox/deliver.ts'
import { notingEnd } from '../../lib/schedule/note-end.ts'

const deliver = {
  access: 'ops' as const,
  input: z.object({}),
  run: async (_input: object, { deps }: RouteContext<Deps>) => ({
    status: 200,
    body: { ...(await notingEnd('deliver', deps, () => deliverOnSchedule(deps))) },
  }),
}

/** Delivers the events that wait to the configured webhooks. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: deliver,
  POST: deliver,
})
