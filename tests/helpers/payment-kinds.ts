import type { OperationForm, TransactionForm } from '../../local/ledger/ledger-transaction.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { simulatedAccountId, simulatedContractId } from '../../local/world/simulated-keys.ts'

export const OBSERVED = simulatedAccountId('anchor 1')
export const ALSO_OBSERVED = simulatedAccountId('anchor 2')
const USER = simulatedAccountId('user')
const ISSUER = simulatedAccountId('issuer')
export const USDC = `stellar:USDC:${ISSUER}`
/** The right code of a wrong issuer. */
export const LOOKALIKE = `stellar:USDC:${USER}`
const USD = 'iso4217:USD'

/** The assets of the platform's configuration, with the digits of a stroop. */
export const PLATFORM_ASSETS = [USDC, 'stellar:native', USD].map((id) => ({
  id,
  significant_decimals: 7,
}))

/** One case of the day: transactions of the platform, payments on the ledger, and the verdict on each operation. */
export interface PaymentCase {
  kind: string
  held: StoredTransaction[]
  closed: TransactionForm[]
  /** One per operation on the ledger; null for an operation that Horizon does not list as a payment. */
  verdicts: (string | null)[]
}

/** The amount of a case. Each case has another amount, so that no sum is right by accident. */
const stroopsOf = (index: number) => 10_000_000n + BigInt(index) * 10_000_019n

