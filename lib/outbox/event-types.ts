import * as z from 'zod'
import { textOrNull } from '../db/shapes.ts'

/** What is known of a type of event. */
interface EventType {
  /** What happened, in one sentence. */
  meaning: string
  /** The data of the event, as its trigger writes it. */
  data: z.ZodObject
  /** What a person is told, for an event that wants one; null for one that only programs need. */
  alert: string | null
}

const payment = {
  operationId: z.string(),
  epoch: z.number().int().positive(),
  account: z.string(),
  verdict: z.string(),
  transactionId: textOrNull,
}

const difference = z.object({
  epoch: z.number().int().positive(),
  account: z.string(),
  asset: z.string(),
  openingLedger: z.number().int(),
  closingLedger: z.number().int(),
})

const attempt = z.object({
  attemptId: z.uuid(),
  transactionId: z.string(),
  method: z.string(),
  from: z.string(),
  to: z.string(),
})

const change = z.object({
  network: z.string(),
  domain: z.string(),
  listing: textOrNull,
  change: z.string(),
  changeId: z.string(),
})

const run = z.object({ runId: z.uuid(), kind: z.string(), reason: z.string() })

const observer = z.object({ account: z.string(), source: z.string(), code: z.string() })

/**
 * Every type of event. The data holds ids, codes and times: a receiver reads the rest with its key. `{name}` in an alert
 * stands for a value of the data.
 */
export const EVENT_TYPES = {
  'transaction.status': {
    meaning: 'The platform showed a transaction for the first time, or in another status.',
    data: z.object({ transactionId: z.string(), from: textOrNull, to: z.string() }),
    alert: null,
  },
  'attempt.settled': {
    meaning:
      'The outcome of an update is known: APPLIED, REJECTED, NOT_APPLIED, EXPIRED or WITHDRAWN.',
    data: attempt,
    alert: null,
  },
  'attempt.waiting': {
    meaning: 'Only a person ends an update: it is MANUAL or LOST.',
    data: attempt,
    alert:
      'An update waits for a person: {method} of transaction {transactionId} is {to} (attempt {attemptId}). See /api/attention.',
  },
  'payment.verdict': {
    meaning: 'A payment to or from an observed account got a verdict, or another one.',
    data: z.object({ ...payment, attemptId: z.uuid().nullable(), from: textOrNull }),
    alert: null,
  },
  'open_money.began': {
    meaning: 'A payment came in that belongs to nobody.',
    data: z.object(payment),
    alert:
      'Open money: payment {operationId} to {account} belongs to nobody ({verdict}). See /api/attention.',
  },
  'open_money.ended': {
    meaning: 'A payment that belonged to nobody is credited, closed or explained.',
    data: z.object(payment),
    alert: null,
  },
  'difference.found': {
    meaning: 'The movements of an asset between two snapshots do not explain its balances.',
    data: difference,
    alert:
      'The books of {account} do not agree: {asset}, ledger {openingLedger} to {closingLedger}. See /api/attention.',
  },
  'difference.ended': {
    meaning: 'The missing movement was found, or a person explained the difference.',
    data: difference,
    alert: null,
  },
  'anchor.switched': {
    meaning: 'A listing became operational, or is so no more.',
    data: change,
    alert: null,
  },
  'anchor.changed': {
    meaning: 'Something else of an anchor changed, which `change` names.',
    data: change,
    alert: null,
  },
  'anchor.held': {
    meaning: 'An anchor shows another identity, which does not count yet.',
    data: change,
    alert: 'The anchor {domain} shows another identity and is held. See /api/attention.',
  },
  'anchor.flapping': {
    meaning: 'The rules switched an anchor more than 3 times within 14 days.',
    data: change,
    alert: 'The anchor {domain} was switched too often and waits for a person. See /api/attention.',
  },
  'run.degraded': {
    meaning:
      'Runs of this kind go wrong since this one: `degraded` (so many anchors failed that the fault is likely ours), `source_failed` or `broke_off`.',
    data: run,
    alert: 'The {kind} run {runId} went wrong: {reason}. See /api/health.',
  },
  'run.recovered': {
    meaning: 'A run of this kind went well after one that did not.',
    data: run,
    alert: null,
  },
  'observer.alarm': {
    meaning: 'The payment observer stopped at an account.',
    data: observer,
    alert: 'The payment observer of {account} stopped: {code}. See /api/health.',
  },
  'observer.recovered': {
    meaning: 'The payment observer of an account goes on.',
    data: observer,
    alert: null,
  },
} as const satisfies Record<string, EventType>

export type EventTypeName = keyof typeof EVENT_TYPES

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as [EventTypeName, ...EventTypeName[]]

/** The types of events that want a person. */
export const ALERT_TYPES = EVENT_TYPE_NAMES.filter((name) => EVENT_TYPES[name].alert !== null)
