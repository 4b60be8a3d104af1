/**
 * The place on the ledger where the first run on an account begins. It stands here because both the settings and
 * lib/payments read it, and lib/stellar is the only room that both may import.
 */
export type ObserverStart =
  | { kind: 'now' }
  | { kind: 'ledger'; sequence: number }
  | { kind: 'oldest_open_transaction' }

/** The allowed texts, for error messages. */
export const OBSERVER_STARTS =
  'now, oldest_open_transaction or the number of a ledger, 1 to 4294967295'

/** The number of a ledger has 32 bits. */
const MAX_SEQUENCE = 4_294_967_295

/** Reads a start in the form of `OBSERVER_STARTS`; null for every other text. */
export function parseObserverStart(text: string): ObserverStart | null {
  if (text === 'now' || text === 'oldest_open_transaction') return { kind: text }
  const sequence = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  return sequence >= 1 && sequence <= MAX_SEQUENCE ? { kind: 'ledger', sequence } : null
}

/** The text of a start that is stored and shown. */
export function formatObserverStart(start: ObserverStart): string {
  return start.kind === 'ledger' ? `ledger ${start.sequence}` : start.kind
}