function amountOf(stroops: bigint): string {
  const digits = String(stroops).padStart(8, '0')
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`
}

function awaiting(index: number, columns: Partial<StoredTransaction> = {}): StoredTransaction {
  return {
    sep: '24',
    id: `w-${index}`,
    kind: 'withdrawal',
    status: 'pending_user_transfer_start',
    request_asset_code: 'USDC',
    request_asset_issuer: ISSUER,
    amount_in: amountOf(stroopsOf(index)),
    amount_in_asset: USDC,
    amount_out: '1',
    amount_out_asset: USD,
    amount_fee: '0',
    amount_fee_asset: USDC,
    from_account: USER,
    to_account: OBSERVED,
    withdraw_anchor_account: OBSERVED,
    memo: String(index),
    memo_type: 'id',
    ...columns,
  }
}

const payment = (index: number, rest: object = {}): OperationForm =>
  ({
    type: 'payment',
    to: OBSERVED,
    asset: USDC,
    amount: amountOf(stroopsOf(index)),
    ...rest,
  }) as OperationForm

function paid(index: number, rest: Partial<TransactionForm> = {}): TransactionForm {
  return {
    source: USER,
    memo: { type: 'id', value: String(index) },
    operations: [payment(index)],
    ...rest,
  }
}

/** A call of a contract that sends the amount this many times to the account, with the memo id as a muxed id. */
const transfer = (index: number, times: number): OperationForm => ({
  type: 'invoke_host_function',
  changes: Array.from({ length: times }, () => ({
    type: 'transfer',
    from: simulatedContractId('vault'),
    to: OBSERVED,
    toMuxedId: String(index),
    asset: USDC,
    amount: amountOf(stroopsOf(index)),
  })),
})

/** A hash of 32 bytes that no other case has. */
const hashOf = (index: number) => String(index).padStart(64, 'ab')

type Kind = (index: number) => Omit<PaymentCase, 'kind'>

const credited = (held: StoredTransaction, closed: TransactionForm) => ({
  held: [held],
  closed: [closed],
  verdicts: ['credited'],
})

const refused = (
  verdict: string | null,
  rest: (index: number) => Partial<TransactionForm>,
): Kind => {
  return (index) => ({
    held: [awaiting(index)],
    closed: [paid(index, rest(index))],
    verdicts: [verdict],
  })
}

const operation = (rest: (index: number) => object) => (index: number) => ({
  operations: [payment(index, rest(index))],
})

export const PAYMENT_CASES: Readonly<Record<string, Kind>> = {
  'a payment': (index) => credited(awaiting(index), paid(index)),
  'a memo of text': (index) =>
    credited(
      awaiting(index, { memo: `Grüße ${index}`, memo_type: 'text' }),
      paid(index, { memo: { type: 'text', value: `Grüße ${index}` } }),
    ),
  'a memo that is a hash': (index) =>
    credited(
      awaiting(index, {
        memo: Buffer.from(hashOf(index), 'hex').toString('base64'),
        memo_type: 'hash',
      }),
      paid(index, { memo: { type: 'hash', value: hashOf(index) } }),
    ),
  'a muxed address': (index) => {
    const operations = [payment(index, { toMuxedId: String(index) })]
    return credited(awaiting(index), { source: USER, operations })
  },
  'a path payment with the received amount fixed': (index) => {
    const path = { type: 'path_payment_strict_receive', sourceAsset: 'stellar:native' }
    return credited(
      awaiting(index),
      paid(index, { operations: [payment(index, { ...path, sourceAmount: '400' })] }),
    )
  },
  'a path payment with the sent amount fixed': (index) => {
    const path = { type: 'path_payment_strict_send', sourceAsset: 'stellar:native' }
    return credited(
      awaiting(index),
      paid(index, { operations: [payment(index, { ...path, sourceAmount: '0.1' })] }),
    )
  },
  'a payment to the other observed account': (index) =>
    credited(
      awaiting(index, { to_account: ALSO_OBSERVED, withdraw_anchor_account: ALSO_OBSERVED }),
      paid(index, { operations: [payment(index, { to: ALSO_OBSERVED })] }),
    ),
  'a payment from one observed account to the other': (index) =>
    credited(
      awaiting(index, { to_account: ALSO_OBSERVED, withdraw_anchor_account: ALSO_OBSERVED }),
      paid(index, { source: OBSERVED, operations: [payment(index, { to: ALSO_OBSERVED })] }),
    ),
  'a payment to the wrong observed account': refused(
    'wrong_account',
    operation(() => ({ to: ALSO_OBSERVED })),
  ),
  'the same memo twice': (index) => ({
    held: [awaiting(index)],
    closed: [paid(index), paid(index, { operations: [payment(index), payment(index)] })],
    verdicts: ['credited', 'already_paid', 'already_paid'],
  }),
  'a hundred operations': (index) => ({
    held: [awaiting(index)],
    closed: [paid(index, { operations: Array.from({ length: 100 }, () => payment(index)) })],
    verdicts: Array.from({ length: 100 }, (_, place) =>
      place === 0 ? 'credited' : 'already_paid',
    ),
  }),
  'a failed payment before a successful one': (index) => ({
    held: [awaiting(index)],
    closed: [paid(index, { successful: false }), paid(index)],
    verdicts: [null, 'credited'],
  }),
  'a stroop too little': refused(
    'amount_short',
    operation((index) => ({ amount: amountOf(stroopsOf(index) - 1n) })),
  ),
  'a stroop too much': refused(
    'amount_over',
    operation((index) => ({ amount: amountOf(stroopsOf(index) + 1n) })),
  ),
  'the code of another issuer': refused(
    'wrong_asset',
    operation(() => ({ asset: LOOKALIKE })),
  ),
  'another asset': refused(
    'wrong_asset',
    operation(() => ({ asset: 'stellar:native' })),
  ),
  'the digits of the memo as text': refused('no_match', (index) => ({
    memo: { type: 'text', value: String(index) },
  })),
  'a memo of no transaction': refused('no_match', (index) => ({
    memo: { type: 'id', value: `9${index}` },
  })),
  'a return hash': refused('no_memo', (index) => ({
    memo: { type: 'return', value: hashOf(index) },
  })),
  'two transactions with one memo': (index) => ({
    held: [awaiting(index), { ...awaiting(index), id: `w-${index}-again` }],
    closed: [paid(index)],
    verdicts: ['ambiguous'],
  }),
  'no amount': (index) => ({
    held: [awaiting(index, { amount_in: undefined, amount_out: undefined, amount_fee: undefined })],
    closed: [paid(index)],
    verdicts: ['amount_unknown'],
  }),
  'a deposit with the memo': (index) => ({
    held: [awaiting(index, { kind: 'deposit', status: 'pending_anchor' })],
    closed: [paid(index)],
    verdicts: ['no_match'],
  }),
  'an outgoing payment': refused('outgoing', (index) => ({
    source: OBSERVED,
    operations: [payment(index, { to: USER })],
  })),
  'a payment to itself': refused('outgoing', () => ({ source: OBSERVED })),
  'a merged account': refused('manual_review', () => ({
    operations: [{ type: 'account_merge', into: OBSERVED, amount: '12.5' }],
  })),
  'a transfer by a contract': (index) =>
    credited(awaiting(index), { source: USER, operations: [transfer(index, 1)] }),
  'two transfers by a contract': refused('manual_review', (index) => ({
    operations: [transfer(index, 2)],
  })),
  'a claimable balance': refused('manual_review', (index) => ({
    operations: [
      {
        type: 'create_claimable_balance',
        asset: USDC,
        amount: amountOf(stroopsOf(index)),
        claimants: [OBSERVED],
      },
    ],
  })),
}

/** The stroops of a case that the platform should hear of. */
export const receivedIn = ({ verdicts }: PaymentCase, index: number): bigint =>
  verdicts.includes('credited') ? stroopsOf(index) : 0n

/** The stroops of an amount, read without the code under test. */
export function stroopsIn(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(7, '0'))
}
