import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import { textOf } from '../../text-of.ts'
import { type Fields, fieldsOf, isHash, readTime, unreadable } from '../answer.ts'
import { parseOperationId, placeOf } from '../operation-id.ts'
import type { LedgerMovement, MovementPage } from '../source.ts'
import { type Effect, type EffectMovement, movementsOfEffects } from './effect.ts'
import { bodyOf, type Horizon, MAX_RECORD_BYTES } from './request.ts'

/** A page of more than 8 MB is requested again in smaller pages, as with payments. */
const PAGE_SIZES = [200, 40, 8]
const MAX_PAGE_BYTES = 8 * 1024 * 1024
/** One transaction of 100 operations can cross 1,000 offers in each, with two effects on an account. */
const MAX_EFFECT_PAGES = 1_000
/** The low bits of an operation id, in which a transaction has only zeros. */
const OPERATION_BITS = 0xfffn

const Page = z.object({ _embedded: z.object({ records: z.array(z.unknown()) }) })

interface FeeTransaction {
  toid: bigint
  hash: string
  closedAt: string
  source: unknown
  feeAccount: unknown
  fee: bigint
}

/** One effect with the numbers of its operation and of its transaction. */
interface PlacedEffect extends Effect {
  operation: bigint
  toid: bigint
}

/**
 * Reads a page of movements: the effects on the account, and the fees of its transactions, failed ones too. Both are read
 * up to the same transaction, so that one cursor is the place in both.
 *
 * @param after the number of an operation or of a transaction
 * @throws LedgerError
 */
export async function readMovements(
  horizon: Horizon,
  accountId: string,
  after: bigint,
): Promise<MovementPage> {
  if (!isAccountId(accountId)) throw unreadable('the requested account is not an account id')
  const fees = await readTransactions(horizon, accountId, after)
  const feesEnd = fees.isLast ? null : (fees.transactions.at(-1)?.toid ?? null)
  const read = await readEffects(horizon, accountId, after, feesEnd)
  const end = earlier(feesEnd, read.end)
  const isWithin = ({ toid }: { toid: bigint }) => end === null || toid <= end
  const effects = read.effects.filter(isWithin)
  const transactions = fees.transactions.filter(isWithin)
  const known = new Map(fees.transactions.map((one) => [one.toid, one]))
  const movements = [
    ...transactions.filter(({ feeAccount }) => feeAccount === accountId).flatMap(feeOf),
    ...(await movementsOf(horizon, accountId, effects, known)),
  ]
  const places = [...effects, ...transactions].map(({ toid }) => toid | OPERATION_BITS)
  const last = places.reduce((one, other) => (one > other ? one : other), after)
  return {
    movements: movements.sort((one, other) => one.ledger - other.ledger),
    cursor: String(last),
    isLast: end === null,
  }
}

const earlier = (one: bigint | null, other: bigint | null): bigint | null =>
  one === null || (other !== null && other < one) ? other : one

function feeOf({ toid, hash, closedAt, fee }: FeeTransaction): LedgerMovement[] {
  if (fee === 0n) return []
  return [
    {
      id: `${toid} fee`,
      kind: 'fee',
      asset: { kind: 'native' },
      stroops: String(-fee),
      operationId: null,
      transactionHash: hash,
      ledger: placeOf(toid).ledger,
      closedAt,
    },
  ]
}

/** Reads one page of records, in smaller pages if they are large. A 404 is an account without history. */
async function readPage(
  horizon: Horizon,
  path: string,
  query: Record<string, string>,
): Promise<{ records: Fields[]; isLast: boolean }> {
  for (const limit of PAGE_SIZES) {
    const full = { ...query, order: 'asc', limit: String(limit) }
    const answer = await horizon.get(path, full, MAX_PAGE_BYTES)
    if (answer.status === 'too_large') continue
    if (answer.status === 404) return { records: [], isLast: true }
    const read = Page.safeParse(bodyOf(answer, path)).data?._embedded.records
    const records = read?.map(fieldsOf).filter((fields) => fields !== null)
    if (records === undefined || records.length !== read?.length || records.length > limit) {
      throw unreadable(`Horizon ${path} is not a page of at most ${limit} records`)
    }
    return { records, isLast: records.length < limit }
  }
  throw unreadable(`Horizon ${path} is longer than ${MAX_PAGE_BYTES} bytes`)
}

async function readTransactions(
  horizon: Horizon,
  accountId: string,
  after: bigint,
): Promise<{ transactions: FeeTransaction[]; isLast: boolean }> {
  const path = `/accounts/${accountId}/transactions`
  const query = { cursor: String(after), include_failed: 'true' }
  const { records, isLast } = await readPage(horizon, path, query)
  const transactions = records.map((fields) => readTransaction(fields, path))
  checkOrder([after, ...transactions.map(({ toid }) => toid)], path)
  return { transactions, isLast }
}

