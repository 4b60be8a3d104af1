import type { Log } from '../log.ts'
import type { NotAdmitted } from './admit.ts'
import type { Answer } from './answer.ts'
import type { Refusal } from './credential.ts'

/** A flood of refused calls must not bury the log: of each kind so many lines are written in a minute. */
const MOST_LINES = 10
const MINUTE_MS = 60_000

/** What the log says of a refused call. Calls of one kind share the limit of its lines. */
export interface Refused {
  kind: string
  fields: Record<string, unknown>
}

/** Logs one refused call. Calls of one `kind` share the limit; kinds are few and never made of what a caller writes. */
export type RefusalLog = (kind: string, fields: Record<string, unknown>) => void

/**
 * Makes the log of refused calls of an instance: of one kind at most 10 lines `request_refused` in any 60 s. The next line
 * says in `leftOut` how many calls had no line since the one before.
 *
 * @param nowMs a clock that never goes back
 */
export function createRefusalLog(log: Log, nowMs: () => number): RefusalLog {
  const kinds = new Map<string, { linesAtMs: readonly number[]; leftOut: number }>()
  return (kind, fields) => {
    const { linesAtMs, leftOut } = kinds.get(kind) ?? { linesAtMs: [], leftOut: 0 }
    const now = nowMs()
    const recent = linesAtMs.filter((at) => now - at < MINUTE_MS)
    if (recent.length >= MOST_LINES) {
      kinds.set(kind, { linesAtMs: recent, leftOut: leftOut + 1 })
      return
    }
    kinds.set(kind, { linesAtMs: [...recent, now], leftOut: 0 })
    log('warn', 'request_refused', { kind, ...fields, ...(leftOut > 0 ? { leftOut } : {}) })
  }
}

/** Says of a call that was not admitted which credential was shown and why it failed, never its value. */
export function refusedAdmission({ error, keyName, refusals }: NotAdmitted): Refused {
  const { kind, fields } = refusedFor(error.code, refusals)
  return { kind, fields: { ...fields, ...(keyName === null ? {} : { keyName }) } }
}

/** Says why a call with the header x-vercel-cron alone did not begin the scheduled work. */
export function refusedWork(why: NonNullable<Answer['refused']>): Refused {
  return refusedFor('limited', [{ credential: 'x-vercel-cron', why }])
}

function refusedFor(what: string, refusals: readonly Refusal[]): Refused {
  const why = refusals.map(({ credential, why }) => `${credential ?? 'no credential'} ${why}`)
  return { kind: [what, ...why].join(', '), fields: { refusals } }
}
