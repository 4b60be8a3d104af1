import { attentionParameters, listAttention } from '../lib/attention/read-routes.ts'
import { FULL_RIGHTS } from '../lib/caller.ts'
import type { Deps } from '../lib/deps.ts'
import type { Action } from '../lib/payments/open/actions.ts'
import { showTransaction } from '../lib/updates/read-routes.ts'
import { answerUpdate } from '../lib/updates/url-route.ts'
import { isUndoneId, type WalkthroughUndone } from './walkthrough.ts'
import type { WalkthroughPlatform } from './walkthrough-platform.ts'

/** A decision that `GET /api/attention` offers about an update that waits for a person. */
export interface OfferedDecision {
  transactionId: string
  /** Why the update waits. */
  reason: string
  action: Action
}

/** What the platform shows of such an update speaks for this decision. */
const FITTING = 'not_applied'

/**
 * Finds an update of a walkthrough that waits for a person. If none waits from an earlier start, one is brought about: the
 * service reports that money arrived, another program writes the transaction back as it was before, and the service reads
 * it again.
 *
 * @param origin the origin of the URLs in the decision
 */
export async function offerDecision(
  undone: WalkthroughUndone,
  platform: Pick<WalkthroughPlatform, 'writeBack'>,
  origin: string,
  deps: Deps,
): Promise<OfferedDecision | null> {
  const waiting = await findDecision(origin, deps)
  if (waiting !== null) return waiting
  await undoUpdate(undone, platform, deps)
  return findDecision(origin, deps)
}

async function findDecision(origin: string, deps: Deps): Promise<OfferedDecision | null> {
  const { waiting } = await listAttention(attentionParameters.parse({ limit: 200 }), origin, deps)
  for (const { kind, transactionId, reason, actions } of waiting) {
    const action = actions.find((one) => one.action === FITTING)
    if (kind !== 'update_lost' || transactionId === null || action === undefined) continue
    if (isUndoneId(transactionId)) return { transactionId, reason, action }
  }
  return null
}

async function undoUpdate(
  { transaction, method, params }: WalkthroughUndone,
  platform: Pick<WalkthroughPlatform, 'writeBack'>,
  deps: Deps,
): Promise<void> {
  const { id } = transaction
  const body = { text: JSON.stringify(params), value: params }
  const caller = { keyName: 'BUSINESS_API_KEY', rights: FULL_RIGHTS }
  await answerUpdate({ id, method }, { body, idempotencyKey: null, caller }, await deps.updates())
  platform.writeBack(transaction)
  await showTransaction({ id, refresh: true }, deps)
}
