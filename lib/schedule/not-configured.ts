import type { Log } from '../log.ts'
import type { ScheduledKind } from './kinds.ts'

/** What the answer of a run tells that had nothing to do, because its part of the service is not configured. */
export interface NotConfigured {
  skipped?: 'not_configured'
}

/** What each configuration was told of. A scheduler calls every minute, and one line says it all. */
const told = new WeakMap<object, Set<ScheduledKind>>()

/** Skips a run whose part is not configured, which is no error. The first one of each function instance is logged. */
export function skipNotConfigured(kind: ScheduledKind, config: object, log: Log): NotConfigured {
  const kinds = told.get(config) ?? new Set()
  told.set(config, kinds)
  const reason = 'not_configured'
  if (!kinds.has(kind)) log('info', 'run_skipped', { kind, reason })
  kinds.add(kind)
  return { skipped: reason }
}
