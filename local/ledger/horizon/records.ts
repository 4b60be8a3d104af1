import { formatAmount } from '../../../lib/stellar/amount.ts'
import { simulatedMuxedAddress } from '../../world/simulated-keys.ts'
import { assetIn, stroopsOf } from '../input.ts'
import type {
  BalanceChange,
  ClosedOperation,
  ClosedTransaction,
  SimulatedMemo,
} from '../ledger-transaction.ts'
import type { AccountForm, LedgerHeader, LiveBalance } from '../simulated-ledger.ts'

const ZERO = '0.0000000'
const MAX_LIMIT = '922337203685.4775807'

/** Horizon's numbers of the operation types. */
const TYPE_NUMBER = {
  create_account: 0,
  payment: 1,
  path_payment_strict_receive: 2,
  manage_sell_offer: 3,
  account_merge: 8,
  path_payment_strict_send: 13,
  create_claimable_balance: 14,
  claim_claimable_balance: 15,
  clawback: 19,
  invoke_host_function: 24,
} as const

/** A time in Horizon's form, without milliseconds. */
export const timeOf = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z')

/** An amount in Horizon's form, always with seven digits after the point. */
export function horizonAmount(amount: string): string {
  const [whole, fraction = ''] = formatAmount(stroopsOf(amount)).split('.')
  return `${whole}.${fraction.padEnd(7, '0')}`
}

export function assetFields(asset: string, prefix = ''): Record<string, string> {
  const parsed = assetIn(asset)
  if (parsed.kind !== 'issued') return { [`${prefix}asset_type`]: 'native' }
  return {
    [`${prefix}asset_type`]: parsed.code.length <= 4 ? 'credit_alphanum4' : 'credit_alphanum12',
    [`${prefix}asset_code`]: parsed.code,
    [`${prefix}asset_issuer`]: parsed.issuer,
  }
}

function accountFields(name: string, account: string, muxedId?: string): Record<string, string> {
  if (muxedId === undefined) return { [name]: account }
  return {
    [name]: account,
    [`${name}_muxed`]: simulatedMuxedAddress(account, muxedId),
    [`${name}_muxed_id`]: muxedId,
  }
}

/** The muxed id of an operation's source. An operation with a source of its own has none here. */
const payerId = (source: string, transaction: ClosedTransaction): string | undefined =>
  source === transaction.source ? transaction.sourceMuxedId : undefined

/** The fields of an operation that depend on its type. A failed operation has the amount 0 in place of its result. */
function details({ form, source, transaction }: ClosedOperation): object {
  const payer = (name: string) => accountFields(name, source, payerId(source, transaction))
  const result = (amount: string) => (transaction.successful ? horizonAmount(amount) : ZERO)
  switch (form.type) {
    case 'payment':
      return {
        ...assetFields(form.asset),
        ...payer('from'),
        ...accountFields('to', form.to, form.toMuxedId),
        amount: horizonAmount(form.amount),
      }
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send': {
      const isSend = form.type === 'path_payment_strict_send'
      return {
        ...assetFields(form.asset),
        ...payer('from'),
        ...accountFields('to', form.to, form.toMuxedId),
        amount: isSend ? result(form.amount) : horizonAmount(form.amount),
        path: [],
        source_amount: isSend ? horizonAmount(form.sourceAmount) : result(form.sourceAmount),
        ...(isSend
          ? { destination_min: horizonAmount(form.amount) }
          : { source_max: horizonAmount(form.sourceAmount) }),
        ...assetFields(form.sourceAsset, 'source_'),
      }
    }
    case 'manage_sell_offer':
      return {
        amount: horizonAmount(form.sold),
        price: '1.0000000',
        price_r: { n: 1, d: 1 },
        ...assetFields(form.selling, 'selling_'),
        ...assetFields(form.buying, 'buying_'),
        offer_id: '0',
      }
    case 'create_account':
      return {
        starting_balance: horizonAmount(form.startingBalance),
        ...payer('funder'),
        account: form.account,
      }
    case 'account_merge':
      return { ...payer('account'), ...accountFields('into', form.into, form.intoMuxedId) }
    case 'create_claimable_balance':
      return {
        asset: form.asset.replace(/^stellar:/, ''),
        amount: horizonAmount(form.amount),
        claimants: form.claimants.map((destination) => ({
          destination,
          predicate: { unconditional: true },
        })),
      }
    case 'claim_claimable_balance':
      return { balance_id: form.balanceId, claimant: source }
    case 'clawback':
      return { ...assetFields(form.asset), from: form.from, amount: horizonAmount(form.amount) }
    case 'invoke_host_function':
      return {
        function: 'HostFunctionTypeHostFunctionTypeInvokeContract',
        parameters: [],
        address: '',
        salt: '',
        asset_balance_changes: transaction.successful ? form.changes.map(balanceChange) : [],
      }
  }
}

function balanceChange(change: BalanceChange): object {
  const { type, from, to } = change
  return {
    ...assetFields(change.asset),
    type,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    amount: horizonAmount(change.amount),
    ...destinationFields(change),
  }
}

function destinationFields({ toMuxedId, carried }: BalanceChange): object {
  const [type, id] =
    toMuxedId !== undefined ? ['uint64', toMuxedId] : (Object.entries(carried ?? {})[0] ?? [])
  return id === undefined ? {} : { destination_muxed_id_type: type, destination_muxed_id: id }
}

