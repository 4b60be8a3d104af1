import { isAccountId } from '../../stellar/account-id.ts'
import type { Asset } from '../../stellar/asset.ts'
import { assetOfText, unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { readFreshPage } from '../request.ts'
import {
  LedgerError,
  type LedgerMovement,
  type MovementKind,
  type MovementPage,
} from '../source.ts'
import { assetContractId } from './asset-xdr.ts'
import { resultOf } from './call.ts'
import {
  type ContractValue,
  decodeContractValue,
  encodeAccountAddress,
  encodeSymbol,
} from './contract-value.ts'
import {
  type EventPage,
  isBehind,
  type LedgerEvent,
  parseEventId,
  readEventPage,
} from './events.ts'
import { placeAt, type StellarRpc } from './payments.ts'
import { readRange } from './range.ts'

/** The second size is the largest page of Stellar RPC. One operation can cross 1,000 offers, with two events each. */
const PAGE_SIZES = [1_000, 10_000]

/** A movement of an asset's own contract, from or to the account. */
interface Touch {
  event: LedgerEvent
  name: string
  asset: Asset
  /** What the account gained. */
  stroops: bigint
  /** The other side; null for a fee, and where an asset was minted or burned by nobody. */
  other: string | null
}

/**
 * Reads a page of movements from the asset events that every movement leaves since protocol 23 (CAP-67). A fee is an event
 * of its own, also of a failed transaction, and so is what a contract call gets back of it.
 *
 * @throws LedgerError
 */
export async function readEventMovements(
  rpc: StellarRpc,
  accountId: string,
  cursor: string,
): Promise<MovementPage> {
  const after = parseEventId(cursor)
  if (after === null || !isAccountId(accountId)) {
    throw unreadable('an account id and a cursor of Stellar RPC are needed')
  }
  const page = await readFreshPage(async () => {
    const read = await readWholeOperations(rpc, accountId, cursor)
    const end = parseEventId(read.cursor)
    return end === null || isBehind(after, end) ? null : read
  }, rpc.io)
  if (page === null) throw unreadable(`Stellar RPC repeats the events before ${cursor}`)
  const fresh = page.events.filter(({ place }) => isBehind(place, after))
  const networkPassphrase = fresh.length === 0 ? '' : await rpc.networkPassphrase()
  const touches = fresh.flatMap((event) => touchesOf(event, accountId, networkPassphrase))
  const operations = Map.groupBy(touches, ({ event }) => event.place.toid)
  return {
    movements: [...operations.values()].flatMap(movementsOf),
    cursor: page.cursor,
    isLast: page.isLast && fresh.length === page.events.length,
  }
}

/** Events behind the cursor; an operation of which the page has only the first events is left to the next page. */
async function readWholeOperations(
  rpc: StellarRpc,
  accountId: string,
  cursor: string,
): Promise<{ events: LedgerEvent[]; cursor: string; isLast: boolean }> {
  for (const limit of PAGE_SIZES) {
    const page = await readEvents(rpc, accountId, cursor, limit)
    if (page === null) return { events: [], cursor, isLast: true }
    if (page.events.length < limit) {
      const end = parseEventId(page.cursor)
      const isLast = end !== null && placeOf(end.toid).ledger >= page.latestLedger
      return { events: page.events, cursor: page.cursor, isLast }
    }
    const cut = page.events.at(-1)?.place.toid
    const whole = page.events.filter(({ place }) => place.toid !== cut)
    const last = whole.at(-1)
    if (last !== undefined) return { events: whole, cursor: last.id, isLast: false }
  }
  throw unreadable(`one operation behind ${cursor} has ${PAGE_SIZES.at(-1)} events or more`)
}

/** @returns null when the cursor is ahead of the ledger */
async function readEvents(
  { call }: StellarRpc,
  accountId: string,
  cursor: string,
  limit: number,
): Promise<EventPage | null> {
  const account = encodeAccountAddress(accountId)
  const filters = [
    {
      type: 'contract',
      topics: [
        [encodeSymbol('transfer'), '*', account, '**'],
        [encodeSymbol('transfer'), account, '**'],
        [encodeSymbol('mint'), account, '**'],
        [encodeSymbol('burn'), account, '**'],
        [encodeSymbol('clawback'), account, '**'],
      ],
    },
    { type: 'contract', topics: [[encodeSymbol('fee'), account]] },
  ]
  const answer = await call('getEvents', { filters, pagination: { cursor, limit } })
  if (!('refused' in answer)) return readEventPage(resultOf(answer, 'getEvents'), limit)
  const ledger = placeOf(parseEventId(cursor)?.toid ?? 0n).ledger
  const { oldest, latest } = await readRange(call)
  if (ledger > latest) return null
  if (ledger < oldest) {
    throw new LedgerError(
      'ledger_history_gone',
      `Stellar RPC does not keep ledger ${ledger} any more; its oldest is ${oldest}.`,
    )
  }
  resultOf(answer, 'getEvents')
  return null
}

/** The movements of one event: none, one, or the two sides of a payment of the account to itself. */
function touchesOf(event: LedgerEvent, account: string, networkPassphrase: string): Touch[] {
  const [symbol, ...rest] = event.topic.map(decodeContractValue)
  if (symbol?.type !== 'symbol') return []
  const name = symbol.value
  const isFee = name === 'fee'
  const last = isFee ? null : rest.pop()
  const asset = isFee
    ? ({ kind: 'native' } as const)
    : last?.type === 'string'
      ? assetOfText(last.value.toString('latin1'))
      : undefined
  if (asset === undefined || !isOfAsset(event, asset, networkPassphrase)) return []
  const issuer = asset.kind === 'issued' ? asset.issuer : null
  if (issuer === account) return []
  const [first = null, second = null] = rest.map(addressOf)
  const amount = amountOf(decodeContractValue(event.value))
  if (amount === null) throw unreadable(`Stellar RPC has the event ${event.id} without an amount`)
  const touch = (stroops: bigint, other: string | null): Touch => ({
    event,
    name,
    asset,
    stroops,
    other,
  })
  switch (name) {
    case 'transfer':
      return [
        ...(first === account ? [touch(-amount, second)] : []),
        ...(second === account ? [touch(amount, first)] : []),
      ]
    case 'mint':
      return first === account ? [touch(amount, issuer)] : []
    case 'burn':
    case 'clawback':
    case 'fee':
      return first === account ? [touch(-amount, issuer)] : []
    default:
      return []
  }
}

/** Any contract can emit an event that names an asset. Only those of the asset's own contract are true. */
const isOfAsset = ({ contractId }: LedgerEvent, asset: Asset, networkPassphrase: string): boolean =>
  assetContractId(asset, networkPassphrase) === contractId

const addressOf = (value: ContractValue | null): string | null =>
  value?.type === 'address' ? value.value : null

function amountOf(data: ContractValue | null): bigint | null {
  const value = data?.type === 'map' ? data.value.get('amount') : data
  return value?.type === 'i128' ? value.value : null
}

function movementsOf(touches: readonly Touch[]): LedgerMovement[] {
  return touches.map((touch, index) => {
    const { event, asset, stroops } = touch
    const isFee = touch.name === 'fee'
    const { operationId, ledger } = placeAt(event.place.toid, event.transactionHash)
    // The two sides of a payment to oneself are of one event.
    const isSecond = touches[index - 1]?.event.id === event.id
    return {
      id: isSecond ? `${event.id} in` : event.id,
      kind: isFee ? 'fee' : kindOf(touch, touches),
      asset,
      stroops: String(stroops),
      operationId: isFee ? null : operationId,
      transactionHash: event.transactionHash,
      ledger,
      closedAt: event.closedAt,
    }
  })
}

/** The kind of a movement, from the events of its operation. The operation itself is not read. */
function kindOf({ name, other, stroops, event }: Touch, touches: readonly Touch[]): MovementKind {
  if (name === 'clawback') return 'clawback'
  const isIn = stroops > 0n
  const isBack = (one: Touch) =>
    one.other === other && one.event.id !== event.id && one.stroops > 0n !== isIn
  const isTrade = touches.some(isBack)
  switch (other?.[0]) {
    case 'B':
      return isIn ? 'claim' : 'claimable_balance'
    case 'C':
      return 'contract_transfer'
    case 'L':
      return isTrade ? 'trade' : 'liquidity_pool'
    default:
      return isTrade ? 'trade' : isIn ? 'payment_in' : 'payment_out'
  }
}
