import type { TransactionForm } from '../../local/ledger/ledger-transaction.ts'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'

/** The busy minute: 20 accounts that share 10,000 open transactions, of which 1,000 are paid a minute. */
export const ACCOUNTS = Array.from({ length: 20 }, (_, place) =>
  simulatedAccountId(`busy observed ${place}`),
)
const OPEN = 10_000
export const PAID_A_MINUTE = 1_000
/** Ledgers close every 5 s. */
const LEDGERS_A_MINUTE = 12
/** The emulator knows this asset. */
const ISSUER = 'GDQOE23CFSUMSVQK4Y5JHPPYK73VYCNHZHA7ENKCV37P6SUEO6XQBKPP'
const USDC = `stellar:USDC:${ISSUER}`
const AMOUNT = '100'
/** It has no common divisor with the numbers of transactions, so payments are for transactions all over the list. */
const STRIDE = 7_919

const accountOf = (index: number) => ACCOUNTS[index % ACCOUNTS.length] ?? ''
const memoOf = (index: number) => String(10_000_000 + index)

/** So many transactions that 10,000 still wait after the last minute. */
const openOf = (minutes: number) => OPEN + minutes * PAID_A_MINUTE

/** Withdrawals that wait for a payment, as the emulator stores them. */
export function busyTransactions(minutes: number): NonNullable<StateForm['transactions']> {
  return Array.from({ length: openOf(minutes) }, (_, index) => ({
    sep: '24' as const,
    id: `busy-${index}`,
    kind: 'withdrawal',
    status: 'pending_user_transfer_start',
    started_at: new Date(Date.parse('2026-11-21T08:00:00Z') + index * 1_000).toISOString(),
    updated_at: '2026-11-22T08:05:00Z',
    request_asset_code: 'USDC',
    request_asset_issuer: ISSUER,
    amount_in: AMOUNT,
    amount_in_asset: USDC,
    amount_expected: AMOUNT,
    amount_out: '99',
    amount_out_asset: 'iso4217:USD',
    amount_fee: '1',
    amount_fee_asset: USDC,
    withdraw_anchor_account: accountOf(index),
    memo: memoOf(index),
    memo_type: 'id',
  }))
}

/** The payments of one minute in their ledgers. Each is for another transaction. */
export function paymentsOf(minute: number, minutes: number): TransactionForm[][] {
  const total = openOf(minutes)
  const paid = Array.from({ length: PAID_A_MINUTE }, (_, place): TransactionForm => {
    const index = ((minute * PAID_A_MINUTE + place) * STRIDE) % total
    return {
      source: simulatedAccountId(`bench payer ${place}`),
      memo: { type: 'id', value: memoOf(index) },
      operations: [{ type: 'payment', to: accountOf(index), asset: USDC, amount: AMOUNT }],
    }
  })
  return Array.from({ length: LEDGERS_A_MINUTE }, (_, ledger) =>
    paid.filter((_payment, place) => place % LEDGERS_A_MINUTE === ledger),
  )
}
