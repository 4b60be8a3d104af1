import { parseSafeJson } from '../../safe-json.ts'
import { trimEnd } from '../../trim-end.ts'
import { unreadable } from '../answer.ts'
import { askLedger, type LedgerAnswer, type LedgerIo } from '../request.ts'
import { LedgerError } from '../source.ts'

/** One Horizon server. */
export interface Horizon {
  /** Sends a GET below the configured URL. Links in answers are never followed. @throws LedgerError */
  get(path: string, query: Record<string, string>, maxBytes: number): Promise<LedgerAnswer>
  io: LedgerIo
}

/** The largest single record is an account with 1,000 trustlines, the most that the ledger allows: 300 KB. */
export const MAX_RECORD_BYTES = 1024 * 1024
/** Anybody can send large transactions to an account. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024

/** The Horizon server at a URL. The URL may have a path. */
export function createHorizon(url: string, io: LedgerIo): Horizon {
  const base = trimEnd(url, '/')
  return {
    io,
    get: (path, query, maxBytes) => {
      const search = new URLSearchParams(query).toString()
      const full = `${base}${path}${search === '' ? '' : `?${search}`}`
      return askLedger(full, { what: `Horizon ${path}`, maxBytes }, io)
    },
  }
}

/** The JSON of an answer. @throws LedgerError `ledger_history_gone` or `ledger_unreadable` when there is none */
export function bodyOf(answer: LedgerAnswer, path: string): unknown {
  if (answer.status === 410) {
    throw new LedgerError(
      'ledger_history_gone',
      `Horizon does not keep that part of the ledger any more: status 410 at ${path}.`,
    )
  }
  if (answer.status !== 200) throw unreadable(`Horizon answers ${answer.status} at ${path}`)
  try {
    return parseSafeJson(answer.text)
  } catch (cause) {
    const message = `Horizon answers at ${path} with a text that is not usable JSON.`
    throw new LedgerError('ledger_unreadable', message, { cause })
  }
}
