import { attemptObject } from './steps.ts'
import { isoTime, type Json, type Tables } from './tables.ts'
import { documentOf } from './transactions.ts'

/** `note_event`. */
export function noteEvent({ noted, transactions, now }: Tables, args: Json) {
  const id = args['transactionId'] as string | null
  if (id === null) return { noted: false }
  const known = noted.get(id)
  if (known) known.events += 1
  else noted.set(id, { isKnown: transactions.has(id), events: 1, notedAt: now(), dueAt: now() })
  return { noted: true }
}

/** `claim_noted_events`. */
export function claimNotedEvents({ noted, now }: Tables, args: Json) {
  const claimed = [...noted]
    .filter(([, { dueAt }]) => dueAt <= now())
    .toSorted(
      ([, one], [, other]) =>
        Number(other.isKnown) - Number(one.isKnown) || one.dueAt - other.dueAt,
    )
    .slice(0, Number(args['limit']))
  for (const [, row] of claimed) row.dueAt = now() + Number(args['claimSeconds']) * 1_000
  return { claimed: claimed.map(([transactionId, { events }]) => ({ transactionId, events })) }
}

/** `end_noted_events`, with no payments that wait. */
export function endNotedEvents({ noted, now }: Tables, args: Json) {
  const retryMs = Number(args['retrySeconds']) * 1_000
  for (const { transaction_id: id, events, is_read: isRead } of args['readings'] as Json[]) {
    const row = noted.get(String(id))
    if (row === undefined) continue
    const isOver = isRead ? row.events === events : row.notedAt < now() - 3_600_000
    if (isOver) noted.delete(String(id))
    else row.dueAt = isRead ? now() : now() + retryMs
  }
  return { paymentsDue: false }
}

/** `read_transaction`, without the lists that no step reads: the statuses, the moves of the attempts and the refunds. */
export function readTransaction(tables: Tables, args: Json) {
  const id = String(args['id'])
  const stored = tables.transactions.get(id)
  const attempts = tables.attempts.filter(({ transactionId }) => transactionId === id)
  if (stored === undefined && attempts.length === 0) return null
  return {
    id,
    transaction: documentOf(tables, id),
    firstSeenAt: isoTime(stored?.firstSeenAt ?? null),
    seenAt: isoTime(stored?.seenAt ?? null),
    earlierSince: isoTime(stored?.earlierSince ?? null),
    wentBack: stored?.wentBack ?? null,
    history: [],
    attempts: attempts.map((attempt) => ({ ...attemptObject(attempt), moves: [] })),
    moreAttempts: false,
    refunds: [],
  }
}
