import { z } from 'zod'
import { count, time } from '../../db/shapes.ts'
import { type CheckOutcome, type HealthState, NEW_HEALTH } from './health.ts'

export const checkOutcome = z.enum([
  'ok',
  'definite',
  'policy',
  'unsure',
]) satisfies z.ZodType<CheckOutcome>

/** The health of a home domain as it is stored: an empty object before its first check. */
export const healthState = z.object({
  notFoundCount: count.default(NEW_HEALTH.notFoundCount),
  policyFailureCount: count.default(NEW_HEALTH.policyFailureCount),
  okStreak: count.default(NEW_HEALTH.okStreak),
  autoDisabledReason: z
    .enum(['sep1_not_found', 'policy', 'flapping'])
    .nullable()
    .default(NEW_HEALTH.autoDisabledReason),
  lastOutcome: checkOutcome.nullable().default(NEW_HEALTH.lastOutcome),
  wasOk: z.boolean().default(NEW_HEALTH.wasOk),
  failuresInARow: count.default(NEW_HEALTH.failuresInARow),
  idle: count.default(NEW_HEALTH.idle),
  flips: z.array(time).default(NEW_HEALTH.flips),
}) satisfies z.ZodType<HealthState>
