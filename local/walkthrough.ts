import { createHash } from 'node:crypto'
import { SIMULATED_PAYER } from './ledger/control-endpoint.ts'
import type { OperationForm, SimulatedMemo, TransactionForm } from './ledger/ledger-transaction.ts'
import type { AccountForm } from './ledger/simulated-ledger.ts'
import { DISTRIBUTION_ACCOUNT, type StateForm } from './platform/emulator-state.ts'
import type { StoredTransaction } from './platform/stored-transaction.ts'
import { simulatedAccountId } from './world/simulated-keys.ts'

/** One update, and the status after it. */
interface WalkthroughStep {
  method: string
  params: Record<string, unknown>
  status: string
}

/** An `incomplete` transaction, and the updates that complete it. */
export interface WalkthroughCase {
  title: string
  id: string
  kind: 'deposit' | 'withdrawal'
  steps: WalkthroughStep[]
  /** The user's payment after the steps; null if a step reports the payment. */
  payment: WalkthroughPayment | null
}

/** The body of `POST /_ledger/payments`. */
interface WalkthroughPayment {
  to: string
  asset: string
  amount: string
  memo: string
  memo_type: 'hash'
}

const NAMES = ['deposit', 'withdrawal', 'refund', 'recovery', 'observed', 'mistaken'] as const
const DOLLARS = 'iso4217:USD'
const LUMENS = 'stellar:native'
const USER = SIMULATED_PAYER
const ANCHOR = DISTRIBUTION_ACCOUNT
/** The asset that a user sends by mistake instead of lumens. */
const DOLLAR_TOKEN = `stellar:USDC:${simulatedAccountId('issuer of the walkthrough')}`
const MEMO_BYTES = 32

/** The six cases. */
export function walkthroughCases(): WalkthroughCase[] {
  const [deposit, withdrawal, refund, recovery, observed, mistaken] = NAMES.map(
    (name) => `${name}-1` as const,
  ) as [string, string, string, string, string, string]
  return [
    {
      title: 'A deposit of 100 USD',
      id: deposit,
      kind: 'deposit',
      steps: [
        ...dollarsReceived(deposit),
        step('notify_onchain_funds_sent', 'completed', { stellar_transaction_id: hashOf(deposit) }),
      ],
      payment: null,
    },
    {
      title: 'A withdrawal of 400 XLM',
      id: withdrawal,
      kind: 'withdrawal',
      steps: [...lumensReceived(withdrawal), dollarsSent(withdrawal)],
      payment: null,
    },
    {
      title: 'A deposit that is paid back',
      id: refund,
      kind: 'deposit',
      steps: [
        ...dollarsReceived(refund),
        step('notify_refund_pending', 'pending_external', refundOf(refund)),
        step('notify_refund_sent', 'refunded', refundOf(refund)),
      ],
      payment: null,
    },
    {
      title: 'A withdrawal with an error and its recovery',
      id: recovery,
      kind: 'withdrawal',
      steps: [
        ...lumensReceived(recovery),
        step('notify_transaction_error', 'error', { message: 'The bank is closed' }),
        step('notify_transaction_recovery', 'pending_anchor', { message: 'The bank is open' }),
        dollarsSent(recovery),
      ],
      payment: null,
    },
    {
      title: 'A withdrawal that the observer credits',
      id: observed,
      kind: 'withdrawal',
      steps: lumensRequested(),
      payment: paymentFor(observed, LUMENS),
    },
    {
      title: 'A withdrawal paid in the wrong asset',
      id: mistaken,
      kind: 'withdrawal',
      steps: lumensRequested(),
      payment: paymentFor(mistaken, DOLLAR_TOKEN),
    },
  ]
}

const step = (
  method: string,
  status: string,
  params: Record<string, unknown> = {},
): WalkthroughStep => ({ method, params, status })

function dollarsReceived(id: string): WalkthroughStep[] {
  return [
    step('notify_interactive_flow_completed', 'pending_anchor', {
      amount_in: { amount: '100', asset: DOLLARS },
      amount_out: { amount: '392', asset: LUMENS },
      amount_fee: { amount: '2', asset: DOLLARS },
    }),
    step('request_offchain_funds', 'pending_user_transfer_start'),
    step('notify_offchain_funds_received', 'pending_anchor', {
      amount_in: { amount: '100' },
      external_transaction_id: `bank-${id}`,
    }),
  ]
}

function lumensRequested(): WalkthroughStep[] {
  return [
    step('notify_interactive_flow_completed', 'pending_anchor', {
      amount_in: { amount: '400', asset: LUMENS },
      amount_out: { amount: '98', asset: DOLLARS },
      amount_fee: { amount: '8', asset: LUMENS },
    }),
    step('request_onchain_funds', 'pending_user_transfer_start'),
  ]
}

