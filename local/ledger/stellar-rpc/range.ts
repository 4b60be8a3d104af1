import type { SimulatedLedger } from '../simulated-ledger.ts'
import { RequestRefusal } from './request.ts'

/** Both ends of the history, as every answer tells them. */
export function range(ledger: SimulatedLedger) {
  const [latestLedger, oldestLedger] = [ledger.latestSequence(), ledger.oldestSequence()]
  return {
    latestLedger,
    latestLedgerCloseTime: closeTime(ledger, latestLedger),
    oldestLedger,
    oldestLedgerCloseTime: closeTime(ledger, oldestLedger),
  }
}

/** When a ledger closed, in seconds since 1970, as a text. */
export function closeTime(ledger: SimulatedLedger, sequence: number): string {
  return String(Math.floor((ledger.header(sequence)?.closedAt.getTime() ?? 0) / 1000))
}

/** @throws RequestRefusal for a ledger that is not there */
export function checkRange(ledger: SimulatedLedger, sequence: number): void {
  const { oldestLedger, latestLedger } = range(ledger)
  if (sequence >= oldestLedger && sequence <= latestLedger) return
  throw new RequestRefusal(
    -32600,
    `startLedger must be within the ledger range: ${oldestLedger} - ${latestLedger}`,
  )
}
