import { createHash } from 'node:crypto'
import { NETWORK_PASSPHRASE } from '../../lib/stellar/network.ts'
import { changesOf } from './balances.ts'
import { stroopsOf } from './input.ts'
import {
  balanceHash,
  type ClosedOperation,
  type ClosedTransaction,
  checkTransaction,
  participantsIn,
  type TransactionForm,
} from './ledger-transaction.ts'

const GENESIS = new Date('2026-01-01T00:00:00Z')
const CLOSE_SECONDS = 5

export interface TrustlineForm {
  /** SEP-38 form. */
  asset: string
  balance?: string
  limit?: string
  isAuthorized?: boolean
}

export interface AccountForm {
  id: string
  trustlines: TrustlineForm[]
  /** The native balance. With it, transactions move the balances of the account; without it they stay. */
  balance?: string
}

/** A balance of an account, and the ledger in which it changed last. */
export interface LiveBalance {
  /** SEP-38 form. */
  asset: string
  stroops: bigint
  modified: number
}

export interface LedgerHeader {
  sequence: number
  hash: string
  previousHash: string
  closedAt: Date
  transactions: readonly ClosedTransaction[]
}

interface OperationRange {
  /** The range has the operations with a greater id (`asc`) or a smaller one (`desc`). */
  cursor: bigint
  order: 'asc' | 'desc'
  limit: number
  isWanted: (operation: ClosedOperation) => boolean
}

/** The ledger of one network in memory. Transactions change the balances of accounts that were set with one. */
export interface SimulatedLedger {
  readonly passphrase: string
  /** Closes one ledger with these transactions and returns them. @throws Error for a transaction that no ledger would take */
  close: (transactions: readonly TransactionForm[]) => ClosedTransaction[]
  /** Closes this many empty ledgers. */
  advance: (count: number) => void
  /** Drops all ledgers before this one, as a server with a short history does. */
  trim: (oldestSequence: number) => void
  /** Starts again at ledger 1 with other hashes, as the test network does. */
  reset: () => void
  setAccount: (account: AccountForm) => void
  latestSequence: () => number
  oldestSequence: () => number
  /** Null for a ledger that is not closed yet or was dropped. */
  header: (sequence: number) => LedgerHeader | null
  transaction: (hash: string) => ClosedTransaction | null
  /** The transactions of the ledgers from `first` up to, not including, `end`, in the order of the ledger. */
  transactionsBetween: (first: number, end: number) => ClosedTransaction[]
  account: (id: string) => AccountForm | null
  /** The balances of an account that transactions move, the native one first; null for every other account. */
  balancesOf: (id: string) => LiveBalance[] | null
  /** The transactions in which the account took part, or that changed a balance of it. */
  transactionsOf: (id: string) => ClosedTransaction[]
  operation: (id: bigint) => ClosedOperation | null
  /** Whether the ledger still has an operation in which the account took part. */
  hasHistory: (id: string) => boolean
  operationsOf: (id: string, range: OperationRange) => ClosedOperation[]
  /** The operations that made the balances that an account may claim. A balance outlives its part of the history. */
  claimableBalancesOf: (claimant: string) => ClosedOperation[]
  /** The operations that made a balance, by its id or its hash. Empty when their ledger was dropped. */
  operationsOfBalance: (balanceId: string) => ClosedOperation[]
}

export interface LedgerOptions {
  passphrase?: string
  /** With a clock, a ledger closes every `closeSeconds`. Without a clock, only `close` and `advance` close ledgers. */
  now?: () => Date
  /** When ledger 1 closed. */
  genesis?: Date
  closeSeconds?: number
}

interface Holdings {
  epoch: number
  genesis: number
  latest: number
  oldest: number
  ledgers: Map<number, ClosedTransaction[]>
  transactions: Map<string, ClosedTransaction>
  operations: Map<string, ClosedOperation[]>
  accounts: Map<string, AccountForm>
  balances: Map<string, Map<string, LiveBalance>>
  /** The operations that made balances which nobody claimed, by the hash of the balance. */
  unclaimed: Map<string, ClosedOperation>
}