/** The record of an operation. @param joined whether the record contains its transaction */
export function operationRecord(
  baseUrl: string,
  operation: ClosedOperation,
  joined: boolean,
): Record<string, unknown> {
  const { id, source, form, transaction } = operation
  const self = `${baseUrl}/operations/${id}`
  return {
    _links: {
      self: { href: self },
      transaction: { href: `${baseUrl}/transactions/${transaction.hash}` },
      effects: { href: `${self}/effects` },
      succeeds: { href: `${baseUrl}/effects?order=desc&cursor=${id}` },
      precedes: { href: `${baseUrl}/effects?order=asc&cursor=${id}` },
    },
    id: String(id),
    paging_token: String(id),
    transaction_successful: transaction.successful,
    ...accountFields('source_account', source, payerId(source, transaction)),
    type: form.type,
    type_i: TYPE_NUMBER[form.type],
    created_at: timeOf(transaction.closedAt),
    transaction_hash: transaction.hash,
    ...(joined ? { transaction: transactionRecord(baseUrl, transaction) } : {}),
    ...details(operation),
  }
}

/** The record of a transaction, without its XDR. */
export function transactionRecord(
  baseUrl: string,
  transaction: ClosedTransaction,
): Record<string, unknown> {
  const { hash, id, operations, source, feeAccount } = transaction
  const fee = String(transaction.fee)
  return {
    ...memoFields(transaction.memo),
    _links: {
      self: { href: `${baseUrl}/transactions/${hash}` },
      account: { href: `${baseUrl}/accounts/${source}` },
      ledger: { href: `${baseUrl}/ledgers/${transaction.ledger}` },
      transaction: { href: `${baseUrl}/transactions/${hash}` },
    },
    id: hash,
    paging_token: String(id),
    successful: transaction.successful,
    hash,
    ledger: transaction.ledger,
    created_at: timeOf(transaction.closedAt),
    source_account: source,
    source_account_sequence: String(id),
    fee_account: feeAccount,
    fee_charged: fee,
    max_fee: fee,
    operation_count: operations.length,
    signatures: [],
  }
}

/** In `memo`, replacement characters stand for bytes that are not UTF-8. `memo_bytes` has the bytes themselves. */
function memoFields(memo: SimulatedMemo | null): object {
  if (memo === null) return { memo_type: 'none' }
  const { type } = memo
  if (type === 'id') return { memo: memo.value, memo_type: type }
  if (type !== 'text') {
    return { memo: Buffer.from(memo.value, 'hex').toString('base64'), memo_type: type }
  }
  const bytes = Buffer.from(memo.value)
  return { memo: bytes.toString('utf8'), memo_bytes: bytes.toString('base64'), memo_type: type }
}

/** The record of a closed ledger. */
export function ledgerRecord(baseUrl: string, ledger: LedgerHeader): Record<string, unknown> {
  const { sequence, hash, transactions } = ledger
  const successful = transactions.filter((one) => one.successful)
  return {
    _links: { self: { href: `${baseUrl}/ledgers/${sequence}` } },
    id: hash,
    paging_token: String(BigInt(sequence) << 32n),
    hash,
    prev_hash: ledger.previousHash,
    sequence,
    successful_transaction_count: successful.length,
    failed_transaction_count: transactions.length - successful.length,
    operation_count: successful.flatMap((one) => one.operations).length,
    closed_at: timeOf(ledger.closedAt),
    total_coins: '50001806812.1597300',
    fee_pool: '4531274.6187482',
    base_fee_in_stroops: 100,
    base_reserve_in_stroops: 5_000_000,
    max_tx_set_size: 1000,
    protocol_version: 23,
  }
}

/** The record of an account, with the native balance last. */
export function accountRecord(
  baseUrl: string,
  account: AccountForm,
  live: readonly LiveBalance[] | null,
): Record<string, unknown> {
  const liveOf = (asset: string) => live?.find((one) => one.asset === asset)
  const native = liveOf('stellar:native')
  const noFlags = {
    auth_required: false,
    auth_revocable: false,
    auth_immutable: false,
    auth_clawback_enabled: false,
  }
  const liabilities = { buying_liabilities: ZERO, selling_liabilities: ZERO }
  return {
    _links: { self: { href: `${baseUrl}/accounts/${account.id}` } },
    id: account.id,
    account_id: account.id,
    sequence: '120192344791187470',
    subentry_count: account.trustlines.length,
    last_modified_ledger: native?.modified ?? 1,
    num_sponsoring: 0,
    num_sponsored: 0,
    thresholds: { low_threshold: 0, med_threshold: 0, high_threshold: 0 },
    flags: noFlags,
    balances: [
      ...account.trustlines.map(({ asset, balance = '0', limit, isAuthorized = true }) => ({
        balance: horizonAmount(formatAmount(liveOf(asset)?.stroops ?? stroopsOf(balance))),
        limit: limit === undefined ? MAX_LIMIT : horizonAmount(limit),
        ...liabilities,
        last_modified_ledger: liveOf(asset)?.modified ?? 1,
        is_authorized: isAuthorized,
        is_authorized_to_maintain_liabilities: true,
        ...assetFields(asset),
      })),
      {
        balance: horizonAmount(formatAmount(native?.stroops ?? stroopsOf('10000'))),
        ...liabilities,
        asset_type: 'native',
      },
    ],
    signers: [{ weight: 1, key: account.id, type: 'ed25519_public_key' }],
    data: {},
    paging_token: account.id,
  }
}
