import { type Action, actionsOfPayment, attemptAction, NOTE } from '../payments/open/actions.ts'
import { mayBeApplied, QUIET_SECONDS } from '../updates/result.ts'
import type { Waiting } from './store.ts'

/** What a person may do about something that waits. `origin` is that of the URLs. */
export function actionsOf(waiting: Waiting, origin: string): Action[] {
  switch (waiting.kind) {
    case 'update_manual':
    case 'update_lost':
      return outcomesOf(waiting, origin)
    case 'update_late':
      return [...endsOfLate(waiting, origin), settle(origin)]
    case 'payment':
      return actionsOfPayment({ ...waiting.detail, transactionId: waiting.transactionId }, origin)
    case 'observer_alarm':
      return [restart(waiting.detail.account, origin), observe(origin)]
    case 'difference':
      return [explain(waiting.detail, origin)]
    case 'unlisted':
      return [observe(origin)]
    case 'anchor_held':
      return decisionsOn({ ...waiting.detail, since: waiting.since }, origin, {
        accept: 'The new identity is the own one of the anchor; it counts from now on.',
        disable: 'No listing of the home domain is operational, whatever its checks say.',
      })
    case 'anchor_flapping':
      return decisionsOn(waiting.detail, origin, {
        forget: 'The rules decide again, and its earlier switches are forgotten.',
        enable: 'Its listings are operational, whatever its checks say.',
        disable: 'No listing of the home domain is operational, whatever its checks say.',
      })
  }
}

type WaitingUpdate = Extract<Waiting, { transactionId: string; detail: { method: string } }>

function outcomesOf({ transactionId, id }: WaitingUpdate, origin: string): Action[] {
  const of = (action: string, means: string) =>
    attemptAction({ transactionId, attemptId: id }, action, means, origin)
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
  return [attemptAction({ transactionId, attemptId: id }, 'withdrawn', means, origin)]
}

function decisionsOn(
  { network, domain, since }: { network: string; domain: string; since?: string },
  origin: string,
  decisions: Record<string, string>,
): Action[] {
  return Object.entries(decisions).map(([decision, means]) => ({
    action: decision,
    means,
    method: 'POST',
    url: `${origin}/api/anchors/${domain}/decisions?network=${network}`,
    body: { decision, note: NOTE, ...(decision === 'accept' ? { since } : {}) },
    needs: ['decide'],
  }))
}

const explain = (
  { account, asset, closingLedger }: Extract<Waiting, { kind: 'difference' }>['detail'],
  origin: string,
): Action => ({
  action: 'explained',
  means: 'The cause of the difference is known; it is no alarm any more.',
  method: 'POST',
  url: `${origin}/api/payments/reconciliation`,
  body: { decision: 'explained', account, asset, closingLedger, note: NOTE },
  needs: ['decide'],
})

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
