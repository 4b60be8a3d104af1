import type { AttemptRow } from '../model-database/tables.ts'
import type { TrueOperation } from './model-ledger.ts'
import { existed, faultOf, groupsNamedBy, isPaidTo, type Wanted, waits } from './oracle.ts'
import type { PaymentWorld } from './world.ts'

/**
 * What must hold in the end, by all that ever happened at the platform and on the ledger, whatever the service has read of
 * it and when.
 */
export function findUntrue(world: PaymentWorld): string[] {
  return [...findSkipped(world), ...findWronglyCredited(world), ...findCountedTwice(world)]
}

/** The transactions that the platform shows now, with their status. */
function presentTransactions({ platform, wantedOf }: PaymentWorld) {
  const last = new Map(platform.history.map(({ id, document }) => [id, document]))
  return [...last.values()].flatMap((document) =>
    document === null ? [] : [{ wanted: wantedOf(document), status: String(document['status']) }],
  )
}

/** Whether an operation is a payment by another account to one that is observed. */
function isReceipt({ settings }: PaymentWorld, one: TrueOperation): boolean {
  const { kind, from, to, successful, asset, stroops } = one
  const isPaid = kind === 'payment' || kind === 'path_payment' || kind === 'contract_transfer'
  const isOurs = (account: string | null) => account !== null && settings.accounts.includes(account)
  const hasValue = asset !== null && stroops !== null
  return successful && isPaid && hasValue && isOurs(to) && from !== to
}

/** The oldest 20 ledgers may be gone before they are read. */
const ABOUT_TO_GO = 20

/** Transactions that wait, although a payment is on the ledger that pays this one and no other. */
function findSkipped(world: PaymentWorld): string[] {
  const { ledger, payments, watch, settings } = world
  const { endedAtMs } = watch.known()
  const now = presentTransactions(world)
  const everWanted = [...new Map(wantedEver(world).map((one) => [one.id, one])).values()]
  const rows = payments.paymentsEver()
  const isHeld = ({ operationId, shown }: TrueOperation) => {
    const row = rows.find(
      (one) => one.operationId === operationId && one.transactionHash === shown.transactionHash,
    )
    if (row === undefined) return false
    const isArchived = !payments.paymentsOfAllEpochs().includes(row)
    const key = `${row.epoch} ${operationId}`
    return isArchived || watch.closed.has(key) || watch.assigned.has(key)
  }
  const credited = new Set(rows.map((row) => (row.verdict === 'credited' ? row.transactionId : '')))
  const used = usedHashes(world)

  const paysOnly = (operation: TrueOperation, wanted: Wanted): boolean => {
    const { closedAtMs, shown } = operation
    if (used.has(shown.transactionHash) || !isReceipt(world, operation)) return false
    const groups = groupsNamedBy(operation, everWanted)
    const isNamed = groups.flat().some(({ id }) => id === wanted.id)
    if (!isNamed || groups.some((group) => !group.some(({ id }) => id === wanted.id))) return false
    if (!existed(wanted, closedAtMs, endedAtMs.get(wanted.id) ?? null)) return false
    const others = groups
      .flat()
      .filter((one) => one.id !== wanted.id)
      .filter((one) => existed(one, closedAtMs, endedAtMs.get(one.id) ?? null))
    const isRight =
      isPaidTo(operation, wanted) && faultOf(operation, wanted, settings.policy) === null
    return others.length === 0 && isRight
  }

  return now.flatMap(({ wanted, status }) => {
    if (!waits(wanted, status) || credited.has(wanted.id)) return []
    const paidBy = ledger
      .operations()
      .filter((one) => one.ledger >= ledger.oldestSequence() + ABOUT_TO_GO)
      .filter((one) => settings.accounts.some((account) => ledger.isShown(one, account)))
      .find((one) => paysOnly(one, wanted) && !isHeld(one))
    if (paidBy === undefined) return []
    const { operationId, shown } = paidBy
    const row = rows.find(
      (one) => one.transactionHash === shown.transactionHash && one.operationId === operationId,
    )
    return [
      `${wanted.id} is skipped for good: ${operationId} pays it and is ${row?.verdict ?? 'not recorded'}`,
    ]
  })
}

/** The transactions, as the platform ever showed them. */
function wantedEver({ platform, wantedOf }: PaymentWorld): Wanted[] {
  return platform.history.flatMap(({ document }) => (document === null ? [] : [wantedOf(document)]))
}

/** The Stellar transactions of which the platform was told, or is to be told. */
function usedHashes({ base }: PaymentWorld): ReadonlySet<unknown> {
  const isUsed = ({ state }: AttemptRow) => state !== 'REJECTED' && state !== 'NOT_APPLIED'
  return new Set(base.attempts().filter(isUsed).map(hashOf))
}

const hashOf = ({ params }: AttemptRow) => params['stellar_transaction_id']

/** Credits to transactions that never waited for that payment before it was judged. */
function findWronglyCredited(world: PaymentWorld): string[] {
  const { payments, ledger, platform, wantedOf, settings, watch } = world
  return payments.paymentsEver().flatMap((row) => {
    const { verdict, operationId, transactionHash, transactionId, judgedAt } = row
    if (verdict !== 'credited' || watch.assigned.has(`${row.epoch} ${operationId}`)) return []
    const operation = ledger.find(operationId, transactionHash)
    const isRight = platform.history.some(({ id, atMs, document }) => {
      if (document === null || operation === undefined) return false
      if (id !== transactionId || atMs > judgedAt) return false
      const wanted = wantedOf(document)
      return (
        isReceipt(world, operation) &&
        groupsNamedBy(operation, [wanted]).flat().length > 0 &&
        waits(wanted, String(document['status'])) &&
        existed(wanted, operation.closedAtMs, null) &&
        isPaidTo(operation, wanted) &&
        faultOf(operation, wanted, settings.policy) === null
      )
    })
    return isRight
      ? []
      : [`${operationId} is credited to ${transactionId}, which never waited for it`]
  })
}

/**
 * An operation counts for one transaction, unless a person overrides that. For that transaction a person may report it
 * again, which releases it after a hold.
 */
function findCountedTwice({ base, platform, ledger }: PaymentWorld): string[] {
  const hashes = new Set(platform.received.map(({ hash }) => hash))
  return [...hashes].flatMap((hash) => {
    const told = platform.received.filter((one) => one.hash === hash).map(({ id }) => id)
    const overridden = base
      .attempts()
      .filter((one) => one.state === 'APPLIED' && one.forced !== null && hashOf(one) === hash)
      .map(({ transactionId }) => transactionId)
    const counted = new Set(told).size - new Set(overridden).size
    // A person may credit a claimable balance.
    const all = [...ledger.operations(), ...ledger.sideOperations()]
    const operations = all.filter(({ shown }) => shown.transactionHash === hash)
    return counted > operations.length
      ? [`${counted} transactions were told of the ${operations.length} operations of ${hash}`]
      : []
  })
}
