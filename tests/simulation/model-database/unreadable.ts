import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import {
  findAttempt,
  isoTime,
  type Json,
  moveAttempt,
  OPEN,
  raised,
  type Tables,
} from './tables.ts'

/** `find_others`. */
export function findOthers({ transactions, attempts }: Tables, args: Json) {
  const failing = new Set(
    attempts.filter((one) => one.unreadableSince !== null).map((one) => one.transactionId),
  )
  const latest = [...transactions]
    .filter(([id]) => id !== args['transactionId'] && !failing.has(id))
    .sort(([a, left], [b, right]) => {
      const later = right.updatedMicroseconds - left.updatedMicroseconds
      return later === 0 ? (a < b ? 1 : -1) : later
    })
    .slice(0, 100)
  const byAsset = Map.groupBy(latest, ([, { document }]) => {
    const expected = document['amount_expected'] as Json | null | undefined
    return JSON.stringify([document['sep'], expected?.['asset'] ?? null])
  })
  const placed = [...byAsset.values()].flatMap((ofAsset) =>
    ofAsset.map(([id, row], place) => ({ id, place, at: row.updatedMicroseconds })),
  )
  placed.sort((a, b) => a.place - b.place || b.at - a.at || (a.id < b.id ? 1 : -1))
  return { ids: placed.slice(0, Math.max(1, Number(args['limit']))).map(({ id }) => id) }
}

/** `record_unreadable`. */
export function recordUnreadable(tables: Tables, args: Json) {
  const from = args['from'] as AttemptState
  if (from !== 'READY' && from !== 'UNKNOWN') {
    throw raised('record_unreadable', '22023', `not from ${from}`)
  }
  const attempt = findAttempt(tables, 'record_unreadable', args['attemptId'] as string)
  const answer = (recorded: boolean) => {
    const { state, outcome, settleAt } = attempt
    return { recorded, state, outcome, settleAt: isoTime(settleAt) }
  }
  const isBehind = tables.attempts.some(
    (one) => one.transactionId === attempt.transactionId && OPEN.has(one.state),
  )
  const isLate = attempt.state !== from || attempt.rpcId !== args['rpcId']
  if (isLate || (from === 'READY' && isBehind)) return answer(false)
  const at = tables.now()
  const since = args['othersAreRead'] === true ? (attempt.unreadableSince ?? at) : null
  const outcome = args['outcome'] as Json
  if (since !== null && since <= at - Number(args['manualAfterSeconds']) * 1000) {
    moveAttempt(tables, 'record_unreadable', attempt, 'MANUAL')
    attempt.outcome = { ...outcome, unreadableSince: isoTime(since) }
    attempt.settleAt = null
    return answer(true)
  }
  attempt.outcome = outcome
  attempt.settleAt = at + Number(args['settleInSeconds']) * 1000
  attempt.unreadableSince = since
  attempt.claimedUntil = null
  return answer(true)
}
