/** Where the observation of an account begins. */
export type ObserverStart =
  | { kind: 'now' }
  | { kind: 'ledger'; sequence: number }
  | { kind: 'oldest_open_transaction' }

export const OBSERVER_STARTS =
  'now, oldest_open_transaction or the number of a ledger, 1 to 4294967295'

/** Ledgers are numbered with 32 bits. */
const MAX_SEQUENCE = 4_294_967_295

/** Reads a start as an operator writes it; null for any other text. */
export function parseObserverStart(text: string): ObserverStart | null {
  if (text === 'now' || text === 'oldest_open_transaction') return { kind: text }
  const sequence = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  return sequence >= 1 && sequence <= MAX_SEQUENCE ? { kind: 'ledger', sequence } : null
}

/** A start as it is kept and shown. */
export function formatObserverStart(start: ObserverStart): string {
  return start.kind === 'ledger' ? `ledger ${start.sequence}` : start.kind
}
