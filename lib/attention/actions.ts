import { PAYMENT_OBSERVER_METHOD } from '../updates/identity.ts'
import { mayBeApplied, QUIET_SECONDS } from '../updates/result.ts'
import { FAILED } from '../updates/stored-attempt.ts'
import type { Waiting } from './store.ts'

/** Something that a person may do, and the call that does it. */
export interface Action {
  action: string
  /** What the person says or asks for by it. */
  means: string
  method: 'POST'
  url: string
  body: Record<string, unknown>
  /** The scopes that the key needs, or the secret of the operator. */
  needs: readonly string[]
}

const NOTE = 'how it is known'

/** What a person may do about something that waits. `origin` is that of the URLs. */
export function actionsOf(waiting: Waiting, origin: string): Action[] {
  switch (waiting.kind) {
    case 'update_manual':
    case 'update_lost':
      return outcomesOf(waiting, origin)
    case 'update_late':
      return [...endsOfLate(waiting, origin), settle(origin)]
    case 'payment':
      return actionsOfPayment(waiting, origin)
    case 'observer_alarm':
      return [restart(waiting.detail.account, origin), observe(origin)]
    case 'unlisted':
      return [observe(origin)]
  }
}

type WaitingUpdate = Extract<Waiting, { transactionId: string; detail: { method: string } }>

function outcomesOf({ transactionId, id }: WaitingUpdate, origin: string): Action[] {
  const of = (action: string, means: string) =>
    decideAttempt({ transactionId, attemptId: id }, action, means, origin)
  return [
    of('applied', 'The transaction shows the update, or will; nothing is sent.'),
    of('rejected', 'The platform rejected the update; nothing is sent.'),
    of('not_applied', 'The update had no effect; nothing is sent, and it may be sent anew.'),
  ]
}

function endsOfLate(update: WaitingUpdate, origin: string): Action[] {
  const { transactionId, id, detail } = update
  const isReady = detail.state === 'READY'
  if (detail.state === 'UNKNOWN' || (isReady && mayBeApplied(detail))) {
    // A request that was sent less than 180 s ago may still arrive, so nobody may say what became of it.
    return (detail.secondsSinceSent ?? 0) >= QUIET_SECONDS ? outcomesOf(update, origin) : []
  }
  if (!isReady) return []
  const means = 'The update is no longer wanted; it is not sent.'
  return [decideAttempt({ transactionId, attemptId: id }, 'withdrawn', means, origin)]
}

function actionsOfPayment(
  { id, transactionId, detail }: Extract<Waiting, { kind: 'payment' }>,
  origin: string,
): Action[] {
  const { attemptId, attemptState, transactionHash, amount } = detail
  const handled: Action = {
    action: 'handled',
    means: 'Nothing is left to do here: it was paid back, reported, or settled elsewhere.',
    method: 'POST',
    url: `${origin}/api/payments/${encodeURIComponent(id)}?epoch=${detail.epoch}`,
    body: { decision: 'handled', note: NOTE },
    needs: ['decide'],
  }
  if (transactionId === null) return [handled]
  const replay =
    attemptId === null || attemptState === null || !FAILED.has(attemptState)
      ? []
      : [
          {
            ...decideAttempt(
              { transactionId, attemptId },
              'replay',
              'The update that credits the payment is sent anew.',
              origin,
            ),
            needs: ['decide', 'update'],
          },
        ]
  const report: Action = {
    action: 'report',
    means: 'The payment counts for its transaction with what was received.',
    method: 'POST',
    url: `${origin}/api/transactions/${encodeURIComponent(transactionId)}/${PAYMENT_OBSERVER_METHOD}`,
    body: {
      stellar_transaction_id: transactionHash,
      ...(amount === null ? {} : { amount_in: { amount } }),
      force: true,
      note: NOTE,
    },
    needs: ['update', 'force'],
  }
  return [handled, ...replay, report]
}

function decideAttempt(
  { transactionId, attemptId }: { transactionId: string; attemptId: string },
  decision: string,
  means: string,
  origin: string,
): Action {
  return {
    action: decision,
    means,
    method: 'POST',
    url: `${origin}/api/transactions/${encodeURIComponent(transactionId)}/attempts/${attemptId}`,
    body: { decision, note: NOTE },
    needs: ['decide'],
  }
}

const settle = (origin: string): Action => ({
  action: 'settle',
  means: 'The settler runs now. Its scheduler calls this URL every minute; look why it did not.',
  ...callOfOperator(`${origin}/api/transactions/settle`, {}),
})

const restart = (account: string, origin: string): Action => ({
  action: 'restart',
  means: 'The account is read on from now; payments between the alarm and now are not seen.',
  ...callOfOperator(`${origin}/api/payments/observe`, { account, startAt: 'now', note: NOTE }),
})

const observe = (origin: string): Action => ({
  action: 'observe',
  means: 'The observer looks again, after the cause was mended.',
  ...callOfOperator(`${origin}/api/payments/observe`, {}),
})

function callOfOperator(url: string, body: Action['body']) {
  return { method: 'POST', url, body, needs: ['CRON_SECRET'] } as const
}
