import type { Database } from '../../lib/db/client.ts'
import {
  type BegunUpdate,
  beginUpdates,
  type NewUpdate,
  recordOutcome,
  type SendingStart,
  startSending,
} from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import type { AttemptState } from '../../lib/updates/stored-attempt.ts'
import type { TestDatabase } from './database.ts'

export const BODY_SHA256 = 'a'.repeat(64)
const ASSET = 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

export function updateOf(transactionId: string, change: Partial<NewUpdate> = {}): NewUpdate {
  return {
    index: 0,
    transactionId,
    method: 'notify_transaction_error',
    params: { transaction_id: transactionId, message: 'm' },
    naturalKey: null,
    custody: false,
    origin: 'rpc',
    refund: null,
    expiresInSeconds: null,
    rpcId: null,
    forced: null,
    keyName: 'BUSINESS_API_KEY',
    replay: null,
    ...change,
  }
}

/** `notify_refund_sent` with the natural key of its refund. */
export function refundOf(
  transactionId: string,
  id: string,
  amount: string,
  change: Partial<NewUpdate> & { fee?: string } = {},
): NewUpdate {
  const { fee = '0', ...rest } = change
  return updateOf(transactionId, {
    method: 'notify_refund_sent',
    params: { refund: { id, amount: { amount, asset: ASSET }, amount_fee: { amount: fee } } },
    naturalKey: `notify_refund_sent:${transactionId}:${id}`,
    refund: { id, amount, fee, asset: ASSET },
    ...rest,
  })
}

/** A transaction as the platform shows it. */
export function documentOf(
  id: string,
  change: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    sep: '24',
    kind: 'withdrawal',
    status: 'pending_anchor',
    amount_in: { amount: '100', asset: ASSET },
    started_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:01.123456Z',
    ...change,
  }
}

export async function begin(db: Database, ...items: NewUpdate[]): Promise<BegunUpdate[]> {
  const begun = await beginUpdates(db, {
    key: crypto.randomUUID(),
    // With the key of a caller, equal updates are two updates.
    holder: crypto.randomUUID(),
    bodySha256: BODY_SHA256,
    updates: items,
  })
  return begun.updates
}

/** Stores one update and gives the id of its attempt. */
export async function mustBegin(db: Database, update: NewUpdate): Promise<string> {
  const [begun] = await begin(db, update)
  if (!begun?.created || begun.attemptId === null) {
    throw new Error(`not created: ${JSON.stringify(begun)}`)
  }
  return begun.attemptId
}

export function send(
  db: Database,
  attemptId: string,
  rpcId: string = crypto.randomUUID(),
  transaction: object | null = null,
): Promise<SendingStart> {
  return startSending(db, {
    attemptId,
    rpcId,
    pre: { status: 'pending_anchor' },
    transaction,
    ledger: null,
    claim: null,
    earlier: [],
  })
}

export async function mustSend(db: Database, attemptId: string): Promise<string> {
  const rpcId = crypto.randomUUID()
  const start = await send(db, attemptId, rpcId)
  if (!start.started) throw new Error(`not started: ${JSON.stringify(start)}`)
  return rpcId
}

export function move(
  db: Database,
  attemptId: string,
  rpcId: string | null,
  from: 'READY' | 'SENDING' | 'UNKNOWN' | 'APPLIED',
  to: AttemptState,
  change: Partial<Parameters<typeof recordOutcome>[1]> = {},
) {
  return recordOutcome(db, {
    attemptId,
    rpcId,
    from,
    to,
    outcome: { reason: 'test' },
    transaction: null,
    settleInSeconds: null,
    ...change,
  })
}

/** Sends an attempt and loses the answer: it is UNKNOWN. */
export async function mustLoseAnswer(db: Database, attemptId: string): Promise<string> {
  const rpcId = await mustSend(db, attemptId)
  await move(db, attemptId, rpcId, 'SENDING', 'UNKNOWN')
  return rpcId
}

/** Stores an update and starts its send; gives the attempt and the rpc id. */
export async function mustBeginSending(
  db: Database,
  update: NewUpdate,
): Promise<[attemptId: string, rpcId: string]> {
  const attemptId = await mustBegin(db, update)
  return [attemptId, await mustSend(db, attemptId)]
}

/** Stores an update, sends it and loses the answer. */
export async function mustBeginUnknown(
  db: Database,
  update: NewUpdate,
): Promise<[attemptId: string, rpcId: string]> {
  const attemptId = await mustBegin(db, update)
  return [attemptId, await mustLoseAnswer(db, attemptId)]
}

/** Sends an attempt and leaves it to a person: it is MANUAL. */
export async function mustLeaveToPerson(db: Database, attemptId: string): Promise<string> {
  const rpcId = await mustLoseAnswer(db, attemptId)
  await move(db, attemptId, rpcId, 'UNKNOWN', 'MANUAL')
  return rpcId
}

/** Applies an attempt that a later reading does not show: it is LOST. */
export async function mustLose(db: Database, attemptId: string): Promise<void> {
  const rpcId = await mustSend(db, attemptId)
  await move(db, attemptId, rpcId, 'SENDING', 'APPLIED')
  await move(db, attemptId, rpcId, 'APPLIED', 'LOST')
}

/** Moves the times of an attempt into the past. */
export async function age(
  database: TestDatabase,
  attemptId: string,
  seconds: number,
): Promise<void> {
  await database.query(
    `update anchor_ops.attempt set sent_at = sent_at - make_interval(secs => $2),
      updated_at = updated_at - make_interval(secs => $2), settle_at = settle_at - make_interval(secs => $2),
      unreadable_since = unreadable_since - make_interval(secs => $2),
      claimed_until = claimed_until - make_interval(secs => $2) where id = $1`,
    [attemptId, seconds],
  )
}

export async function statesOf(db: Database, transactionId: string): Promise<AttemptState[]> {
  return ((await readTransaction(db, transactionId))?.attempts ?? []).map(({ state }) => state)
}