function readTransaction(fields: Fields, path: string): FeeTransaction {
  const toid = parseOperationId(fields['paging_token'])
  const closedAt = readTime(fields['created_at'])
  const fee = textOf(fields['fee_charged'] ?? '')
  const hash = fields['hash']
  if (toid === null || closedAt === null || !isHash(hash) || !/^\d{1,19}$/.test(fee)) {
    throw unreadable(`${path} has a transaction without its place, its hash or its fee`)
  }
  const { source_account: source, fee_account: feeAccount } = fields
  return { toid, hash, closedAt, source, feeAccount: feeAccount ?? source, fee: BigInt(fee) }
}

/**
 * Reads effects until they end or pass a transaction. `end` is the last transaction that was read whole; null when no
 * effects follow.
 */
async function readEffects(
  horizon: Horizon,
  accountId: string,
  after: bigint,
  until: bigint | null,
): Promise<{ effects: PlacedEffect[]; end: bigint | null }> {
  const path = `/accounts/${accountId}/effects`
  const effects: PlacedEffect[] = []
  // Horizon reads a number alone as the end of its operation.
  let cursor = `${after}-0`
  for (let pages = 0; pages < MAX_EFFECT_PAGES; pages += 1) {
    const { records, isLast } = await readPage(horizon, path, { cursor })
    effects.push(...records.map((fields) => readEffect(fields, accountId, path)))
    checkOrder([after, ...effects.map(({ operation }) => operation)], path, true)
    const last = effects.at(-1)
    if (isLast || last === undefined) return { effects, end: null }
    const isPast = until !== null && last.toid > until
    const whole = effects.findLast(({ toid }) => toid !== last.toid)
    if (isPast || whole !== undefined) return { effects, end: isPast ? until : (whole?.toid ?? 0n) }
    cursor = last.token
  }
  throw unreadable(`one transaction behind ${after} has too many effects on ${accountId}`)
}

function readEffect(fields: Fields, accountId: string, path: string): PlacedEffect {
  const token = textOf(fields['paging_token'])
  const [number, order] = token.split('-')
  const operation = parseOperationId(number)
  if (operation === null || order === undefined || fields['account'] !== accountId) {
    throw unreadable(`${path} has an effect without its place, or on another account`)
  }
  return { token, fields, operation, toid: operation & ~OPERATION_BITS }
}

function checkOrder(places: readonly bigint[], path: string, mayRepeat = false): void {
  places.forEach((place, index) => {
    const before = places[index - 1]
    if (before === undefined || place > before || (mayRepeat && index > 1 && place === before))
      return
    throw unreadable(`${path} has ${place} behind ${before}`)
  })
}

async function movementsOf(
  horizon: Horizon,
  accountId: string,
  effects: readonly PlacedEffect[],
  transactions: ReadonlyMap<bigint, FeeTransaction>,
): Promise<LedgerMovement[]> {
  const movements: LedgerMovement[] = []
  for (const [operation, own] of Map.groupBy(effects, (effect) => effect.operation)) {
    const moved = movementsOfEffects(own, null).filter((one) => hasBalance(one, accountId))
    const transaction = transactions.get(operation & ~OPERATION_BITS)
    if (moved.length === 0) continue
    const closedAt = readTime(own[0]?.fields['created_at'])
    if (closedAt === null) throw unreadable(`Horizon has an effect of ${operation} without a time`)
    // An effect does not name its transaction. What the account did not send itself may be a clawback.
    const isForeign = transaction?.source !== accountId
    const isUnknown = transaction === undefined || (isForeign && moved.some(isDebit))
    const read = isUnknown ? await readOperation(horizon, operation) : null
    const hash = read?.hash ?? transaction?.hash
    if (hash === undefined)
      throw unreadable(`Horizon does not show the transaction of ${operation}`)
    const named = read === null ? moved : movementsOfEffects(own, read.type)
    for (const one of named.filter((each) => hasBalance(each, accountId))) {
      const place = { operationId: String(operation), ledger: placeOf(operation).ledger, closedAt }
      movements.push({ ...one, ...place, transactionHash: hash })
    }
  }
  return movements
}

const isDebit = ({ stroops }: EffectMovement): boolean => stroops.startsWith('-')

/** An issuer has no balance of its own asset. */
const hasBalance = ({ asset }: EffectMovement, accountId: string): boolean =>
  asset.kind !== 'issued' || asset.issuer !== accountId

async function readOperation(
  horizon: Horizon,
  operation: bigint,
): Promise<{ hash: string; type: unknown }> {
  const path = `/operations/${operation}`
  const fields = fieldsOf(bodyOf(await horizon.get(path, {}, MAX_RECORD_BYTES), path))
  const hash = fields?.['transaction_hash']
  if (fields?.['id'] !== String(operation) || !isHash(hash)) {
    throw unreadable(`Horizon ${path} shows another operation`)
  }
  return { hash, type: fields['type'] }
}
