import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { LedgerError, type LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import {
  formatObserverStart,
  OBSERVER_STARTS,
  type ObserverStart,
  parseObserverStart,
} from '../stellar/observer-start.ts'
import { textOf } from '../text-of.ts'
import { type Alarm, alarmOf, ObserverAlarm } from './alarm.ts'
import { isAnotherLedger } from './epoch.ts'
import { isCatchingUp, readOpenLists } from './open-list-store.ts'
import { LEASE_SECONDS } from './page.ts'
import { checkNetwork, startLedger } from './start.ts'
import { beginObservation, endObservation, setObserverCursor } from './store.ts'

const ACCOUNT = 'an account of PAYMENT_OBSERVER_ACCOUNTS; account, startAt and note go together'
const NOTE = 'a text of 1 to 500 characters that says why the account starts anew'

/** All three parameters or none: the account, its new start, and the reason. */
export const restartParameters = z
  .object({
    account: z.string({ error: ACCOUNT }).optional(),
    startAt: z
      .unknown()
      .transform((value, context) => {
        if (value === undefined) return undefined
        const start = parseObserverStart(textOf(value))
        if (start !== null) return start
        context.issues.push({ code: 'custom', input: value, message: OBSERVER_STARTS })
        return z.NEVER
      })
      .optional(),
    note: z
      .string({ error: NOTE })
      .trim()
      .min(1, { error: NOTE })
      .max(500, { error: NOTE })
      .optional(),
  })
  .transform(({ account, startAt, note }, context) => {
    if (account === undefined && startAt === undefined && note === undefined) return null
    if (account !== undefined && startAt !== undefined && note !== undefined) {
      return { account, startAt, note }
    }
    const [path, message] =
      account === undefined
        ? ['account', ACCOUNT]
        : startAt === undefined
          ? ['startAt', OBSERVER_STARTS]
          : ['note', NOTE]
    context.issues.push({ code: 'custom', input: undefined, path: [path], message })
    return z.NEVER
  })
export type RestartParameters = z.output<typeof restartParameters>

/** The answer about a restarted account. The next run reads on from `to`. */
export interface RestartedObserver {
  account: string
  /** The cursor before; null when the account had no start yet. */
  from: string | null
  to: string
  startedFrom: string
  /** The epoch of the ledger to which `to` belongs. Another one than before: the ledger was reset. */
  epoch: number
}

/**
 * Moves the cursor of an account to the start that an operator chose after an alarm, and stores the jump with its note.
 *
 * @throws AppError `invalid_parameter`, `observer_running`, `source_unavailable`, `database_unavailable`
 */
export async function restartObserver(
  { account, startAt, note, keyName }: NonNullable<RestartParameters> & { keyName: string },
  {
    accounts,
    networkPassphrase,
    hasPlatform,
  }: { accounts: readonly string[]; networkPassphrase: string; hasPlatform: boolean },
  { db, ledger, log }: { db: Database; ledger: LedgerSource; log: Log },
): Promise<RestartedObserver> {
  if (!accounts.includes(account)) {
    const what = `account is "${account.slice(0, 80)}"`
    throw new AppError('invalid_parameter', [
      { path: 'account', what, place: 'body', allowed: ACCOUNT },
    ])
  }
  const observed = { account, source: ledger.name, holder: randomUUID() }
  const begun = await beginObservation(db, { ...observed, leaseSeconds: LEASE_SECONDS })
  if (!begun.started) throw running(account)
  let alarm: Alarm | null = null
  try {
    if (startAt.kind === 'oldest_open_transaction' && hasPlatform) await checkListsAreWhole(db)
    const head = await ledger.head()
    checkNetwork(head, networkPassphrase)
    const isNewEpoch = await isAnotherLedger(begun, head, ledger)
    const cursor = ledger.cursorAt(await startLedger(startAt, begun.oldestAwaitingAt, head, ledger))
    const startedFrom = formatObserverStart(startAt)
    const { sequence, hash, closedAt } = head
    const jump = await setObserverCursor(db, {
      ...{ ...observed, cursor, startedFrom, note, keyName },
      ...{ epoch: begun.present.epoch, isNewEpoch, seen: { sequence, hash, closedAt } },
    })
    if (!jump.moved) throw running(account)
    const { epoch } = jump
    log('warn', 'observer_restarted', {
      account,
      from: begun.cursor,
      to: cursor,
      startedFrom,
      epoch,
      note,
    })
    return { account, from: begun.cursor, to: cursor, startedFrom, epoch }
  } catch (error) {
    alarm = alarmOf(error)
    throw answered(error, startAt)
  } finally {
    await endObservation(db, { ...observed, alarm, swept: false })
  }
}

/** @throws ObserverAlarm `start_unknown` */
async function checkListsAreWhole(db: Database): Promise<void> {
  if (!isCatchingUp((await readOpenLists(db)).lists)) return
  throw new ObserverAlarm(
    'start_unknown',
    'The open transactions of the Anchor Platform were not all read yet, so the oldest one is not known.',
  )
}

function answered(error: unknown, startAt: ObserverStart): unknown {
  if (error instanceof ObserverAlarm) {
    const shown = startAt.kind === 'ledger' ? startAt.sequence : startAt.kind
    return new AppError('invalid_parameter', [
      {
        path: 'startAt',
        what: `startAt is "${shown}"`,
        place: 'body',
        problem: `and refused, ${error.code}: ${error.message.replace(/\.$/, '')}`,
        allowed: `${OBSERVER_STARTS}, that the source has`,
      },
    ])
  }
  if (!(error instanceof LedgerError)) return error
  return new AppError('source_unavailable', `The ledger could not be read (${error.code})`, {
    cause: error,
  })
}

const running = (account: string) =>
  new AppError('observer_running', `Another run is observing ${account}.`, {
    retryAfterSeconds: LEASE_SECONDS,
  })
