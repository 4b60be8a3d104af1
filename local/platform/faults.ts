import { z } from 'zod'
import type { EmulatorRelease } from './emulator-state.ts'
import { jsonAnswer } from './http-answer.ts'
import type { BatchAnswer, ItemStep, ItemSummary } from './rpc-endpoint.ts'
import { LOCK_CONFLICT } from './saving.ts'

/** How long the platform tries to publish an event while Kafka is away. */
export const EVENT_QUEUE_AWAY_MS = 120_000

const kind = z.enum([
  /** The request is applied at once and answered after `delayMs`. */
  'delay',
  /** The request is applied and answered after `delayMs`, even if the client has given up. */
  'late_apply',
  /** The request is never answered. `applied` says whether it takes effect. */
  'no_answer',
  /** The connection is cut before or after the request takes effect. */
  'reset_before',
  'reset_after',
  /** The answer is `status` with an HTML body, before or after the request takes effect. */
  'status_before',
  'status_after',
  /** The request is applied. The answer is 200 with HTML, or breaks off in the middle. */
  'garbage',
  'truncated',
  /** The request is applied. The answers to the matching items have another id, have no id, or are missing. */
  'wrong_id',
  'missing_id',
  'missing_item',
  /** The request is applied. The answers to its items come in reverse order. */
  'reversed',
  /** The request is applied, but the matching items are answered -32603: the event could not be published. */
  'event_failure',
  /**
   * The platform publishes events: the matching items are saved at once, and each that is accepted is answered after
   * `delayMs` (1,020 ms with the queue there, EVENT_QUEUE_AWAY_MS without it). A refused one is answered at once.
   */
  'event_delay',
  /** The matching items read their rows at once and save them after `delayMs`, over what was saved meanwhile. */
  'slow_save',
  /** The request reaches a server whose clock is `delayMs` behind: `updated_at` may go back. */
  'clock_behind',
  /** Before the request, the rows that it names go back to what they were before their last save, as by a restore. */
  'restored',
  /** The matching items are not applied and answered -32603, as by the optimistic lock of 4.2 and later. */
  'lock_conflict',
  /** The matching items are not applied and answered -32603: the ledger answered 503. */
  'ledger_unavailable',
  /**
   * The ledger is silent: the matching items that ask it are given up after `delayMs` (30,000 ms at the real servers), and
   * nothing of them is saved.
   */
  'ledger_silent',
])
/** What can go wrong with a request. */
export const FAULT_KINDS = kind.options

const fault = z.strictObject({
  kind,
  /** The number of requests that have the fault. */
  times: z.int().min(1).default(1),
  /** A request must meet all conditions that are set; one item must meet both `method` and `transactionId`. */
  match: z
    .strictObject({
      method: z.string().optional(),
      transactionId: z.string().optional(),
      path: z.string().optional(),
    })
    .default({}),
  delayMs: z.int().min(0).default(1_000),
  status: z.int().min(400).max(599).default(500),
  applied: z.boolean().default(true),
})
export type FaultForm = z.input<typeof fault>

/** A fault that was set, with the requests that have had it. */
export interface Fault extends z.infer<typeof fault> {
  hits: number
  /** The hits that changed a transaction, and the hits that did not. */
  hitsApplied: number
  hitsNotApplied: number
}

/** Reads a list of faults. @throws Error that names every wrong field */
export function readFaults(form: unknown): Fault[] {
  const parsed = z.array(fault).safeParse(form)
  if (!parsed.success) throw new Error(`Emulator faults refused: ${z.prettifyError(parsed.error)}`)
  return parsed.data.map((one) => ({ ...one, hits: 0, hitsApplied: 0, hitsNotApplied: 0 }))
}

export interface FaultTarget {
  path: string
  items: readonly ItemSummary[]
}

/** Takes the first fault that matches and is not used up, and counts the hit. */
export function takeFault(faults: readonly Fault[], target: FaultTarget): Fault | null {
  const found = faults.find((one) => one.hits < one.times && fits(one, target))
  if (found === undefined) return null
  found.hits++
  return found
}

