import { findDifferences, findUnseenAside } from './balances.ts'
import type { PaymentRow } from './model-database/tables.ts'
import { awaitsPayment } from './model-database/tables.ts'
import { stroopsIn } from './model-ledger.ts'
import { FOR_AWAITING } from './oracle.ts'
import { findUntrue } from './truth.ts'
import { mayChange } from './watch.ts'
import type { PaymentWorld } from './world.ts'

/** The broken promises of a quiet world: a payment is lost or credited twice, or the books do not balance. */
export function findViolations(world: PaymentWorld): string[] {
  return [
    ...findLost(world),
    ...findImbalance(world),
    ...findMissingAlarms(world),
    ...findWaitingForNothing(world),
    ...findUntrue(world),
    ...findUnseenAside(world),
    ...findDifferences(world),
  ]
}

/** A source drops its oldest ledgers all the time. The oldest 20 may be gone before they are read. */
const ABOUT_TO_GO = 20

/** Payments without a record, and payments that were not matched with the transaction that waits for them. */
function findLost({ settings, ledger, payments, watch, oracle, observer }: PaymentWorld): string[] {
  const found: string[] = []
  const known = watch.known()
  const isHeld = ({ epoch, operationId }: PaymentRow) =>
    watch.closed.has(`${epoch} ${operationId}`) || !payments.payments().has(operationId)
  // A person credited another payment to the transaction, so this one came too late.
  const rows = [...payments.recorded().values()]
  const isCreditedByPerson = ({ verdict, transactionId }: PaymentRow) =>
    verdict === 'already_paid' &&
    rows.some(
      (row) =>
        row.verdict === 'credited' &&
        row.transactionId === transactionId &&
        row.assignedBy !== null,
    )
  for (const account of settings.accounts) {
    const cursor = BigInt(observer(account)?.cursor ?? '0')
    for (const operation of ledger.operations()) {
      if (!ledger.isShown(operation, account)) continue
      const { operationId } = operation
      const stored = payments.recorded().get(operationId)
      const { code } = oracle.judge(operation, account, known)
      if (operation.id > cursor) found.push(`${operationId} is still beyond the cursor`)
      if (stored?.verdict === 'catching_up' && !isHeld(stored))
        found.push(`${operationId} was never judged`)
      if (!FOR_AWAITING.has(code) || operation.ledger < ledger.oldestSequence() + ABOUT_TO_GO)
        continue
      if (stored !== undefined && stored.account !== account) {
        found.push(`${operationId} pays ${account} and was judged as one of ${stored.account}`)
      }
      if (stored === undefined) found.push(`${operationId} is lost for good and should be ${code}`)
      else if (isCreditedByPerson(stored)) continue
      else if (!isHeld(stored) && mayChange(stored, code, account)) {
        found.push(`${operationId} stayed ${stored.verdict} and should be ${code}`)
      }
    }
  }
  return found
}

/** Compares the credits in the database, in the updates and at the platform with the operations of the ledger. */
function findImbalance(world: PaymentWorld): string[] {
  const { base, payments, platform, watch, ledger, hasPlatform } = world
  const found: string[] = []
  const credited = payments.paymentsEver().filter(({ verdict }) => verdict === 'credited')
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n)
  const stored = sum(credited.map(({ amount }) => stroopsIn(amount ?? '0')))
  const expected = sum([...watch.credited.values()])
  if (stored !== expected) found.push(`${stored} stroops are credited instead of ${expected}`)
  const byTransaction = new Set(credited.map(({ transactionId }) => transactionId))
  if (byTransaction.size < credited.length) found.push('a transaction is credited twice')

  const attempts = base.attempts().filter(({ origin }) => CREDITS.has(origin))
  const reports = base.attempts().filter(({ origin }) => origin === 'rpc')
  if (attempts.length !== credited.length + watch.replacedUpdates()) {
    found.push(`${credited.length} credits have ${attempts.length} updates`)
  }
  let applied = 0n
  for (const { epoch, operationId, transactionHash, transactionId, attemptId } of credited) {
    const attempt = attempts.find(({ id }) => id === attemptId)
    const { stroops = 0n } = ledger.find(operationId, transactionHash) ?? {}
    const params = attempt?.params as {
      amount_in?: { amount: string }
      stellar_transaction_id?: string
    }
    if (
      attempt?.transactionId !== transactionId ||
      attempt?.naturalKey !== `operation ${operationId} of epoch ${epoch}` ||
      stroopsIn(params.amount_in?.amount ?? '0') !== stroops ||
      params.stellar_transaction_id !== transactionHash
    ) {
      found.push(`the update of ${operationId} is not of that payment`)
    }
    if (attempt?.state === 'APPLIED') applied += stroops ?? 0n
    else if (hasPlatform && !REFUSED.has(String(attempt?.state)))
      found.push(`${operationId} is ${attempt?.state} in the end`)
  }
  // A person may report a payment for a transaction that was paid before, and is on hold.
  const byPerson = reports.filter(({ state }) => state === 'APPLIED')
  for (const { params } of byPerson) {
    applied += stroopsIn((params as { amount_in: { amount: string } }).amount_in.amount)
  }
  const received = sum(platform.received.map(({ stroops }) => stroops))
  if (received !== applied)
    found.push(`the platform received ${received} of ${applied} applied stroops`)
  const times = (ids: readonly string[], id: string) => ids.filter((one) => one === id).length
  const told = platform.received.map(({ id }) => id)
  const reported = byPerson.map(({ transactionId }) => transactionId)
  if (told.some((id) => times(told, id) - times(reported, id) > 1)) {
    found.push('the platform received a payment twice')
  }
  return found
}

/** The origins of the updates that credit payments. */
const CREDITS: ReadonlySet<string> = new Set(['payment_observer', 'assignment'])

/** The platform rejected the update, or a person found that it was not applied. */
const REFUSED: ReadonlySet<string> = new Set(['REJECTED', 'NOT_APPLIED'])

/** Every account that lost unseen payments with the old ledgers has an alarm. */
function findMissingAlarms({ settings, ledger, payments, watch }: PaymentWorld): string[] {
  return settings.accounts.flatMap((account) => {
    const placedAt = BigInt(watch.placedAt.get(account) ?? '0')
    const isConcerned = ledger
      .operations()
      .some(
        (one) =>
          (one.from === account || one.to === account) &&
          one.id > placedAt &&
          !ledger.isShown(one, account) &&
          !payments.recorded().has(one.operationId) &&
          !watch.everLost.has(one.operationId),
      )
    const alarms = watch.alarms.filter((alarm) => alarm.account === account)
    const resetAt = ledger.resetAtMs()
    const found: string[] = []
    if (isConcerned && alarms.length === 0) {
      found.push(`payments of ${account} are gone without an alarm`)
    }
    if (resetAt === null && alarms.some(({ code }) => code === 'ledger_reset')) {
      found.push(`the ledger of ${account} was taken for another one`)
    }
    if (resetAt !== null && !alarms.some(({ atMs }) => atMs > resetAt)) {
      found.push(`${account} was read on from another ledger`)
    }
    return found
  })
}

/** No transaction waits here for a payment that the platform no longer expects. */
function findWaitingForNothing({ base, platform, hasPlatform }: PaymentWorld): string[] {
  if (!hasPlatform) return []
  return [...base.transactions()].flatMap(([id, { document, goneAt }]) => {
    const status = platform.document(id)?.['status']
    return awaitsPayment(document) && goneAt === null && document['status'] !== status
      ? `${id} still waits for a payment and is ${status} at the platform`
      : []
  })
}
