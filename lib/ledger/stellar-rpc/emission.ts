import { z } from 'zod'
import { isSequence, unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { LedgerError } from '../source.ts'
import { integerOf, resultOf, type StellarRpcCall } from './call.ts'
import { encodeSymbol } from './contract-value.ts'
import { readEventPage } from './events.ts'

/** A proof holds so long for the ledgers behind it. A server whose settings change is noticed within this time. */
const PROOF_MS = 10 * 60_000

const Transactions = z.object({
  transactions: z.array(z.object({ ledger: z.unknown() })).nullish(),
})

/**
 * Returns a function that proves that a server emits the events of classic operations (CAP-67) from a ledger on. A server
 * that is not configured for them answers `getEvents` like one for an account without payments. Every transaction pays a
 * fee, so the first ledger with a transaction must show a `fee` event. Two requests in ten minutes.
 *
 * @throws LedgerError `events_not_emitted`
 */
export function createEmissionCheck(
  call: StellarRpcCall,
  now: () => Date,
): (sequence: number) => Promise<void> {
  let proven: { from: number; atMs: number } | null = null
  let turn: Promise<void> = Promise.resolve()
  const check = async (sequence: number) => {
    const isProven =
      proven !== null && proven.from <= sequence && now().getTime() - proven.atMs < PROOF_MS
    if (isProven) return
    const busy = await firstBusyLedger(call, sequence)
    // No transaction, no payment: the next run finds out.
    if (busy === null) return
    if (!(await hasFeeEvent(call, busy))) throw notEmitted(busy)
    proven = { from: sequence, atMs: now().getTime() }
  }
  return (sequence) => {
    // Accounts are read side by side. The others wait for the proof of the first one.
    const proof = turn.then(() => check(sequence))
    turn = proof.catch(() => {})
    return proof
  }
}

/** The first ledger with a transaction from a ledger on; null when all were empty up to now. */
async function firstBusyLedger(call: StellarRpcCall, sequence: number): Promise<number | null> {
  const params = { startLedger: sequence, pagination: { limit: 1 } }
  const result = resultOf(await call('getTransactions', params, 'large'), 'getTransactions')
  const [first] = Transactions.safeParse(result).data?.transactions ?? []
  if (first === undefined) return null
  const ledger = integerOf(first.ledger)
  if (!isSequence(ledger) || ledger < sequence) {
    throw unreadable('Stellar RPC getTransactions does not name the ledger of a transaction')
  }
  return ledger
}

async function hasFeeEvent(call: StellarRpcCall, sequence: number): Promise<boolean> {
  const answer = await call('getEvents', {
    startLedger: sequence,
    endLedger: sequence + 1,
    filters: [{ type: 'contract', topics: [[encodeSymbol('fee'), '**']] }],
    pagination: { limit: 1 },
  })
  const { events } = readEventPage(resultOf(answer, 'getEvents'), 1)
  return events.some(({ place }) => placeOf(place.toid).ledger === sequence)
}

function notEmitted(sequence: number): LedgerError {
  return new LedgerError(
    'events_not_emitted',
    `Stellar RPC shows no fee event of ledger ${sequence}, which has transactions: it does not emit the events of payments (CAP-67).`,
  )
}
