import * as z from 'zod'
import type { Config } from '../config.ts'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, jsonObject, textOrNull, time } from '../db/shapes.ts'
import { choice, instant, integer, pageCursor } from '../http/parameters.ts'
import { NETWORKS } from '../stellar/network.ts'
import { evidenceParameters } from './read-routes.ts'

export const CHANGE_KINDS = [
  'listing_on',
  'listing_off',
  'domain_disabled',
  'domain_returned',
  'domain_flapping',
  'drift',
  'held',
  'released',
  'accepted',
  'step_gained',
  'step_lost',
  'delisted',
  'relisted',
] as const

/** The filters of the changes. `cursor` is the id of a change too: a page begins behind it. */
export const changesParameters = z.object({
  since: instant().optional(),
  domain: evidenceParameters.shape.domain.optional(),
  kind: choice(CHANGE_KINDS).optional(),
  network: choice(NETWORKS).optional(),
  limit: integer(1, 500).default(100),
  cursor: pageCursor(),
})

export const changesPage = z.object({
  changes: z.array(
    z.object({
      id: z.string(),
      at: time,
      kind: z.enum(CHANGE_KINDS),
      network: z.enum(NETWORKS),
      domain: z.string(),
      listing: textOrNull,
      before: jsonObject.nullable(),
      after: jsonObject.nullable(),
    }),
  ),
  next: textOrNull,
})

/**
 * Reads a page of changes, the oldest first.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function listChanges(
  { since, domain, kind, network, limit, cursor }: z.output<typeof changesParameters>,
  { db, config }: { db: Database; config: Pick<Config, 'network'> },
): Promise<z.infer<typeof changesPage>> {
  assertCursor(cursor ?? null, /^\d{1,18}$/)
  return callChecked(db, changesPage, 'read_changes', {
    network: network ?? config.network,
    since: since ?? null,
    domain: domain ?? null,
    kind: kind ?? null,
    limit,
    cursor: cursor ?? null,
  })
}
