import * as z from 'zod'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { integer, pageCursor } from '../http/parameters.ts'
import { describeDifference } from '../payments/books/book.ts'
import type { Action } from '../payments/open/actions.ts'
import { type OpenMoney, readOpenMoney } from '../payments/open/store.ts'
import { textOf } from '../text-of.ts'
import { checkPlatform, type PlatformCheckDeps } from '../updates/check-platform.ts'
import { LATE_UPDATE_SECONDS } from '../updates/result.ts'
import { actionsOf } from './actions.ts'
import { readAttention, type WAITING_KINDS, type Waiting } from './store.ts'

export const attentionParameters = z.object({
  limit: integer(1, 200).default(50),
  cursor: pageCursor(),
})

/** Something that waits for a person, with what may be done about it. */
interface Attention {
  kind: (typeof WAITING_KINDS)[number]
  id: string
  since: string
  transactionId: string | null
  reason: string
  detail: object
  actions: Action[]
}

/**
 * Lists what waits for a person, of every kind, the newest first. The first page begins with what keeps the platform from
 * taking updates, if something does, and with the sums of open money.
 *
 * @param origin the origin of the URLs in the answer
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function listAttention(
  { limit, cursor: given }: z.output<typeof attentionParameters>,
  origin: string,
  deps: PlatformCheckDeps & {
    config: Pick<Config, 'observer' | 'ledger'>
    db: Database
    now: () => Date
  },
): Promise<{ waiting: Attention[]; openMoney: OpenMoney | null; next: string | null }> {
  const cursor = given ?? null
  const { observer, ledger } = deps.config
  const observed = { accounts: observer.accounts, source: ledger?.source ?? null }
  const [{ waiting, next }, checked, openMoney] = await Promise.all([
    readAttention(deps.db, { lateSeconds: LATE_UPDATE_SECONDS, ...observed, limit, cursor }),
    cursor === null ? checkPlatform(deps) : null,
    cursor === null ? readOpenMoney(deps.db) : null,
  ])
  const problem = checked?.problem ?? null
  const platform: Attention[] =
    problem === null
      ? []
      : [
          {
            kind: 'platform',
            id: problem.code,
            since: deps.now().toISOString(),
            transactionId: null,
            reason: problem.reason,
            detail: { code: problem.code },
            actions: [],
          },
        ]
  const listed = waiting.map((one) => ({
    ...one,
    reason: reasonOf(one),
    actions: actionsOf(one, origin),
  }))
  return { waiting: [...platform, ...listed], openMoney, next }
}

function reasonOf(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'update_manual':
    case 'update_lost':
      return textOf(waiting.detail.outcome?.['reason'] ?? 'Only a person may decide this update.')
    case 'update_late': {
      const reason = textOf(waiting.detail.outcome?.['reason'] ?? 'its scheduler does not call it')
      return `The update has been open for more than an hour: ${reason}`
    }
    case 'payment':
      return waiting.detail.sentence
    case 'difference':
      return describeDifference(waiting.detail)
    case 'observer_alarm':
    case 'unlisted':
      return waiting.detail.message
    case 'anchor_held': {
      const { domain, after } = waiting.detail
      return `${domain} shows another identity (${Object.keys(after).join(', ')}). It counts by itself when a check sees the same 24 hours later.`
    }
    case 'anchor_flapping':
      return `${waiting.detail.domain} was taken out of service and back more than 3 times within 14 days.`
  }
}
