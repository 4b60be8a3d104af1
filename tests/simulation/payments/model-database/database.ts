import type { ModelDatabase } from '../../model-database/database.ts'
import type { Json } from '../../model-database/tables.ts'
import { archivePayments, readArchivedPayment } from './archive.ts'
import { findCandidates, recordGone } from './candidates.ts'
import { assignPayment, decidePayment, readPayment } from './decide-payments.ts'
import { findDue, markDueForAttempt, markDueForChanges, noteDueOfEnded } from './due.ts'
import { beginObservation, endObservation, setObserverCursor } from './observers.ts'
import { readOpenLists, recordOpenList } from './open-lists.ts'
import { setOpenOfAttempt, whyNotOpen } from './open-money.ts'
import { recordDue, recordPayments } from './record-payments.ts'
import {
  beginSideLook,
  endSideLook,
  findSideLooks,
  findUnrecorded,
  recordSideMovements,
} from './side-looks.ts'
import {
  ALL_RULES,
  type ObserverRow,
  type OpenListRow,
  type PaymentRow,
  type PaymentRules,
  type PaymentTables,
  presentEpoch,
} from './tables.ts'

/** The database functions of the payments on a memory, on top of the model of the update functions. */
export interface ModelPayments {
  /** Runs one call of any function at once and whole. @throws AppError as `createDatabase` does */
  call(functionName: string, args: Json): unknown
  /** The payments of the present epoch by their operations. */
  payments(): ReadonlyMap<string, PaymentRow>
  /** The payments of all epochs, in the order in which they were first recorded. */
  paymentsOfAllEpochs(): readonly PaymentRow[]
  /** The archived payments of all epochs. */
  archivedPayments(): readonly (PaymentRow & { stateBefore: string })[]
  /** The payments of the present epoch by their operations, with those that are archived. */
  recorded(): ReadonlyMap<string, PaymentRow>
  /** Why a payment is not open money; null for open money. */
  whyNotOpen(row: PaymentRow): string | null
  /** All payments, with those that are archived. */
  paymentsEver(): readonly PaymentRow[]
  presentEpoch(): number
  observer(account: string, source: string): ObserverRow | undefined
  /** By SEP and status. A list of which nothing was recorded is missing. */
  openLists(): ReadonlyMap<string, OpenListRow>
}

const FUNCTIONS: Readonly<Record<string, (tables: PaymentTables, args: Json) => unknown>> = {
  begin_observation: beginObservation,
  set_observer_cursor: setObserverCursor,
  find_candidates: findCandidates,
  record_gone: recordGone,
  record_payments: recordPayments,
  find_due: findDue,
  record_due: recordDue,
  end_observation: endObservation,
  read_open_lists: readOpenLists,
  record_open_list: recordOpenList,
  archive_payments: archivePayments,
  decide_payment: decidePayment,
  assign_payment: assignPayment,
  read_archived_payment: readArchivedPayment,
  read_payment: readPayment,
  find_side_looks: findSideLooks,
  begin_side_look: beginSideLook,
  find_unrecorded: findUnrecorded,
  record_side_movements: recordSideMovements,
  end_side_look: endSideLook,
}

/** @param now milliseconds since 1970, the server clock */
export function createModelPayments(
  base: ModelDatabase,
  now: () => number,
  rules: PaymentRules = ALL_RULES,
): ModelPayments {
  const observers = new Map<string, ObserverRow>()
  const payments = new Map<string, PaymentRow>()
  const tables: PaymentTables = {
    base,
    now,
    rules,
    observers,
    payments,
    archived: new Map(),
    sideLooks: new Map(),
    jumps: 0,
    creditedBy: new Map(),
    epochs: [null],
    openLists: new Map(),
    pages: 0,
    dueNames: [],
    marks: 0,
  }
  const presentOf = (rows: Iterable<PaymentRow>) => {
    const present = [...rows].filter(({ epoch }) => epoch === presentEpoch(tables))
    return new Map(present.map((row) => [row.operationId, row]))
  }
  base.tables.claimsBeside = rules.claimsBeside
  base.addTriggers({
    stored: (changes) => markDueForChanges(tables, changes),
    moved: (attempt, from) => {
      markDueForAttempt(tables, attempt, from)
      setOpenOfAttempt(tables, attempt)
      noteDueOfEnded(tables, attempt)
    },
  })
  return {
    call: (functionName, args) => {
      const own = FUNCTIONS[functionName]
      return own === undefined ? base.call(functionName, args) : own(tables, args)
    },
    payments: () => presentOf(payments.values()),
    recorded: () => presentOf([...payments.values(), ...tables.archived.values()]),
    whyNotOpen: (row) => whyNotOpen(tables, row),
    paymentsOfAllEpochs: () => [...payments.values()],
    paymentsEver: () => [...payments.values(), ...tables.archived.values()],
    archivedPayments: () => [...tables.archived.values()],
    presentEpoch: () => presentEpoch(tables),
    openLists: () => tables.openLists,
    observer: (account, source) => observers.get(`${account} ${source}`),
  }
}
