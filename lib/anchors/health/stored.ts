import { z } from 'zod'
import { count } from '../../db/shapes.ts'
import { type HealthState, NEW_HEALTH } from '../check/health-policy.ts'

const { notFoundCount, policyFailureCount, okStreak, autoDisabledReason, lastOutcome } = NEW_HEALTH

/** The health of a home domain as it is stored: an empty object before its first check. */
export const healthState = z.object({
  notFoundCount: count.default(notFoundCount),
  policyFailureCount: count.default(policyFailureCount),
  okStreak: count.default(okStreak),
  autoDisabledReason: z.enum(['sep1_not_found', 'policy']).nullable().default(autoDisabledReason),
  lastOutcome: z.enum(['ok', 'definite', 'policy', 'unsure']).nullable().default(lastOutcome),
}) satisfies z.ZodType<HealthState>
