import type { Database } from '../../lib/db/client.ts'
import {
  beginObservation,
  type JudgedPayment,
  type ObservedAccount,
  type RecordedPage,
  recordPayments,
  setObserverCursor,
} from '../../lib/payments/store.ts'
import type { Verdict, VerdictCode } from '../../lib/payments/verdict/codes.ts'
import type { TestDatabase } from './database.ts'

export const ACCOUNT = `G${'A'.repeat(55)}`
export const OTHER_ACCOUNT = `G${'B'.repeat(55)}`
const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

/** A jump within the first epoch of the ledger. */
export const FIRST_EPOCH = {
  epoch: 1,
  isNewEpoch: false,
  seen: { sequence: 1, hash: 'a'.repeat(64), closedAt: '2026-01-01T00:00:00.000Z' },
}

export function observedOf(change: Partial<ObservedAccount> = {}): ObservedAccount {
  return { account: ACCOUNT, source: 'horizon', holder: crypto.randomUUID(), ...change }
}

/** Takes the account for an hour and sets its cursor to `0`. */
export async function mustObserve(
  db: Database,
  change: Partial<ObservedAccount> = {},
): Promise<ObservedAccount> {
  const observed = observedOf(change)
  const start = await beginObservation(db, { ...observed, leaseSeconds: 3_600 })
  if (!start.started) throw new Error('another process observes')
  await setObserverCursor(db, {
    ...observed,
    cursor: '0',
    startedFrom: 'ledger 1',
    note: null,
    keyName: null,
    ...FIRST_EPOCH,
  })
  return observed
}

/** Ends every lease, as after processes that died. */
export async function expireObservers(database: TestDatabase): Promise<void> {
  await database.query(`update anchor_ops.observer set lease_until = now() - interval '1 second'`)
}

/** A payment of 100 USDC that is not credited. */
export function refusedOf(
  operationId: string,
  code: Exclude<VerdictCode, 'credited'>,
  change: Partial<JudgedPayment> & { transactionId?: string } = {},
): JudgedPayment {
  const { transactionId, ...payment } = change
  return {
    ...ledgerPayment(operationId),
    verdict: verdictOf(code, transactionId ?? null),
    update: null,
    ...payment,
  }
}

/** A payment of 100 USDC that is credited to a transaction. */
export function creditOf(
  operationId: string,
  transactionId: string,
  change: Partial<JudgedPayment> = {},
): JudgedPayment {
  const payment = { ...ledgerPayment(operationId), ...change }
  return {
    ...payment,
    verdict: verdictOf('credited', transactionId),
    update: {
      index: 0,
      transactionId,
      method: 'notify_onchain_funds_received',
      params: {
        transaction_id: transactionId,
        stellar_transaction_id: payment.transactionHash,
        amount_in: { amount: payment.amount },
      },
      naturalKey: `operation ${operationId} of epoch 1`,
      custody: false,
      origin: 'payment_observer',
      refund: null,
      expiresInSeconds: null,
      rpcId: null,
      forced: null,
      keyName: null,
      replay: null,
    },
  }
}

function verdictOf(code: VerdictCode, transactionId: string | null): Verdict {
  return { code, sentence: `Judged ${code}.`, evidence: { code }, transactionId }
}

function ledgerPayment(operationId: string): Omit<JudgedPayment, 'verdict' | 'update'> {
  return {
    operationId,
    cursor: operationId,
    ledger: 1_000,
    closedAt: '2026-01-01T00:00:05.000Z',
    transactionHash: operationId.padStart(64, '0'),
    successful: true,
    kind: 'payment',
    from: ISSUER,
    fromMuxedId: null,
    to: ACCOUNT,
    toMuxedId: null,
    asset: { kind: 'issued', code: 'USDC', issuer: ISSUER },
    amount: '100.0000000',
    memo: { type: 'text', value: 'memo' },
  }
}

/** Records payments from one cursor to the next. */
export function record(
  db: Database,
  observed: ObservedAccount,
  payments: readonly JudgedPayment[],
  change: Partial<Parameters<typeof recordPayments>[1]> = {},
): Promise<RecordedPage> {
  return recordPayments(db, {
    ...observed,
    leaseSeconds: 3_600,
    expectedCursor: '0',
    cursor: '0',
    checkpoint: null,
    completeUntil: null,
    payments,
    ...change,
  })
}
