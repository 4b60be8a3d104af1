import { isoTime, type Json, type Tables } from './tables.ts'

/** One row of `anchor_ops.decision`. */
export interface DecisionRow {
  id: string
  at: number
  keyName: string
  about: 'attempt' | 'payment'
  subject: string
  transactionId: string | null
  decision: string
  note: string | null
  reading: Json
  newAttemptId: string | null
}

/** `record_decision`, about an attempt unless `made` says otherwise. @returns the id */
export function recordDecision(
  { decisions, now }: Tables,
  made: Omit<DecisionRow, 'id' | 'at' | 'about'> & Partial<Pick<DecisionRow, 'id' | 'about'>>,
): string {
  const row: DecisionRow = { id: crypto.randomUUID(), at: now(), about: 'attempt', ...made }
  decisions.push(row)
  return row.id
}

/** `last_decision`. No attempt has the subject of a payment. */
export function lastDecision({ decisions }: Tables, about: string) {
  const found = decisions.findLast(({ subject }) => subject === about)
  return found === undefined ? null : { ...found, at: isoTime(found.at) }
}