/**
 * A simulated ledger that starts with ledger 1. Hashes of transactions follow from the passphrase, the number of resets and
 * the content. The hash of a ledger does not depend on its content, so it is the same after a restart of the process.
 */
export function createSimulatedLedger(options: LedgerOptions = {}): SimulatedLedger {
  const { passphrase = NETWORK_PASSPHRASE.mainnet, now, closeSeconds = CLOSE_SECONDS } = options
  const closeMs = closeSeconds * 1000
  let held = emptyHoldings(0, (options.genesis ?? GENESIS).getTime())

  const digest = (text: string) =>
    createHash('sha256').update(`${passphrase} ${held.epoch} ${text}`).digest('hex')
  const closedAt = (sequence: number) => new Date(held.genesis + (sequence - 1) * closeMs)
  const latestSequence = () => {
    if (now === undefined) return held.latest
    const due = Math.floor((now().getTime() - held.genesis) / closeMs) + 1
    return Math.max(held.latest, due)
  }
  const append = (form: TransactionForm, sequence: number, order: number): ClosedTransaction => {
    checkTransaction(form)
    const id = (BigInt(sequence) << 32n) | (BigInt(order) << 12n)
    const hash = form.hash ?? digest(`transaction ${id} ${JSON.stringify(form)}`)
    if (held.transactions.has(hash))
      throw new Error(`Transaction refused: ${hash} is on the ledger`)
    const transaction: ClosedTransaction = {
      id,
      hash,
      ledger: sequence,
      closedAt: closedAt(sequence),
      source: form.source,
      sourceMuxedId: form.sourceMuxedId,
      successful: form.successful ?? true,
      fee: BigInt(form.fee ?? 100 * form.operations.length),
      feeAccount: form.feeAccount ?? form.source,
      memo: form.memo ?? null,
      operations: [],
    }
    for (const [index, operation] of form.operations.entries()) {
      const closed: ClosedOperation = {
        id: id | BigInt(index + 1),
        source: operation.source ?? form.source,
        form: operation,
        transaction,
      }
      transaction.operations.push(closed)
      for (const account of participantsIn(closed)) {
        const known = held.operations.get(account)
        if (known === undefined) held.operations.set(account, [closed])
        else known.push(closed)
      }
      if (transaction.successful) openAndClose(held, closed)
    }
    held.transactions.set(hash, transaction)
    moveBalances(held, transaction)
    return transaction
  }

  const operation = (id: bigint): ClosedOperation | null => {
    const all = [...held.transactions.values()].flatMap(({ operations }) => operations)
    return all.find((one) => one.id === id) ?? null
  }

  return {
    passphrase,
    close: (forms) => {
      const sequence = latestSequence() + 1
      const transactions = forms.map((form, index) => append(form, sequence, index + 1))
      held.latest = sequence
      if (transactions.length > 0) held.ledgers.set(sequence, transactions)
      return transactions
    },
    advance: (count) => {
      held.latest = latestSequence() + count
    },
    trim: (oldestSequence) => {
      held.oldest = Math.max(held.oldest, Math.min(oldestSequence, latestSequence()))
      forgetBefore(held)
    },
    reset: () => {
      held = emptyHoldings(held.epoch + 1, now === undefined ? held.genesis : now().getTime())
    },
    setAccount: (account) => {
      held.accounts.set(account.id, account)
      setBalances(held, account, latestSequence())
    },
    latestSequence,
    oldestSequence: () => held.oldest,
    header: (sequence) => {
      if (sequence < held.oldest || sequence > latestSequence()) return null
      return {
        sequence,
        hash: digest(`ledger ${sequence}`),
        previousHash: digest(`ledger ${sequence - 1}`),
        closedAt: closedAt(sequence),
        transactions: held.ledgers.get(sequence) ?? [],
      }
    },
    transaction: (hash) => held.transactions.get(hash) ?? null,
    transactionsBetween: (first, end) =>
      [...held.ledgers].flatMap(([sequence, transactions]) =>
        sequence >= first && sequence < end ? transactions : [],
      ),
    account: (id) => held.accounts.get(id) ?? null,
    balancesOf: (id) => {
      const balances = held.balances.get(id)
      return balances === undefined ? null : [...balances.values()]
    },
    transactionsOf: (id) =>
      [...held.transactions.values()].filter(
        (one) =>
          one.source === id ||
          changesOf(one).some(({ account }) => account === id) ||
          one.operations.some((operation) => participantsIn(operation).has(id)),
      ),
    operation,
    hasHistory: (id) => held.operations.has(id),
    operationsOf: (id, range) => select(held.operations.get(id) ?? [], range),
    claimableBalancesOf: (claimant) =>
      [...held.unclaimed.values()].filter(
        ({ form }) => form.type === 'create_claimable_balance' && form.claimants.includes(claimant),
      ),
    operationsOfBalance: (balanceId) => {
      const making = held.unclaimed.get(balanceId.slice(-64))
      return making === undefined || operation(making.id) === null ? [] : [making]
    },
  }
}

