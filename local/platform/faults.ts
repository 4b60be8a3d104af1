import { z } from 'zod'
import { jsonAnswer } from './http-answer.ts'
import type { BatchAnswer, ItemSummary } from './rpc-endpoint.ts'

const fault = z.strictObject({
  kind: z.enum([
    /** Applied at once, answered after `delayMs`. */
    'delay',
    /** Neither applied nor answered until `delayMs` have passed, though the client may be gone by then. */
    'late_apply',
    /** Never answered; `applied` says whether the request took effect. */
    'no_answer',
    'reset_before',
    'reset_after',
    /** Answered with `status` and an HTML body, without and with effect. */
    'status_before',
    'status_after',
    /** Applied, and answered 200 with something that is not JSON, or with half of the answer. */
    'garbage',
    'truncated',
    /** Applied; the answers of the matching items have another id, no id, or are left out. */
    'wrong_id',
    'missing_id',
    'missing_item',
    /** Applied; the answers of a batch come last first. */
    'reversed',
    /** Applied, though the matching items answer -32603: the platform could not publish the event. */
    'event_failure',
  ]),
  /** How many requests it happens to. */
  times: z.int().min(1).default(1),
  /** Which requests: all conditions that are given must hold, method and transaction for the same item. */
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

/** An ordered misbehaviour and what became of it so far. */
export interface Fault extends z.infer<typeof fault> {
  hits: number
  /** Of the hits, how many requests changed a transaction, and how many did not. */
  hitsApplied: number
  hitsNotApplied: number
}

/** Reads an ordered list of misbehaviour; throws an Error that names every field that is wrong. */
export function readFaults(form: unknown): Fault[] {
  const parsed = z.array(fault).safeParse(form)
  if (!parsed.success) throw new Error(`Emulator faults refused: ${z.prettifyError(parsed.error)}`)
  return parsed.data.map((one) => ({ ...one, hits: 0, hitsApplied: 0, hitsNotApplied: 0 }))
}

export interface FaultTarget {
  path: string
  items: readonly ItemSummary[]
}

/** The first fault that is not used up and fits; counts the hit. */
export function takeFault(faults: readonly Fault[], target: FaultTarget): Fault | null {
  const found = faults.find((one) => one.hits < one.times && fits(one, target))
  if (found === undefined) return null
  found.hits++
  return found
}

/** Counts whether a hit changed transactions: `applied` is how many. */
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

/** The failure of publishing an item's event, when that is the fault at hand. */
export function eventFailure(hit: Fault | null, item: ItemSummary): string | undefined {
  if (hit?.kind !== 'event_failure' || !fitsItem(hit.match, item)) return undefined
  return 'Failed to publish event'
}

const NOT_JSON = '<html><body><h1>Something stands between you and the platform</h1></body></html>'

/** An answer of a proxy or a server in trouble. */
export const statusPage = (status: number): BatchAnswer => ({
  status,
  contentType: 'text/html',
  body: NOT_JSON,
  items: null,
  applied: 0,
})

/** The answer as a fault of the `after` sort leaves it; `items` are those of the request. */
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
