import { isoTime, type Json } from '../../model-database/tables.ts'
import { type GivenPayment, refuseOtherHashes, storeJudged } from './record-payments.ts'
import {
  findObserver,
  invalid,
  type ObserverRow,
  type PaymentTables,
  paymentKey,
  presentEpoch,
  type SideLookRow,
} from './tables.ts'

const nameOf = ({ account, source }: { account?: unknown; source?: unknown }) =>
  `${account} ${source}`

/** `find_side_looks`. */
export function findSideLooks(tables: PaymentTables, args: Json) {
  const { sideLooks, observers, now } = tables
  /** An account without a look comes before one whose look has not ended. */
  const rank = (row: ObserverRow) => {
    const look = sideLooks.get(nameOf(row))
    return look === undefined ? -2 : look.nextAt === Number.NEGATIVE_INFINITY ? -1 : look.nextAt
  }
  const due = [...observers.values()]
    .filter(({ source }) => source === args['source'])
    .filter(({ account }) => (args['accounts'] as string[]).includes(account))
    .filter((row) => mayLook(tables, row))
    .filter((row) => {
      const look = sideLooks.get(nameOf(row))
      return look === undefined || look.nextAt <= now() || look.jumpSeq !== row.jumpSeq
    })
    .toSorted((a, b) => rank(a) - rank(b) || (a.account < b.account ? -1 : 1))
  return { accounts: due.map(({ account }) => account) }
}

function mayLook(tables: PaymentTables, { cursor, alarm, epoch }: ObserverRow): boolean {
  return cursor !== null && alarm === null && epoch === presentEpoch(tables)
}

/** `begin_side_look`. */
export function beginSideLook(tables: PaymentTables, args: Json) {
  const { sideLooks, now } = tables
  const leaseMs = Number(args['leaseSeconds']) * 1000
  if (args['holder'] === null || leaseMs < 1000) throw invalid('begin_side_look')
  const row = findObserver(tables, args)
  if (row === undefined || !mayLook(tables, row) || row.jumpSeq === 0) return { started: false }
  const look = sideLooks.get(nameOf(row)) ?? newLook(row, now())
  sideLooks.set(nameOf(row), look)
  const isFree = look.holder === null || look.holder === args['holder'] || look.leaseUntil <= now()
  if (!isFree) return { started: false }
  look.holder = String(args['holder'])
  look.leaseUntil = now() + leaseMs
  if (look.jumpSeq !== row.jumpSeq) {
    const places = { balanceCursor: null, effectCursor: null, lookedAt: null }
    Object.assign(look, { ...places, jumpSeq: row.jumpSeq, beganAt: now() })
  }
  const { balanceCursor, effectCursor } = look
  const { epoch, startCursor, cursor, checkpoint } = row
  return { started: true, epoch, startCursor, cursor, checkpoint, balanceCursor, effectCursor }
}

/** `find_unrecorded`. */
export function findUnrecorded({ payments, archived }: PaymentTables, args: Json) {
  const operationIds = (args['operationIds'] as string[]).filter((id) => {
    const key = paymentKey(Number(args['epoch']), id)
    return !payments.has(key) && !archived.has(key)
  })
  return { operationIds }
}

/** `record_side_movements`. */
export function recordSideMovements(tables: PaymentTables, args: Json) {
  const given = args['payments'] as GivenPayment[]
  const isCredit = given.some(({ code }) => code === 'credited')
  if (Number(args['leaseSeconds']) < 1 || given.length > 200 || isCredit) {
    throw invalid('record_side_movements')
  }
  const row = findObserver(tables, args)
  const look = tables.sideLooks.get(nameOf(args))
  if (row === undefined || look === undefined || look.holder !== args['holder']) return LEASE_LOST
  if (look.jumpSeq !== row.jumpSeq) return LEASE_LOST
  refuseOtherHashes(tables, row.epoch, given)
  const answer = storeJudged(tables, given, row)
  look.balanceCursor = (args['balanceCursor'] as string | null) ?? look.balanceCursor
  look.effectCursor = (args['effectCursor'] as string | null) ?? look.effectCursor
  look.leaseUntil = tables.now() + Number(args['leaseSeconds']) * 1000
  return answer
}

const LEASE_LOST = { recorded: false, reason: 'lease_lost' }

/** `end_side_look`. */
export function endSideLook({ sideLooks, now }: PaymentTables, args: Json) {
  const look = sideLooks.get(nameOf(args))
  if (look === undefined || look.holder !== args['holder']) return { ended: false }
  const failure = args['failure'] as { code: string; message: string } | null
  const since = look.failure?.code === failure?.code ? look.failure?.since : undefined
  Object.assign(look, {
    holder: null,
    leaseUntil: Number.NEGATIVE_INFINITY,
    nextAt: now() + Number(args['nextSeconds']) * 1000,
    ...(args['isComplete'] === true && { lookedAt: now() }),
    failure: failure && { ...failure, since: since ?? String(isoTime(now())) },
  })
  return { ended: true }
}

const newLook = ({ account, source, jumpSeq }: ObserverRow, at: number): SideLookRow => ({
  account,
  source,
  jumpSeq,
  balanceCursor: null,
  effectCursor: null,
  beganAt: at,
  nextAt: Number.NEGATIVE_INFINITY,
  lookedAt: null,
  failure: null,
  holder: null,
  leaseUntil: Number.NEGATIVE_INFINITY,
})
