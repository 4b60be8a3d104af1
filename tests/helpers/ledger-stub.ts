import { createHash } from 'node:crypto'
import {
  LedgerError,
  type LedgerErrorCode,
  type LedgerPayment,
  type LedgerSource,
} from '../../lib/ledger/source.ts'
import { NETWORK_PASSPHRASE } from '../../lib/stellar/network.ts'

/** A ledger over an array of payments that a test may change at any time. Ledgers close every 5 s. */
export interface LedgerStub {
  source: LedgerSource
  payments: LedgerPayment[]
  head: number
  oldest: number
  pageSize: number
  networkPassphrase: string
  /** The ledgers of another era have other hashes, as after a reset. */
  era: string
  /** The error of each request from now on; null: none. */
  failing: LedgerErrorCode | null
  /** Called with the name of each request, which waits for it. */
  onRequest: (name: string) => void | Promise<void>
  closedAt(sequence: number): string
}

const FIRST_CLOSED_MS = Date.parse('2026-11-20T00:00:00Z')

export function createLedgerStub(): LedgerStub {
  const stub: LedgerStub = {
    source: undefined as unknown as LedgerSource,
    payments: [],
    head: 1_000,
    oldest: 1,
    pageSize: 2,
    networkPassphrase: NETWORK_PASSPHRASE.mainnet,
    era: 'first',
    failing: null,
    onRequest: () => {},
    closedAt: (sequence) => new Date(FIRST_CLOSED_MS + sequence * 5_000).toISOString(),
  }
  const request = async (name: string) => {
    await stub.onRequest(name)
    if (stub.failing !== null) throw new LedgerError(stub.failing, `${name} failed`)
  }
  const closed = (sequence: number) => ({
    sequence,
    closedAt: stub.closedAt(sequence),
    hash: createHash('sha256').update(`${stub.era} ${sequence}`).digest('hex'),
  })
  const unused = async () => {
    throw new Error('the observer does not ask for this')
  }
  stub.source = {
    name: 'horizon',
    aside: null,
    head: async () => {
      await request('head')
      const { oldest: oldestSequence, networkPassphrase } = stub
      return { ...closed(stub.head), oldestSequence, networkPassphrase }
    },
    ledger: async (sequence) => {
      await request('ledger')
      return sequence < stub.oldest || sequence > stub.head ? null : closed(sequence)
    },
    cursorAt: (sequence) => String(BigInt(sequence) << 32n),
    ledgerOf: (cursor) => Number(BigInt(cursor) >> 32n),
    payments: async (account, cursor) => {
      await request('payments')
      if (stub.source.ledgerOf(cursor) < stub.oldest) {
        throw new LedgerError('ledger_history_gone', 'before history')
      }
      const behind = stub.payments
        .filter(({ from, to }) => from === account || to === account)
        .filter((one) => BigInt(one.operationId) > BigInt(cursor))
        .sort((a, b) => (BigInt(a.operationId) < BigInt(b.operationId) ? -1 : 1))
      const payments = behind.slice(0, stub.pageSize)
      return {
        payments,
        cursor: payments.at(-1)?.cursor ?? cursor,
        isLast: payments.length < stub.pageSize,
      }
    },
    transaction: unused,
    account: unused,
    // An account without movements, so that its books agree.
    balances: async () => ({
      ledger: stub.head,
      closedAt: stub.closedAt(stub.head),
      isWhole: true,
      balances: [],
    }),
    movementsBehind: (sequence) => String(BigInt(sequence + 1) << 32n),
    movements: async (_account, cursor) => ({ movements: [], cursor, isLast: true }),
  }
  return stub
}

/** The id of an operation: ledger, transaction and operation in one number (SEP-35). */
export function operationId(ledger: number, transaction = 1, operation = 1): string {
  return String((BigInt(ledger) << 32n) | (BigInt(transaction) << 12n) | BigInt(operation))
}
