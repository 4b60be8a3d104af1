import type { PaymentPage } from '../../../lib/ledger/source.ts'
import type { Log } from '../../../lib/log.ts'
import type { ModelDatabase } from '../model-database/database.ts'
import type { TransactionRow } from '../model-database/tables.ts'
import type { ModelPayments } from './model-database/database.ts'
import type { PaymentRow } from './model-database/tables.ts'
import { cursorAt, type ModelLedger, stroopsIn, type TrueOperation } from './model-ledger.ts'
import { createOpenMoneyWatch, ENDED_IN_VAIN, type OpenMoneySettings } from './open-money.ts'
import { FOR_AWAITING, type Known, type Oracle, type Wanted } from './oracle.ts'

type Json = Record<string, unknown>

const CLOSED: ReadonlySet<unknown> = new Set([
  ...['completed', 'refunded', 'expired', 'error'],
  ...['no_market', 'too_small', 'too_large'],
])

/** When a stored transaction ended, as far as is known; null while it may go on. */
function endOf({ document, closedSeenAt, goneAt }: TransactionRow): number | null {
  if (!CLOSED.has(document['status'])) return goneAt
  const completedAt = document['completed_at']
  return typeof completedAt === 'string' ? Date.parse(completedAt) : closedSeenAt
}

/** What one process read so far. */
export interface Watched {
  /** An operator's process may move a cursor that is already set. */
  isOperator: boolean
  /** The transactions and credits at each `find_candidates` of the process. */
  finds: Known[]
  /** The number of these at the last `record_payments`, by account. */
  usedFinds: Map<string, number>
  /** Operations that a page left out. */
  lost: Set<string>
  /** The cursors before and after the last page, by account. */
  lastPage: Map<string, string>
}

/** Compares every page and every call of the database with the operations of the ledger. */
export interface Watch {
  violations: string[]
  /** The stroops that must be credited, by operation. */
  credited: ReadonlyMap<string, bigint>
  alarms: readonly { account: string; code: string; atMs: number }[]
  everLost: ReadonlySet<string>
  /** The cursor that the operator or the configuration set last, by account. */
  placedAt: ReadonlyMap<string, string>
  /** Accounts that were read to their end. For these a hash of the ledger is recorded. */
  readToEnd: ReadonlySet<string>
  /** The payments that persons closed, by epoch and operation. */
  closed: ReadonlySet<string>
  /** Those that persons assigned. */
  assigned: ReadonlySet<string>
  /** Updates that persons replaced by assigning a payment anew. */
  replacedUpdates(): number
  decisions(): number
  /** Lines about balances that nobody claimed and about clawbacks, by operation and hash. */
  unclaimed: ReadonlyMap<string, number>
  onLog: Log
  /** Compares what is open money now with what must be, and since when. */
  checkOpen(): void
  known(): Known
  onPage(process: Watched, account: string, cursor: string, page: PaymentPage): void
  call(process: Watched, functionName: string, args: Json): unknown
}

export const newWatched = (isOperator = false): Watched => ({
  isOperator,
  finds: [],
  usedFinds: new Map(),
  lost: new Set(),
  lastPage: new Map(),
})

