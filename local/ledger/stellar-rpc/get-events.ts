import { xdr } from '@stellar/stellar-sdk'
import type { ClosedTransaction } from '../ledger-transaction.ts'
import type { SimulatedLedger } from '../simulated-ledger.ts'
import { type AssetEvent, eventsOf, feeEvent } from './events.ts'
import { checkRange, range } from './range.ts'
import type { RequestParams } from './request.ts'
import { base64Of } from './xdr-json.ts'

/** The most ledgers that one call searches. */
const SCAN_LIMIT = 10_000

/** Answers `getEvents` with the events that match a filter, within the ledgers that one call searches. */
export function getEvents(
  ledger: SimulatedLedger,
  params: RequestParams,
  emitsClassic: boolean,
): object {
  const { cursor, limit = 100 } = params.pagination ?? {}
  const first =
    cursor === undefined ? (params.startLedger ?? 0) : Number(BigInt(cursor.slice(0, 19)) >> 32n)
  checkRange(ledger, first)
  const end = Math.min(
    params.endLedger ?? Infinity,
    first + SCAN_LIMIT,
    ledger.latestSequence() + 1,
  )
  const transactions = ledger.transactionsBetween(first, end)
  const found = transactions
    .flatMap((transaction) => [
      ...(emitsClassic ? [feeOf(transaction, transactions, ledger.passphrase)] : []),
      ...eventsOf(transaction, ledger.passphrase)
        .map((event, index, all) => ({
          // Operations count from 0 here, and so do the events of an operation.
          id: eventId(transaction.id | BigInt(event.operationIndex), index - firstOf(event, all)),
          event,
          transaction,
        }))
        .filter(({ event }) => emitsClassic || isOfContract(event, transaction)),
    ])
    // The fees of a ledger come before its transactions.
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .filter(({ id, event }) => id > (cursor ?? '') && isWanted(event, params))
    .slice(0, limit)
  const isFull = found.length === limit
  return {
    events: found.map(({ id, event, transaction }) =>
      eventJson(id, event, transaction, params.xdrFormat),
    ),
    ...range(ledger),
    // The cursor of a full page is its last event; of another page it is the end of the searched ledgers.
    cursor: isFull ? found.at(-1)?.id : eventId((BigInt(end) << 32n) - 1n, 0xffff_ffff),
  }
}

/** The fee event of a transaction. Its place is before all transactions of its ledger. */
function feeOf(
  transaction: ClosedTransaction,
  all: readonly ClosedTransaction[],
  passphrase: string,
): { id: string; event: AssetEvent; transaction: ClosedTransaction } {
  const place = all.filter((one) => one.ledger === transaction.ledger).indexOf(transaction)
  const id = eventId(BigInt(transaction.ledger) << 32n, place)
  return { id, event: feeEvent(transaction, passphrase), transaction }
}

const isOfContract = ({ operationIndex }: AssetEvent, { operations }: ClosedTransaction): boolean =>
  operations[operationIndex]?.form.type === 'invoke_host_function'

const firstOf = ({ operationIndex }: AssetEvent, all: readonly AssetEvent[]): number =>
  all.findIndex((other) => other.operationIndex === operationIndex)

const eventId = (toid: bigint, index: number): string =>
  `${String(toid).padStart(19, '0')}-${String(index).padStart(10, '0')}`

const valueXdr = (json: object): string => base64Of(xdr.ScVal, json)

function eventJson(
  id: string,
  { operationIndex, contractId, topics, data }: AssetEvent,
  { id: transactionId, hash, ledger, closedAt }: ClosedTransaction,
  format: string | undefined,
): object {
  return {
    type: 'contract',
    ledger,
    ledgerClosedAt: closedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    contractId,
    id,
    transactionIndex: Number((transactionId >> 12n) & 0xfffffn),
    operationIndex,
    inSuccessfulContractCall: true,
    ...(format === 'json'
      ? { topicJson: topics, valueJson: data }
      : { topic: topics.map(valueXdr), value: valueXdr(data) }),
    txHash: hash,
  }
}

/** Whether an event matches one of the filters. Without filters every event matches. */
function isWanted(event: AssetEvent, { filters = [] }: RequestParams): boolean {
  const topics = event.topics.map(valueXdr)
  return (
    filters.length === 0 ||
    filters.some(
      ({ contractIds = [], topics: wanted = [] }) =>
        (contractIds.length === 0 || contractIds.includes(event.contractId)) &&
        (wanted.length === 0 || wanted.some((segments) => fits(segments, topics))),
    )
  )
}

/** Whether topics match a filter: `*` matches one topic, `**` at the end any number of topics. */
function fits(segments: readonly string[], topics: readonly string[]): boolean {
  const isOpen = segments.at(-1) === '**'
  const fixed = isOpen ? segments.slice(0, -1) : segments
  if (isOpen ? topics.length < fixed.length : topics.length !== fixed.length) return false
  return fixed.every((segment, index) => segment === '*' || segment === topics[index])
}
