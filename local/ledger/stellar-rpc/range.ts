import type { SimulatedLedger } from '../simulated-ledger.ts'
import { RequestRefusal } from './request.ts'

/** The oldest and the latest ledger with their times. Every answer has these fields. */
export function range(ledger: SimulatedLedger) {
  const [latestLedger, oldestLedger] = [ledger.latestSequence(), ledger.oldestSequence()]
  return {
    latestLedger,
    latestLedgerCloseTime: closeTime(ledger, latestLedger),
    oldestLedger,
    oldestLedgerCloseTime: closeTime(ledger, oldestLedger),
  }
}

/** The time when a ledger closed: seconds since 1970, as a text. */
export function closeTime(ledger: SimulatedLedger, sequence: number): string {
  return String(Math.floor((ledger.header(sequence)?.closedAt.getTime() ?? 0) / 1000))
}

/** @throws RequestRefusal for a ledger that the server does not have */
export function checkRange(ledger: SimulatedLedger, sequence: number): void {
  const { oldestLedger, latestLedger } = range(ledger)
  if (sequence >= oldestLedger && sequence <= latestLedger) return
  throw new RequestRefusal(
    -32600,
    `startLedger must be within the ledger range: ${oldestLedger} - ${latestLedger}`,
  )
}
