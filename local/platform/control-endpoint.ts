import { type EmulatorState, reportState } from './emulator-state.ts'
import { type Fault, readFaults } from './faults.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'

/** One request to the emulated platform. `status` is null until the request is answered. */
export interface RequestRecord {
  method: string
  path: string
  items: { method: string | undefined; transactionId: string | undefined }[]
  fault: Fault['kind'] | null
  status: number | null
  /** How many items changed a transaction. */
  applied: number
}

/** The parts of the emulator that `/_emulator/*` reads and sets. */
export interface Holdings {
  state: EmulatorState
  faults: Fault[]
  records: RequestRecord[]
  /** Reads the state that replaces the current one. @throws Error for a wrong form */
  readState: (form: unknown) => EmulatorState
}

/** Answers `/_emulator/*`, which needs no credentials. */
export function answerControl(
  emulator: Holdings,
  method: string,
  path: string,
  body: string,
): HttpAnswer {
  const read = () => {
    switch (path) {
      case '/_emulator/state':
        return jsonAnswer(200, reportState(emulator.state))
      case '/_emulator/faults':
        return jsonAnswer(200, emulator.faults)
      case '/_emulator/requests':
        return jsonAnswer(200, emulator.records)
      default:
        return jsonAnswer(404, {
          error: `Path unknown: ${path}; allowed: /_emulator/state, /_emulator/faults, /_emulator/requests`,
        })
    }
  }
  if (method === 'GET') return read()
  if (method !== 'PUT' || path === '/_emulator/requests') {
    return jsonAnswer(405, { error: `Method refused: ${method} ${path}; allowed: GET, PUT` })
  }
  try {
    const form: unknown = JSON.parse(body)
    if (path === '/_emulator/state') emulator.state = emulator.readState(form)
    if (path === '/_emulator/faults') emulator.faults = readFaults(form)
    return read()
  } catch (error) {
    return jsonAnswer(400, { error: (error as Error).message })
  }
}