/** Counts a hit as applied or not. @param applied how many transactions the request changed */
export function countOutcome(hit: Fault, applied: number): void {
  if (applied > 0) hit.hitsApplied++
  else hit.hitsNotApplied++
}

function fits({ match }: Fault, { path, items }: FaultTarget): boolean {
  if (match.path !== undefined && match.path !== path) return false
  if (match.method === undefined && match.transactionId === undefined) return true
  return items.some((item) => fitsItem(match, item))
}

const fitsItem = (match: Fault['match'], item: ItemSummary): boolean =>
  (match.method === undefined || match.method === item.method) &&
  (match.transactionId === undefined || match.transactionId === item.transactionId)

/** The error message for an item whose event cannot be published; undefined for other items and faults. */
export function eventFailure(hit: Fault | null, item: ItemSummary): string | undefined {
  if (hit?.kind !== 'event_failure' || !fitsItem(hit.match, item)) return undefined
  return 'Failed to publish event'
}

/** The wait of an item at a step; 0 for other items and faults. */
export function delayAtStep(hit: Fault | null, step: ItemStep, item: ItemSummary): number {
  if (hit === null || STEP_OF[hit.kind] !== step) return 0
  return fitsItem(hit.match, item) ? hit.delayMs : 0
}

const STEP_OF: Partial<Record<Fault['kind'], ItemStep>> = {
  event_delay: 'after_save',
  ledger_silent: 'ledger_silent',
  slow_save: 'before_save',
}

/** Whether the ledger does not answer the questions of an item. */
export const isLedgerSilent = (hit: Fault | null, item: ItemSummary): boolean =>
  hit?.kind === 'ledger_silent' && fitsItem(hit.match, item)

const LEDGER_503 = 'Error response from the server. Code: 503 , body: '

/** The error message for an item that fails before anything is saved; undefined for other items and faults. */
export function failureBeforeSaving(
  hit: Fault | null,
  item: ItemSummary,
  release: EmulatorRelease,
): string | undefined {
  if (hit === null || !fitsItem(hit.match, item)) return undefined
  if (hit.kind === 'lock_conflict') return LOCK_CONFLICT
  if (hit.kind !== 'ledger_unavailable') return undefined
  return release === '2.8.4'
    ? LEDGER_503
    : `Failed to retrieve Stellar transaction by ID[${item.hash ?? ''}]: ${LEDGER_503}`
}

const NOT_JSON = '<html><body><h1>Something stands between you and the platform</h1></body></html>'

/** The HTML answer of a proxy, or of a server that failed. */
export const statusPage = (status: number): BatchAnswer => ({
  status,
  contentType: 'text/html',
  body: NOT_JSON,
  items: null,
  applied: 0,
})

/** Changes an answer as a fault orders. @param items the items of the request */
export function spoilAnswer(
  { kind, status, match }: Fault,
  answer: BatchAnswer,
  items: readonly ItemSummary[],
): BatchAnswer {
  if (kind === 'status_after') return { ...statusPage(status), applied: answer.applied }
  if (kind === 'garbage') return { ...answer, body: NOT_JSON }
  if (kind === 'truncated') return { ...answer, body: answer.body.slice(0, answer.body.length / 2) }
  if (answer.items === null) return answer
  const isHit = (index: number): boolean => {
    const item = items[index]
    return item !== undefined && fitsItem(match, item)
  }
  const spoilt = answer.items.flatMap((one, index) => {
    if (kind === 'missing_item' && isHit(index)) return []
    if (kind === 'missing_id' && isHit(index)) return [{ ...one, id: undefined }]
    if (kind === 'wrong_id' && isHit(index)) return [{ ...one, id: 'the id of another request' }]
    return [one]
  })
  if (kind === 'reversed') spoilt.reverse()
  return { ...answer, ...jsonAnswer(answer.status, spoilt) }
}
