import * as z from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../../errors.ts'
import { named } from '../json-schema.ts'

const codes = Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]

/** The body of an error of `ERROR_STATUS`. */
export const errorBody = z.object({
  error: z.string(),
  code: z.enum(codes),
  details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  idempotencyKey: z.string().optional(),
  requestId: z.string(),
  docs: z.string(),
})
named.add(errorBody, { id: 'Error' })

export const anyObject = z.record(z.string(), z.unknown())

/** The status of a run that failed at an outside source; what it did do stands beside it. */
export const failedRun = {
  error: z.string().optional(),
  code: z.enum(codes).optional(),
  requestId: z.string().optional(),
  docs: z.string().optional(),
}

/** The part of the service that a run works for is not configured, so there was nothing to do. */
export const notConfigured = z.literal('not_configured').optional()

export const skipped = z.enum(['already_running', 'recent']).optional()