function lumensReceived(id: string): WalkthroughStep[] {
  return [
    ...lumensRequested(),
    step('notify_onchain_funds_received', 'pending_anchor', {
      stellar_transaction_id: hashOf(id),
      amount_in: { amount: '400' },
    }),
  ]
}

const dollarsSent = (id: string): WalkthroughStep =>
  step('notify_offchain_funds_sent', 'completed', { external_transaction_id: `bank-${id}` })

const refundOf = (id: string) => ({
  refund: {
    id: `bank-${id}`,
    amount: { amount: '99', asset: DOLLARS },
    amount_fee: { amount: '1', asset: DOLLARS },
  },
})

/** The hash of the Stellar transaction that pays for a case. */
const hashOf = (id: string): string =>
  createHash('sha256').update(`walkthrough ${id}`).digest('hex')

/** The platform's transactions before the first step. */
export function walkthroughState(
  cases: readonly WalkthroughCase[],
  now: Date,
): Pick<StateForm, 'transactions'> {
  const at = now.toISOString()
  return {
    transactions: cases.map(({ id, kind }) => ({
      sep: '24',
      id,
      kind,
      status: 'incomplete',
      started_at: at,
      request_asset_code: 'native',
      sep10_account: USER,
      ...(kind === 'deposit' ? { to_account: USER } : { from_account: USER, to_account: ANCHOR }),
    })),
  }
}

/** A transaction, and the update on it that another program undoes during the start. */
export interface WalkthroughUndone {
  transaction: StoredTransaction
  method: string
  params: Record<string, unknown>
}

/** The seventh case: a report that 100 USD arrived, over which another program writes. */
export function walkthroughUndone(now: Date): WalkthroughUndone {
  const id = 'undone-1'
  const at = now.toISOString()
  return {
    transaction: {
      sep: '24',
      id,
      kind: 'deposit',
      status: 'pending_user_transfer_start',
      started_at: at,
      updated_at: at,
      request_asset_code: 'native',
      sep10_account: USER,
      to_account: USER,
      amount_in: '100',
      amount_in_asset: DOLLARS,
      amount_out: '392',
      amount_out_asset: LUMENS,
      amount_fee: '2',
      amount_fee_asset: DOLLARS,
    },
    method: 'notify_offchain_funds_received',
    params: { amount_in: { amount: '100' }, external_transaction_id: `bank-${id}` },
  }
}

/** Whether an id is that of a seventh transaction, of this start or of an earlier one. */
export const isUndoneId = (id: string): boolean => /^undone-\d{1,6}$/.test(id)

/** The accounts on the ledger. Both have a trustline for the wrong asset too. What they pay moves their balances. */
export const WALKTHROUGH_ACCOUNTS: readonly AccountForm[] = [USER, ANCHOR].map((id) => ({
  id,
  balance: '100000',
  trustlines: [{ asset: DOLLAR_TOKEN, balance: '1000' }],
}))

/** The payments that the steps report. They are on the ledger before the first step. */
export function walkthroughPayments(cases: readonly WalkthroughCase[]): TransactionForm[] {
  return cases
    .filter(({ payment }) => payment === null)
    .map(({ id, kind }) => ({
      hash: hashOf(id),
      ...(kind === 'deposit'
        ? { source: ANCHOR, operations: [lumens(USER, '392')] }
        : { source: USER, memo: hashMemo(id), operations: [lumens(ANCHOR, '400')] }),
    }))
}

/** A payment of the user whose memo no transaction has. It is open money from the first run of the observer on. */
export const UNEXPECTED_PAYMENT: TransactionForm = {
  source: USER,
  memo: { type: 'text', value: 'a typing error' },
  operations: [{ type: 'payment', to: ANCHOR, asset: LUMENS, amount: '25' }],
}

const lumens = (to: string, amount: string): OperationForm => ({
  type: 'payment',
  to,
  asset: LUMENS,
  amount,
})

/** The hash memo that the platform makes for a withdrawal, in bytes: its id, padded with zeros in front. */
const memoBytes = (id: string): Buffer => Buffer.from(id.padStart(MEMO_BYTES, '0'))

const hashMemo = (id: string): SimulatedMemo => ({
  type: 'hash',
  value: memoBytes(id).toString('hex'),
})

function paymentFor(id: string, asset: string): WalkthroughPayment {
  const memo = memoBytes(id).toString('base64')
  return { to: ANCHOR, asset, amount: '400', memo, memo_type: 'hash' }
}
