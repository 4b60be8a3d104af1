import type { PaymentRow } from './model-database/tables.ts'
import { ledgerOf, stroopsIn, type TrueOperation } from './model-ledger.ts'
import type { PaymentWorld } from './world.ts'

/** The oldest 20 ledgers may be gone before they are read. */
const ABOUT_TO_GO = 20

/** Claimable balances and clawbacks that Horizon shows and that are not recorded once, for a person. */
export function findUnseenAside(world: PaymentWorld): string[] {
  const { ledger, payments, watch, settings } = world
  const rows = payments.paymentsEver()
  return ledger.sideOperations().flatMap((one) => {
    const { account, kind, operationId, shown } = one
    const found = rows.filter(
      (row) => row.operationId === operationId && row.transactionHash === shown.transactionHash,
    )
    const name = `${operationId} (${kind})`
    const isAsLeft = (row: (typeof found)[number]) =>
      row.verdict === 'manual_review' || watch.assigned.has(`${row.epoch} ${operationId}`)
    if (!found.every(isAsLeft)) {
      return [`${name} is ${found[0]?.verdict}`]
    }
    if ((watch.unclaimed.get(`${operationId} ${shown.transactionHash}`) ?? 0) > 1) {
      return [`${name} was alarmed twice`]
    }
    const isKept = ledger.isSideShown(one) && one.ledger >= ledger.oldestSequence() + ABOUT_TO_GO
    if (!isKept || !settings.accounts.includes(account)) return []
    const startedAt = ledgerOf(watch.placedAt.get(account) ?? '0')
    const isBefore = kind === 'clawback' && one.ledger < startedAt
    return found.length > 0 || isBefore ? [] : [`${name} is not recorded`]
  })
}

/** Amounts by account and asset that the records and the ledger must agree on, to the stroop. */
export function findDifferences(world: PaymentWorld): string[] {
  const { payments, ledger } = world
  const recorded = new Map<string, bigint>()
  const moved = new Map<string, bigint>()
  const add = (sums: Map<string, bigint>, name: string, stroops: bigint) =>
    sums.set(name, (sums.get(name) ?? 0n) + stroops)
  for (const row of payments.paymentsEver()) {
    const made = ledger.find(row.operationId, row.transactionHash)
    if (made === undefined) continue
    if (row.amount !== null) addRow(row, (name, stroops) => add(recorded, name, stroops))
    addTrue(made, row.account, (name, stroops) => add(moved, name, stroops))
  }
  return [...new Set([...recorded.keys(), ...moved.keys()])].flatMap((name) => {
    const [books, truth] = [recorded.get(name) ?? 0n, moved.get(name) ?? 0n]
    return books === truth ? [] : [`${name}: ${books} stroops are recorded and ${truth} moved`]
  })
}

type Add = (name: string, stroops: bigint) => void

/** What a recorded payment moved for its account, by what the service stored of it. */
function addRow({ account, amount, facts }: PaymentRow, add: Add): void {
  if (facts['successful'] !== true) return
  const name = `${account} ${facts['asset']}`
  if (facts['to'] === account) add(name, stroopsIn(amount ?? '0'))
  if (facts['from'] === account) add(name, -stroopsIn(amount ?? '0'))
}

/** What the operation really moved. */
function addTrue(
  { successful, from, to, asset, stroops }: TrueOperation,
  account: string,
  add: Add,
) {
  if (!successful || asset === null || stroops === null) return
  const name = `${account} stellar:${asset}`
  if (to === account) add(name, stroops)
  if (from === account) add(name, -stroops)
}
