import * as z from 'zod'
import { count, textOrNull, time } from '../../db/shapes.ts'
import { named } from '../json-schema.ts'
import { failedRun, skipped } from './shared.ts'

const listingResult = z.object({
  id: z.string(),
  domain: z.string(),
  status: z.enum(['ok', 'error']),
  error: z.string().optional(),
  autoDisabled: z.boolean().optional(),
  sep1_404_count: count.optional(),
})
named.add(listingResult, { id: 'ListingResult' })

const run = {
  runId: z.string(),
  triggeredAt: time,
  durationMs: z.number(),
  skipped,
}

const syncAnswer = z.object({
  status: z.enum(['ok', 'error']),
  action: z.literal('sync'),
  ...failedRun,
  ...run,
  sourceUrl: textOrNull,
  discoveryMode: z.enum(['directory', 'horizon']),
  import: z.object({
    source: textOrNull,
    totalNormalized: count,
    written: count,
    skippedSourceRows: count,
  }),
  refresh: z.object({ requested: count, processed: count, ok: count, errors: count }),
  degraded: z.boolean(),
  remaining: count,
  results: z.array(listingResult),
})
named.add(syncAnswer, { id: 'SyncAnswer' })

const refreshAnswer = z.object({
  status: z.literal('ok'),
  action: z.literal('refresh_capabilities'),
  runId: z.string(),
  refreshed: count,
  ok: count,
  errors: count,
  degraded: z.boolean(),
  remaining: count,
  results: z.array(listingResult),
  skipped,
})
named.add(refreshAnswer, { id: 'RefreshAnswer' })

const importAnswer = z.object({
  status: z.literal('ok'),
  action: z.literal('import_directory'),
  dryRun: z.boolean(),
  source: z.string(),
  totalNormalized: count,
  skippedSourceRows: count,
  rejectedByDomain: count,
  allowedDomainsCount: count,
  provenance: z.object({ kind: z.enum(['request_body', 'download']), host: textOrNull }),
  written: count,
  sample: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      domain: z.string(),
      country: z.string(),
      currency: z.string(),
      type: z.enum(['on-ramp', 'off-ramp']),
    }),
  ),
  rejected: z.array(z.object({ index: z.number().int(), reason: z.string() })),
  changes: z.object({ new: count, changed: count, unchanged: count, dropped: count }).optional(),
  refusal: textOrNull.optional(),
})
named.add(importAnswer, { id: 'ImportAnswer' })

/** An import whose source could not be read. */
const failedImport = z.object({
  status: z.literal('error'),
  action: z.literal('import_directory'),
  ...failedRun,
})

/** The data of an event: a home domain whose check has ended, and the counts of the run up to it. */
export const checkedDomain = z.object({
  domain: z.string(),
  status: z.enum(['ok', 'error']),
  error: z.string().optional(),
  processed: count,
  ok: count,
  errors: count,
})
named.add(checkedDomain, { id: 'CheckedDomain' })

export const opsAnswer = z.union([syncAnswer, refreshAnswer, importAnswer])
export const failedOpsAnswer = z.union([syncAnswer, failedImport])

export const checkDueAnswer = z.object({
  status: z.literal('ok'),
  action: z.literal('check'),
  ...run,
  processed: count,
  ok: count,
  errors: count,
  lost: count,
  remaining: count,
  degraded: z.boolean(),
})

export const walkAnswer = z.object({
  status: z.enum(['ok', 'error']),
  action: z.literal('discover'),
  ...failedRun,
  ...run,
  source: z.string(),
  pages: count,
  listings: count,
  new: count,
  skippedRecords: count,
  stopped: textOrNull,
})
