import type * as z from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import type { Network } from '../stellar/network.ts'
import { CHANGE_KINDS, changesPage } from './changes.ts'

export type Change = z.infer<typeof changesPage>['changes'][number]

/** What others act upon: every switch and every change of who an anchor is. A step alone switches nothing. */
export const SWITCHES_AND_DRIFT = CHANGE_KINDS.filter((kind) => !kind.startsWith('step_'))

/**
 * Reads the newest changes of one home domain, or of all, the newest first.
 *
 * @throws AppError `database_unavailable`
 */
export async function readLatestChanges(
  db: Database,
  wanted: {
    network: Network
    domain: string | null
    kinds: readonly (typeof CHANGE_KINDS)[number][]
    limit: number
  },
): Promise<Change[]> {
  const shape = changesPage.pick({ changes: true })
  return (await callChecked(db, shape, 'read_latest_changes', wanted)).changes
}
