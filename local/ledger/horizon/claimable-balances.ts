import type { Answer } from '../../world/answer.ts'
import { balanceHash, type ClosedOperation } from '../ledger-transaction.ts'
import type { SimulatedLedger } from '../simulated-ledger.ts'
import { badRequest, halAnswer, halPage, readPage } from './page.ts'
import { horizonAmount, timeOf } from './records.ts'

/** Horizon's page of the claimable balances of `claimant` in ascending order. */
export function claimableBalances(ledger: SimulatedLedger, baseUrl: string, url: URL): Answer {
  const claimant = url.searchParams.get('claimant')
  if (claimant === null) return badRequest('claimant')
  // Horizon orders by the ledger of the last change, and within a ledger by the id.
  const records = ledger
    .claimableBalancesOf(claimant)
    .map(balanceRecord)
    .toSorted((one, other) =>
      one.last_modified_ledger === other.last_modified_ledger
        ? one.id.localeCompare(other.id)
        : one.last_modified_ledger - other.last_modified_ledger,
    )
  const after = url.searchParams.get('cursor')
  const [ledgerAfter = '0', idAfter = ''] = (after ?? '').split('-')
  const isBehind = ({ last_modified_ledger: sequence, id }: ReturnType<typeof balanceRecord>) =>
    sequence === Number(ledgerAfter) ? id > idAfter : sequence > Number(ledgerAfter)
  const plain = new URL(url)
  plain.searchParams.delete('cursor')
  const page = readPage(ledger, baseUrl, plain)
  if (page === null || page.order !== 'asc') return badRequest('order')
  const shown = records.filter(isBehind).slice(0, page.limit)
  return halAnswer(halPage(page, shown, baseUrl))
}

function balanceRecord({ id: operationId, form, source, transaction }: ClosedOperation) {
  if (form.type !== 'create_claimable_balance') throw new Error(`${form.type} makes no balance`)
  const id = `00000000${balanceHash(operationId)}`
  return {
    id,
    paging_token: `${transaction.ledger}-${id}`,
    asset: form.asset.replace(/^stellar:/, ''),
    amount: horizonAmount(form.amount),
    sponsor: source,
    last_modified_ledger: transaction.ledger,
    last_modified_time: timeOf(transaction.closedAt),
    claimants: form.claimants.map((destination) => ({
      destination,
      predicate: { unconditional: true },
    })),
    flags: { clawback_enabled: false },
  }
}
