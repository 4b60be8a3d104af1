import { AppError } from '../errors.ts'
import { LedgerError } from '../ledger/source.ts'

/** What keeps an account from being observed: the cursor stays where it is until it is gone or a person restarts. */
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

/** The ledger is not the one that was read so far, or the place to read from cannot be told. */
export class ObserverAlarm extends Error {
  readonly code: AlarmCode

  constructor(code: AlarmCode, message: string) {
    super(message)
    this.name = 'ObserverAlarm'
    this.code = code
  }
}

/** The alarm that an error of a look at the ledger is; `observer_failed` for one that nobody foresaw. */
export function alarmOf(error: unknown): Alarm {
  if (error instanceof ObserverAlarm || error instanceof LedgerError) {
    return { code: error.code, message: error.message }
  }
  if (!(error instanceof AppError)) {
    return { code: 'observer_failed', message: 'A fault of ours; the log has it.' }
  }
  if (error.code === 'ledger_changed') return { code: 'ledger_reset', message: error.message }
  return { code: error.code, message: error.message }
}
