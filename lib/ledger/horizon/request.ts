import { parseSafeJson } from '../../safe-json.ts'
import { unreadable } from '../answer.ts'
import { askLedger, type LedgerAnswer, type LedgerIo } from '../request.ts'
import { LedgerError } from '../source.ts'

/** One Horizon. */
export interface Horizon {
  /** A GET below the configured URL, whatever links an answer names. @throws LedgerError */
  get(path: string, query: Record<string, string>, maxBytes: number): Promise<LedgerAnswer>
  io: LedgerIo
}

// The largest of single records is an account with the thousand trustlines that the ledger allows: 300 KB.
export const MAX_RECORD_BYTES = 1024 * 1024

/** The Horizon at a URL, with or without a path. */
export function createHorizon(url: string, io: LedgerIo): Horizon {
  const base = url.replace(/\/+$/, '')
  return {
    io,
    get: (path, query, maxBytes) => {
      const search = new URLSearchParams(query).toString()
      const full = `${base}${path}${search === '' ? '' : `?${search}`}`
      return askLedger(full, { what: `Horizon ${path}`, maxBytes }, io)
    },
  }
}

/** The JSON of an answer that should have some. @throws LedgerError `ledger_history_gone` or `ledger_unreadable` */
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
    throw new LedgerError('ledger_unreadable', `Horizon answers no usable JSON at ${path}.`, {
      cause,
    })
  }
}
