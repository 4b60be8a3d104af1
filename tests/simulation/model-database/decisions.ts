import { isoTime, type Json, type Tables } from './tables.ts'

/** One row of `anchor_ops.decision`. */
export interface DecisionRow {
  id: string
  at: number
  keyName: string
  about: 'attempt'
  subject: string
  transactionId: string
  decision: string
  note: string | null
  reading: Json
  newAttemptId: string | null
}

/** `record_decision`, about an attempt. */
export function recordDecision(
  { decisions, now }: Tables,
  made: Omit<DecisionRow, 'id' | 'at' | 'about'> & { id?: string },
): void {
  decisions.push({ id: crypto.randomUUID(), at: now(), about: 'attempt', ...made })
}

/** `last_decision`, about an attempt. */
export function lastDecision({ decisions }: Tables, attemptId: string) {
  const found = decisions.findLast(({ subject }) => subject === attemptId)
  return found === undefined ? null : { ...found, at: isoTime(found.at) }
}
