import { isoTime, type Json } from '../../model-database/tables.ts'
import { setOpen } from './open-money.ts'
import {
  heldObserver,
  invalid,
  type ObserverRow,
  type PaymentTables,
  presentEpoch,
  type SeenLedger,
  seeLedger,
  startOf,
  waits,
} from './tables.ts'

/** `begin_observation`. */
export function beginObservation(tables: PaymentTables, args: Json) {
  const { observers, now } = tables
  const leaseMs = Number(args['leaseSeconds']) * 1000
  if (args['holder'] === null || leaseMs < 1000) throw invalid('begin_observation')
  const name = `${args['account']} ${args['source']}`
  const known = observers.get(name)
  const row = known ?? newObserver(args, presentEpoch(tables))
  observers.set(name, row)
  if (known === undefined) {
    for (const one of tables.payments.values()) {
      if (one.openSince !== null && one.facts['from'] === args['account']) setOpen(tables, one)
    }
  }
  const isFree = row.holder === null || row.holder === args['holder']
  if (!isFree && row.leaseUntil > now()) return { started: false }
  row.holder = String(args['holder'])
  row.leaseUntil = now() + leaseMs
  const { cursor, checkpoint, sweepCursor, sweptAt } = row
  const seen = tables.epochs.at(-1) ?? null
  return {
    started: true,
    epoch: row.epoch,
    present: { epoch: presentEpoch(tables), seen: seen && shownLedger(seen) },
    alarm: row.alarm?.code ?? null,
    cursor,
    checkpoint,
    sweepCursor,
    sweptAt: isoTime(sweptAt),
    oldestAwaitingAt: isoTime(oldestAwaiting(tables)),
  }
}

function oldestAwaiting({ base }: PaymentTables): number | null {
  const starts = [...base.transactions().values()].flatMap((row) =>
    waits(row) ? startOf(row) : [],
  )
  return starts.length === 0 ? null : Math.min(...starts)
}

/** `set_observer_cursor`. */
export function setObserverCursor(tables: PaymentTables, args: Json) {
  const row = heldObserver(tables, args)
  if (row === undefined || args['epoch'] !== presentEpoch(tables)) return { moved: false }
  const { sequence, hash, closedAt } = args['seen'] as Json
  const given = { sequence: Number(sequence), hash: String(hash), closedAtMs: toMs(closedAt) }
  if (args['isNewEpoch'] === true) tables.epochs.push(given)
  else seeLedger(tables, given)
  const epoch = presentEpoch(tables)
  tables.jumps += 1
  Object.assign(row, {
    epoch,
    cursor: args['cursor'],
    startedFrom: args['startedFrom'],
    jumpSeq: tables.jumps,
    startCursor: args['cursor'],
    checkpoint: null,
    completeUntil: null,
    alarm: null,
    sweepCursor: null,
    sweptAt: null,
  })
  return { moved: true, epoch }
}

const toMs = (time: unknown) => Date.parse(String(time))
const shownLedger = ({ sequence, hash, closedAtMs }: SeenLedger) => ({
  sequence,
  hash,
  closedAt: isoTime(closedAtMs),
})

/** `end_observation`. */
export function endObservation(tables: PaymentTables, args: Json) {
  const row = heldObserver(tables, args)
  if (row === undefined) return { ended: false }
  const at = tables.now()
  const alarm = args['alarm'] as { code: string; message: string } | null
  const since = row.alarm?.code === alarm?.code ? row.alarm?.since : undefined
  row.holder = null
  row.leaseUntil = Number.NEGATIVE_INFINITY
  row.alarm = alarm && { ...alarm, since: since ?? String(isoTime(at)) }
  if (alarm === null) row.observedAt = at
  if (args['swept'] === true) Object.assign(row, { sweepCursor: null, sweptAt: at })
  return { ended: true }
}

const newObserver = ({ account, source }: Json, epoch: number): ObserverRow => ({
  account: String(account),
  source: String(source),
  epoch,
  cursor: null,
  startedFrom: null,
  jumpSeq: 0,
  startCursor: null,
  checkpoint: null,
  completeUntil: null,
  observedAt: null,
  alarm: null,
  sweepCursor: null,
  sweptAt: null,
  holder: null,
  leaseUntil: Number.NEGATIVE_INFINITY,
})
