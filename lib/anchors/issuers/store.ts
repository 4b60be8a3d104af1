import { z } from 'zod'
import { callChecked, type Database } from '../../db/client.ts'
import { count, textOrNull, time } from '../../db/shapes.ts'
import type { Network } from '../../stellar/network.ts'
import { ISSUER_FLAGS, type IssuerAccount } from './issuer-account.ts'
import type { KnownIssuer } from './link.ts'

const recorded = z.object({ recorded: count })

/**
 * Stores accounts of issuers. An older sight of an account leaves a newer one, and a sight without flags leaves the flags.
 *
 * @throws AppError `database_unavailable`
 */
export function recordIssuers(
  db: Database,
  sight: { network: Network; accounts: readonly IssuerAccount[] },
): Promise<{ recorded: number }> {
  return callChecked(db, recorded, 'record_issuers', sight)
}

const knownIssuers = z.array(
  z.object({
    account: z.string(),
    homeDomain: textOrNull,
    flags: z.array(z.enum(ISSUER_FLAGS)).nullable(),
    locked: z.boolean().nullable(),
    missing: z.boolean(),
    seenAt: time,
    tomlSha256: textOrNull,
    confirmedCodes: z.array(z.string()),
  }),
) satisfies z.ZodType<KnownIssuer[]>

/**
 * Reads the stored ones of these accounts, and those that name one of `domains`, with what the catalog knows of the home
 * domains that they name.
 *
 * @throws AppError `database_unavailable`
 */
export function readIssuers(
  db: Database,
  wanted: { network: Network; accounts: readonly string[]; domains?: readonly string[] },
): Promise<KnownIssuer[]> {
  return callChecked(db, knownIssuers, 'read_issuers', { domains: [], ...wanted })
}

const dueIssuers = z.object({ accounts: z.array(z.string()), due: count })

/**
 * Reads the issuers that listed home domains name and that were never seen or too long ago, the longest unseen first.
 * `due` is their number in all.
 *
 * @throws AppError `database_unavailable`
 */
export function readDueIssuers(
  db: Database,
  wanted: { network: Network; olderThanSeconds: number; limit: number },
): Promise<z.infer<typeof dueIssuers>> {
  return callChecked(db, dueIssuers, 'read_due_issuers', wanted)
}
