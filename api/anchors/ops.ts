import {
  MAX_OPS_BODY_BYTES,
  opsParameters,
  runOps,
  scheduledOpsParameters,
} from '../../lib/anchors/ops.ts'
import type { CheckedDomain } from '../../lib/anchors/refresh.ts'
import { type Deps, deps } from '../../lib/deps.ts'
import { defineRoute, type RouteContext } from '../../lib/http/handler.ts'

const ops = {
  access: 'ops' as const,
  maxBodyBytes: MAX_OPS_BODY_BYTES,
  orElse: 'text/event-stream' as const,
  run: (
    input: Parameters<typeof runOps>[0],
    { deps, scheduled, access, sendEvent }: RouteContext<Deps>,
  ) => {
    const onChecked = (checked: CheckedDomain) => sendEvent('checked', checked)
    return runOps(input, { ...deps, onChecked }, { scheduled, limited: access === 'limited' })
  },
}

/** Scheduled and manual operation of the catalog: sync, refresh_capabilities, import_directory. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: { ...ops, scheduled: true, input: scheduledOpsParameters },
  POST: { ...ops, input: opsParameters },
})