export function createWatch(
  {
    base,
    payments,
    ledger,
    hasPlatform,
    wantedOf,
    settings,
  }: {
    base: ModelDatabase
    payments: ModelPayments
    ledger: ModelLedger
    hasPlatform: boolean
    wantedOf: (document: Json) => Wanted
    settings: OpenMoneySettings
  },
  oracle: Oracle,
  now: () => number,
): Watch {
  const violations: string[] = []
  const credits = new Map<string, string>()
  const credited = new Map<string, bigint>()
  const alarms: { account: string; code: string; atMs: number }[] = []
  const everLost = new Set<string>()
  const placedAt = new Map<string, string>()
  const readToEnd = new Set<string>()

  const closed = new Set<string>()
  const assigned = new Set<string>()
  const unclaimed = new Map<string, number>()
  let replaced = 0
  let decisions = 0
  const openMoney = createOpenMoneyWatch({ base, payments, ledger, settings, closed, now })
  const checkOpen = () => violations.push(...openMoney.check())

  const known = (): Known => {
    const rows = [...base.transactions()]
    return {
      wanted: rows.map(([, { document }]) => wantedOf(document)),
      status: new Map(rows.map(([id, { document }]) => [id, String(document['status'])])),
      credits: new Map(credits),
      refused: refusedCredits(),
      endedAtMs: new Map(
        rows.flatMap(([id, row]) => {
          const at = endOf(row)
          return at === null ? [] : [[id, at] as const]
        }),
      ),
    }
  }

  function* between(from: string, to: string, account: string): Generator<TrueOperation> {
    const [after, last] = [BigInt(from), BigInt(to)]
    if (last <= after) return
    for (const one of ledger.operations()) {
      if (one.id > after && one.id <= last && ledger.isShown(one, account)) yield one
    }
  }

  function recordPayments(process: Watched, args: Json): unknown {
    const account = String(args['account'])
    const row = payments.observer(account, String(args['source']))
    const before = row?.cursor ?? null
    const isHis = row?.holder === args['holder'] && before === args['expectedCursor']
    const given = args['payments'] as Given[]
    const recordedBefore = payments.recorded()
    const earlier = new Map(
      given.map(({ operationId }) => [operationId, recordedBefore.get(operationId)]),
    )
    const answer = payments.call('record_payments', args) as { recorded: boolean }
    if (!answer.recorded) return answer
    if (!isHis) violations.push(`a process wrote to ${account} after it had lost the lease`)
    const way = `${args['expectedCursor']} ${args['cursor']}`
    if (process.lastPage.get(account) === way) readToEnd.add(account)

    const recorded = payments.recorded()
    for (const { operationId } of between(before ?? '0', String(args['cursor']), account)) {
      if (recorded.has(operationId) || process.lost.has(operationId)) continue
      violations.push(`the cursor of ${account} passed ${operationId}, which is not recorded`)
    }
    checkVerdicts(process, account, given, earlier)
    process.usedFinds.set(account, process.finds.length)
    return answer
  }

  function recordDue(process: Watched, args: Json): unknown {
    const account = String(args['account'])
    const isHis = payments.observer(account, String(args['source']))?.holder === args['holder']
    const given = args['payments'] as (Given & { dueMark: string })[]
    const earlier = new Map([...payments.recorded()].map(([id, row]) => [id, { ...row }]))
    const answer = payments.call('record_due', args) as { recorded: boolean }
    if (!answer.recorded) return answer
    if (!isHis) violations.push(`a process wrote to ${account} after it had lost the lease`)
    // One that was marked again, or whose transaction changed, was judged by what is no longer so, and stays due.
    const recorded = payments.recorded()
    const due = given.filter(({ operationId, dueMark }) => {
      const row = earlier.get(operationId)
      return row?.dueMark === dueMark && recorded.get(operationId)?.dueAt === null
    })
    checkVerdicts(process, account, due, earlier)
    process.usedFinds.set(account, process.finds.length)
    return answer
  }

  function checkVerdicts(
    process: Watched,
    account: string,
    given: readonly Given[],
    earlier: ReadonlyMap<string, PaymentRow | undefined>,
  ): void {
    if (given.length === 0) return
    const stored = payments.recorded()
    const finds = process.finds.slice(process.usedFinds.get(account) ?? 0)
    // A process reads two accounts at the same time, so the verdicts may rest on any of its readings.
    const isCatchingUp = catchesUp(given)
    const expected = (finds.length > 0 ? finds : [known()]).map((one) =>
      expectedVerdicts(account, given, earlier, { ...one, isCatchingUp }),
    )
    const isAsStored = ({ verdicts }: (typeof expected)[number]) =>
      verdicts.every(([id, verdict]) => stored.get(id)?.verdict === verdict)
    const right = expected.find(isAsStored)
    if (right === undefined) {
      const shown = (expected.at(-1)?.verdicts ?? []).map(([id, verdict]) => {
        const found = stored.get(id)?.verdict
        return found === verdict ? '' : ` ${id} is ${found} and should be ${verdict}`
      })
      violations.push(`wrong verdicts:${shown.join('')}`)
      return
    }
    for (const [transactionId, operation] of right.credits) {
      if (credits.has(transactionId)) violations.push(`${transactionId} is credited twice`)
      credits.set(transactionId, operation.operationId)
      credited.set(operation.shown.transactionHash + operation.operationId, operation.stroops ?? 0n)
    }
  }

  /** The verdicts that the payments of a page must get, by the transactions and credits at that reading. */
  function expectedVerdicts(
    account: string,
    given: readonly Given[],
    earlier: ReadonlyMap<string, PaymentRow | undefined>,
    { credits: creditsThen, isCatchingUp, ...then }: Known & { isCatchingUp: boolean },
  ) {
    const judged = new Map(creditsThen)
    // The service judges a page as if each credit in it holds, also that of a payment which a person has closed meanwhile.
    const assumed = new Map(creditsThen)
    const made = new Map<string, TrueOperation>()
    const verdicts: [string, string][] = []
    for (const { operationId, transactionHash } of given) {
      const operation = ledger.find(operationId, transactionHash)
      if (operation === undefined) {
        verdicts.push([operationId, 'unknown: the ledger has no such operation'])
        continue
      }
      const known = earlier.get(operationId)
      const told = oracle.judge(operation, account, { ...then, credits: assumed })
      const isSo = oracle.judge(operation, account, { ...then, credits: judged })
      const judgedNow = known === undefined ? told : isSo
      const { code, id } =
        isCatchingUp && !ALONE.has(judgedNow.code) ? { code: 'catching_up', id: null } : judgedNow
      if (told.id !== null && !isCatchingUp) assumed.set(told.id, operationId)
      const isUnproven = told.code === 'already_paid' && isSo.code !== 'already_paid'
      const isLeft = known !== undefined && (isHeld(known) || isUnproven)
      const isKept = known !== undefined && (isLeft || !mayChange(known, code, account))
      if (id !== null && !isKept) judged.set(id, operationId)
      if (known !== undefined && isUnproven && !isHeld(known)) {
        // It is stored if the first payment is credited by now. In the end every verdict must be true.
        const isStored = payments.recorded().get(operationId)?.verdict === 'already_paid'
        verdicts.push([operationId, isStored ? 'already_paid' : known.verdict])
      } else if (known !== undefined && isKept) {
        verdicts.push([operationId, known.verdict])
      } else if (id === null) {
        verdicts.push([operationId, code])
      } else if (credits.has(id) && refusedCredits().has(id)) {
        verdicts.push([operationId, 'ambiguous'])
      } else if (credits.has(id) || made.has(id)) {
        verdicts.push([operationId, 'already_paid'])
      } else if (isLeftToPerson(id)) {
        verdicts.push([operationId, 'update_refused'])
      } else {
        made.set(id, operation)
        verdicts.push([operationId, 'credited'])
      }
      checkFacts(operation)
    }
    return { verdicts, credits: made }
  }

  /**
   * Whether no verdict is final, because not all open transactions are known. A process that could not ask for them says so
   * too, which costs nothing but time.
   */
  function catchesUp(given: readonly Given[]): boolean {
    if (!hasPlatform) return false
    if (given.some(({ code }) => code === 'catching_up')) return true
    const lists = [...payments.openLists().values()]
    return lists.filter(({ wholeAt }) => wholeAt !== null).length < LISTS
  }

  function checkFacts({ operationId, stroops }: TrueOperation): void {
    const amount = payments.recorded().get(operationId)?.amount ?? null
    if ((amount === null ? null : stroopsIn(amount)) === stroops) return
    violations.push(`${operationId} moved ${stroops} stroops and is stored with ${amount}`)
  }

  /** A payment that a person closed, or that is archived, is not judged again. */
  const isHeld = ({ epoch, operationId }: PaymentRow) =>
    closed.has(`${epoch} ${operationId}`) || !payments.payments().has(operationId)

  function decide(functionName: string, args: Json): unknown {
    const epoch = Number(args['epoch'] ?? payments.presentEpoch())
    const key = `${epoch} ${args['operationId']}`
    const attempts = base.attempts().length
    const refused = functionName === 'assign_payment' ? refusedCredits() : new Set<string>()
    const answer = payments.call(functionName, args) as { decided: boolean } | null
    if (answer === null || !answer.decided) return answer
    decisions += 1
    if (functionName === 'decide_payment') {
      if (args['decision'] === 'reopen') closed.delete(key)
      else closed.add(key)
    } else if (base.attempts().length > attempts) {
      assign(key, args['update'] as Json, refused)
    }
    return answer
  }

  /** A person credits a payment, perhaps after its first credit was refused. */
  function assign(key: string, update: Json, refused: ReadonlySet<string>): void {
    const [, operationId = ''] = key.split(' ')
    const { stellar_transaction_id: hash } = update['params'] as Json
    const transactionId = String(update['transactionId'])
    const operation = ledger.find(operationId, String(hash))
    const before = [...credits].find(([, one]) => one === operationId)?.[0]
    if (closed.has(key)) violations.push(`${operationId} is closed and was assigned`)
    const other = before === transactionId ? undefined : credits.get(transactionId)
    if (other !== undefined) {
      if (!refused.has(transactionId)) violations.push(`${transactionId} is credited twice`)
      const [row] = payments.paymentsOfAllEpochs().filter((one) => one.operationId === other)
      if (row !== undefined) credited.delete(row.transactionHash + other)
      replaced += 1
    }
    if (before !== undefined) {
      credits.delete(before)
      replaced += 1
    }
    assigned.add(key)
    credits.set(transactionId, operationId)
    credited.set(`${String(hash)}${operationId}`, operation?.stroops ?? 0n)
  }

  /** The transactions whose credit ended without effect. */
  const refusedCredits = () =>
    new Set(
      payments
        .paymentsOfAllEpochs()
        .filter(({ verdict, attemptId }) => verdict === 'credited' && hasEndedInVain(attemptId))
        .map(({ transactionId }) => String(transactionId)),
    )
  const hasEndedInVain = (attemptId: string | null) =>
    ENDED_IN_VAIN.has(String(base.attempt(attemptId ?? '')?.state))

  const onLog: Log = (_, event, details = {}) => {
    if (event !== 'observer_unclaimed') return
    const name = `${details['operationId']} ${details['transactionHash']}`
    unclaimed.set(name, (unclaimed.get(name) ?? 0) + 1)
  }

  const isLeftToPerson = (id: string) =>
    base.attempts().some(({ transactionId, state }) => transactionId === id && state === 'MANUAL')

  function endObservation(args: Json): unknown {
    const alarm = args['alarm'] as { code: string } | null
    const account = String(args['account'])
    if (alarm !== null) alarms.push({ account, code: alarm.code, atMs: now() })
    return keepingCursor('end_observation', args)
  }

  function keepingCursor(functionName: string, args: Json): unknown {
    const cursor = () => payments.observer(String(args['account']), String(args['source']))?.cursor
    const before = cursor()
    const answer = payments.call(functionName, args)
    if (before !== undefined && cursor() !== before) {
      violations.push(`${functionName} moved the cursor from ${before} to ${cursor()}`)
    }
    return answer
  }

  return {
    violations,
    credited,
    alarms,
    everLost,
    placedAt,
    readToEnd,
    closed,
    assigned,
    replacedUpdates: () => replaced,
    decisions: () => decisions,
    unclaimed,
    onLog,
    checkOpen,
    known,
    onPage: (process, account, cursor, page) => {
      if (page.isLast) process.lastPage.set(account, `${cursor} ${page.cursor}`)
      const shown = new Set(page.payments.map(({ operationId }) => operationId))
      // A last page states that no operation follows it.
      const end = page.isLast ? cursorAt(ledger.headSequence() + 1) : page.cursor
      for (const { operationId, id } of between(cursor, end, account)) {
        if (shown.has(operationId)) continue
        if (id <= BigInt(page.cursor)) process.lost.add(operationId)
        everLost.add(operationId)
      }
    },
    call: (process, functionName, args) => {
      try {
        return call(process, functionName, args)
      } finally {
        checkOpen()
      }
    },
  }

  function call(process: Watched, functionName: string, args: Json): unknown {
    switch (functionName) {
      case 'find_candidates':
        process.finds.push(known())
        return payments.call(functionName, args)
      case 'record_payments':
        return recordPayments(process, args)
      case 'record_due':
        return recordDue(process, args)
      case 'end_observation':
        return endObservation(args)
      case 'begin_observation':
        return keepingCursor(functionName, args)
      case 'set_observer_cursor': {
        const row = payments.observer(String(args['account']), String(args['source']))
        if (row?.cursor && row.holder === args['holder'] && !process.isOperator) {
          violations.push(
            `the cursor of ${args['account']} was moved by a process that is not an operator's`,
          )
        }
        const answer = payments.call(functionName, args) as { moved: boolean }
        readToEnd.delete(String(args['account']))
        if (answer.moved) placedAt.set(String(args['account']), String(args['cursor']))
        return answer
      }
      case 'decide_payment':
      case 'assign_payment':
        return decide(functionName, args)
      default:
        return payments.call(functionName, args)
    }
  }
}

/** SEP-24, SEP-6 and SEP-31. */
const LISTS = 3

/** The verdicts that need no transaction. */
const ALONE: ReadonlySet<string> = new Set([
  'transaction_failed',
  'outgoing',
  'manual_review',
  'no_memo',
])

interface Given {
  operationId: string
  transactionHash: string
  code: string
}

/**
 * A verdict may change only if the payment waited for its transaction or the transaction for something else, or if it was
 * recorded for the paying account.
 */
export function mayChange(
  row: Pick<PaymentRow, 'verdict' | 'account'>,
  code: string,
  account: string,
): boolean {
  if (code === row.verdict || code === 'outgoing') return false
  if (row.verdict === 'outgoing') return row.account !== account
  if (code === 'catching_up') return false
  if (row.verdict === 'paid_outside_window') return code !== 'no_match'
  if (['no_match', 'catching_up', 'not_awaiting', 'already_paid'].includes(row.verdict)) return true
  const isOfOther = ['no_match', 'not_awaiting', 'paid_outside_window'].includes(code)
  return (
    row.verdict !== 'credited' &&
    row.verdict !== 'sep31_path_payment' &&
    (FOR_AWAITING.has(row.verdict) || row.verdict === 'ambiguous') &&
    !isOfOther
  )
}
