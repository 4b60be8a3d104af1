import * as z from 'zod'
import type { Caller } from '../caller.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { decisionNote } from '../decisions/note.ts'
import type { Decision } from '../decisions/store.ts'
import { AppError, type Fault } from '../errors.ts'
import { instant, parseDecision } from '../http/parameters.ts'
import { evidenceParameters, missingAnchor } from './read-routes.ts'
import { decideAnchor } from './store.ts'

/** A home domain, in the catalog of the deployment's network unless the call names another. */
export const anchorParameters = evidenceParameters

const LISTING = 'the id of a listing of this home domain, as the catalog shows it'

const accepted = z.object({ note: decisionNote, since: instant().optional() })
const noted = z.object({
  note: decisionNote,
  listing: z
    .string({ error: LISTING })
    .min(1, { error: LISTING })
    .max(300, { error: LISTING })
    .optional(),
})

/** The decisions about an anchor, with the keys of each. */
export const anchorDecisions = { enable: noted, disable: noted, forget: noted, accept: accepted }

/**
 * Stores what a person says of a home domain or of one listing. `enable` and `disable` stand above the rules of the catalog
 * until `forget` gives them back. A decision on a listing stands above the one on its home domain. `accept` makes the
 * identity count that has been held since `since`: a thief may change it again after the person has looked. All but
 * `disable` let a home domain return that the rules switched too often.
 *
 * @throws AppError `invalid_parameter`, `not_found`, `decision_refused`, `database_unavailable`
 */
export async function decideAnchorByPerson(
  { domain, network }: z.output<typeof anchorParameters>,
  body: object,
  { keyName }: Caller,
  { db, config }: { db: Database; config: Pick<Config, 'network'> },
): Promise<{ decision: Decision }> {
  const wanted = parseDecision(anchorDecisions, body)
  const { decision, note } = wanted
  const listing = 'listing' in wanted ? wanted.listing : undefined
  const since = wanted.decision === 'accept' ? wanted.since : undefined
  const catalog = network ?? config.network
  const decided = await decideAnchor(db, {
    network: catalog,
    domain,
    listing: listing ?? null,
    decision,
    note,
    keyName,
    heldSince: since ?? null,
  })
  if (decided === null) throw missingAnchor(domain, catalog)
  if (!decided.decided && decision === 'accept') {
    throw new AppError('decision_refused', [notHeld(domain, since, decided.heldSince ?? null)])
  }
  if (!decided.decided) {
    throw new AppError('not_found', [
      {
        path: 'listing',
        what: `The listing "${listing}"`,
        place: 'body',
        problem: `is not one of "${domain}" in the catalog of ${catalog}`,
        allowed: LISTING,
      },
    ])
  }
  return { decision: decided.decision }
}

function notHeld(domain: string, since: string | undefined, heldSince: string | null): Fault {
  if (heldSince === null) {
    return {
      path: 'decision',
      what: 'decision is "accept"',
      place: 'body',
      problem: `and no new identity of "${domain}" is held, nor was it switched too often`,
      allowed: 'accept for a home domain that GET /api/attention lists',
    }
  }
  return {
    path: 'since',
    what: since === undefined ? 'since is missing' : `since is "${since}"`,
    place: 'body',
    problem: `and the identity of "${domain}" that is held now has been held since ${heldSince}`,
    allowed: 'the "since" that GET /api/attention shows with the identity that you mean',
  }
}
