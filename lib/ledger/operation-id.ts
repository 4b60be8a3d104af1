const TRANSACTION_SHIFT = 12n
const LEDGER_SHIFT = 32n
const TRANSACTION_MASK = (1n << 20n) - 1n
const OPERATION_MASK = (1n << 12n) - 1n
const MAX_ID = 2n ** 63n - 1n

/** The place of an operation. Transactions and operations count from 1; 0 is the place before the first. */
export interface OperationPlace {
  ledger: number
  transaction: number
  operation: number
}

/** The number of a place: ledger, transaction and operation in 32, 20 and 12 bits (SEP-35). */
export function operationIdOf(place: OperationPlace): bigint {
  return (
    (BigInt(place.ledger) << LEDGER_SHIFT) |
    (BigInt(place.transaction) << TRANSACTION_SHIFT) |
    BigInt(place.operation)
  )
}

/** The place of a number (SEP-35). */
export function placeOf(id: bigint): OperationPlace {
  return {
    ledger: Number(id >> LEDGER_SHIFT),
    transaction: Number((id >> TRANSACTION_SHIFT) & TRANSACTION_MASK),
    operation: Number(id & OPERATION_MASK),
  }
}

/** Reads the decimal text of such a number, at most 9223372036854775807; null for every other value. */
export function parseOperationId(value: unknown): bigint | null {
  if (typeof value !== 'string' || !/^(?:0|[1-9]\d{0,18})$/.test(value)) return null
  const id = BigInt(value)
  return id <= MAX_ID ? id : null
}