const emptyHoldings = (epoch: number, genesis: number): Holdings => ({
  epoch,
  genesis,
  latest: 1,
  oldest: 1,
  ledgers: new Map(),
  transactions: new Map(),
  operations: new Map(),
  accounts: new Map(),
  balances: new Map(),
  unclaimed: new Map(),
})

function setBalances({ balances }: Holdings, account: AccountForm, modified: number): void {
  if (account.balance === undefined) {
    balances.delete(account.id)
    return
  }
  const lines = [{ asset: 'stellar:native', balance: account.balance }, ...account.trustlines]
  const live = lines.map(({ asset, balance = '0' }): [string, LiveBalance] => [
    asset,
    { asset, stroops: stroopsOf(balance), modified },
  ])
  balances.set(account.id, new Map(live))
}

/** @throws Error when a balance falls below 0, or an account without a trustline receives its asset */
function moveBalances({ balances }: Holdings, transaction: ClosedTransaction): void {
  for (const { account, asset, stroops } of changesOf(transaction)) {
    const live = balances.get(account)
    if (live === undefined) continue
    const balance = live.get(asset)
    if (balance === undefined || balance.stroops + stroops < 0n) {
      throw new Error(`Transaction refused: ${account} cannot move ${stroops} stroops of ${asset}`)
    }
    live.set(asset, { asset, stroops: balance.stroops + stroops, modified: transaction.ledger })
  }
}

function openAndClose({ accounts, unclaimed }: Holdings, operation: ClosedOperation): void {
  const { form, source } = operation
  if (form.type === 'create_claimable_balance') unclaimed.set(balanceHash(operation.id), operation)
  if (form.type === 'claim_claimable_balance') unclaimed.delete(form.balanceId.slice(-64))
  if (form.type === 'create_account') {
    accounts.set(form.account, { id: form.account, trustlines: [] })
  }
  if (form.type === 'account_merge') accounts.delete(source)
}

function forgetBefore({ oldest, ledgers, transactions, operations }: Holdings): void {
  for (const sequence of ledgers.keys()) if (sequence < oldest) ledgers.delete(sequence)
  for (const { hash, ledger } of transactions.values()) {
    if (ledger < oldest) transactions.delete(hash)
  }
  for (const [account, known] of operations) {
    const kept = known.filter(({ transaction }) => transaction.ledger >= oldest)
    if (kept.length === 0) operations.delete(account)
    else operations.set(account, kept)
  }
}

function select(
  operations: readonly ClosedOperation[],
  { cursor, order, limit, isWanted }: OperationRange,
): ClosedOperation[] {
  const found: ClosedOperation[] = []
  const step = order === 'asc' ? 1 : -1
  let index =
    order === 'asc' ? firstAbove(operations, cursor) : firstAbove(operations, cursor - 1n) - 1
  for (; found.length < limit; index += step) {
    const operation = operations[index]
    if (operation === undefined) break
    if (isWanted(operation)) found.push(operation)
  }
  return found
}

/** The index of the first operation with a greater id, by binary search: operations are in the order of their ids. */
function firstAbove(operations: readonly ClosedOperation[], id: bigint): number {
  let low = 0
  let high = operations.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((operations[middle]?.id ?? 0n) > id) high = middle
    else low = middle + 1
  }
  return low
}
