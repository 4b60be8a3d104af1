import { AppError } from '../errors.ts'
import { LedgerError } from '../ledger/source.ts'

/** Why an account is not read on. Its cursor stays until a run without a fault, or until an operator restarts it. */
export interface Alarm {
  code: string
  message: string
}

export type AlarmCode =
  | 'wrong_network'
  | 'ledger_reset'
  | 'cursor_ahead'
  | 'history_gone'
  | 'start_unknown'

/** The source shows another ledger than the one that was read so far, or the place to read from is unknown. */
export class ObserverAlarm extends Error {
  readonly code: AlarmCode

  constructor(code: AlarmCode, message: string) {
    super(message)
    this.name = 'ObserverAlarm'
    this.code = code
  }
}

/** The alarm for an error that ended a run on an account; `observer_failed` for an unforeseen error. */
export function alarmOf(error: unknown): Alarm {
  if (error instanceof ObserverAlarm || error instanceof LedgerError) {
    return { code: error.code, message: error.message }
  }
  if (!(error instanceof AppError)) {
    return { code: 'observer_failed', message: 'A fault of ours; the log has it.' }
  }
  const code = error.code === 'ledger_changed' ? 'ledger_reset' : error.code
  return { code, message: error.message }
}
