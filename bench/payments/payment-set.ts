import { createHash } from 'node:crypto'
import { operationIdOf } from '../../lib/ledger/operation-id.ts'
import type { TransactionForm } from '../../local/ledger/ledger-transaction.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'

export const OBSERVED_ACCOUNT = simulatedAccountId('bench observed')
/** The cursor before the first payment. */
export const START_CURSOR = String(operationIdOf({ ledger: 1, transaction: 0, operation: 0 }))
/** One payment in 10 is for a transaction that waits. */
const PAYMENTS_PER_AWAITED = 10

const USDC = `stellar:USDC:${simulatedAccountId('bench issuer')}`
const EURC = `stellar:EURC:${simulatedAccountId('bench issuer')}`

/**
 * Payments of an anchor's account, each in a Stellar transaction of its own. Of ten payments, one is for a transaction that
 * waits, one for the same transaction in another asset, four have an unknown memo, two have no memo, and the account
 * itself sends two.
 */
export function benchPayments(count: number): TransactionForm[] {
  return Array.from({ length: count }, (_, index) => paymentOf(index))
}

/** How many of the first `count` payments are for a transaction that waits. */
export const awaitedAmong = (count: number) => Math.ceil(count / PAYMENTS_PER_AWAITED)

/** The transactions of these payments as the platform shows them, and as many unpaid transactions. */
export function benchTransactions(count: number): object[] {
  const groups = awaitedAmong(count)
  return Array.from({ length: 2 * groups }, (_, group) => {
    const memo = memoOf(group)
    const isHash = memo.type === 'hash'
    return {
      id: uuidOf(`transaction ${group}`),
      sep: '24',
      kind: 'withdrawal',
      status: 'pending_user_transfer_start',
      amount_in: { amount: amountOf(group), asset: USDC },
      amount_out: { amount: '90', asset: 'iso4217:USD' },
      withdraw_anchor_account: OBSERVED_ACCOUNT,
      memo: isHash ? Buffer.from(memo.value, 'hex').toString('base64') : memo.value,
      memo_type: memo.type,
      started_at: '2026-11-21T08:00:00Z',
      updated_at: '2026-11-21T08:05:00Z',
    }
  })
}

function paymentOf(index: number): TransactionForm {
  const group = Math.floor(index / PAYMENTS_PER_AWAITED)
  const payer = simulatedAccountId(`bench payer ${index % 1_000}`)
  const paid = (asset: string, memo?: BenchMemo): TransactionForm => ({
    source: payer,
    ...(memo === undefined ? {} : { memo }),
    operations: [{ type: 'payment', to: OBSERVED_ACCOUNT, asset, amount: amountOf(group) }],
  })
  switch (index % PAYMENTS_PER_AWAITED) {
    case 0:
      return paid(USDC, memoOf(group))
    case 1:
      return paid(EURC, memoOf(group))
    case 2:
    case 3:
    case 4:
    case 5:
      return paid(USDC, { type: 'text', value: `nobody's ${index}` })
    case 6:
    case 7:
      return paid(USDC)
    default:
      return {
        source: OBSERVED_ACCOUNT,
        operations: [{ type: 'payment', to: payer, asset: USDC, amount: '5' }],
      }
  }
}

interface BenchMemo {
  type: 'text' | 'id' | 'hash'
  /** A hash is hex. */
  value: string
}

const amountOf = (group: number) => `${100 + (group % 50)}`

/** A text, an id and a hash by turns. */
function memoOf(group: number): BenchMemo {
  const kind = group % 3
  if (kind === 0) return { type: 'text', value: `withdrawal ${group}` }
  if (kind === 1) return { type: 'id', value: String(10_000_000 + group) }
  return { type: 'hash', value: createHash('sha256').update(`bench memo ${group}`).digest('hex') }
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(`bench ${text}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
