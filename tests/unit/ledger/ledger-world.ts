import { readFileSync } from 'node:fs'
import type { LedgerIo } from '../../../lib/ledger/request.ts'
import { LedgerError, type LedgerPayment, type LedgerSource } from '../../../lib/ledger/source.ts'
import { createFetchUntrusted } from '../../../lib/net/fetch-untrusted.ts'
import { type Handler, type HttpsWorld, startHttpsWorld } from '../../helpers/https-world.ts'
import { operationId } from '../../helpers/ledger-stub.ts'

export const ANCHOR = 'GBP5WFVCUMSLMEEAIFPFC6ZLLLF33W5TDKXQFVFYJANWH6GHBBWGTF2J'
export const CUSTOMER = 'GA2DA2FJKKXDKVRKM2DS6LZNJEMAYMPKS5UJMOMIE5B6STIYTALB2LIA'
export const ISSUER = 'GC457CLNAUSJLWOHGRUD3VLBXKGOM3JJKKGMXPRJNR6BAJB5K3PXYX3Z'
/** The anchor's account with the id 1234567890123456789. */
export const MUXED_ANCHOR = 'MBP5WFVCUMSLMEEAIFPFC6ZLLLF33W5TDKXQFVFYJANWH6GHBBWGSEJCCD2H32MBCUIB6'

export interface OperationCase {
  name: string
  record: Record<string, unknown>
  /** Null for an operation that pays nobody. */
  expected: Partial<LedgerPayment> | null
}

type Json = Record<string, unknown>
interface WrittenCase {
  name: string
  /** Fields that differ from a payment's, or all fields of another type. */
  record?: Json
  /** Fields that the record lacks. */
  without?: string[]
  transaction?: Json
  expected?: Json | null
}

const FIXTURE = new URL('../../fixtures/ledger/horizon-operations.json', import.meta.url)
const { cases, ...base } = JSON.parse(readFileSync(FIXTURE, 'utf8'))

/** Records of operations in ledger 2000, each in a transaction of its own, with the payments that they are read as. */
export const OPERATIONS: OperationCase[] = cases.map(
  ({ name, record = {}, without = [], transaction, expected }: WrittenCase, index: number) => {
    const hash = (index + 1).toString(16).padStart(64, '0')
    const id = operationId(2000, index + 1)
    const whole: Json = {
      ...{ id, paging_token: id, transaction_hash: hash },
      ...base.record,
      ...('type' in record ? {} : base.payment),
      ...record,
      transaction: { id: hash, hash, ...base.transaction, ...transaction },
    }
    for (const field of without) delete whole[field]
    return {
      name,
      record: whole,
      expected: expected === null ? null : { ...base.expected, ...expected },
    }
  },
)

export interface LedgerWorld extends HttpsWorld {
  io: LedgerIo
  /** The waits, in milliseconds. */
  slept: number[]
}

/** Starts an HTTPS server in the place of a source, with a fetch that reaches only this server. A wait takes no time. */
export async function startLedgerWorld(hosts: Record<string, Handler> = {}): Promise<LedgerWorld> {
  const world = await startHttpsWorld(hosts)
  const { fetch, close } = createFetchUntrusted(world.policy)
  const slept: number[] = []
  const io: LedgerIo = {
    fetch,
    sleep: async (ms) => {
      slept.push(ms)
    },
    now: () => new Date('2026-11-21T12:00:00Z'),
  }
  const closeServer = world.close
  return Object.assign(world, {
    io,
    slept,
    close: async () => {
      await close()
      await closeServer()
    },
  })
}

/** Follows the pages of an account from a cursor to the last one. */
export async function readToEnd(source: LedgerSource, account: string, from: string) {
  const operationIds: string[] = []
  const lasts: boolean[] = []
  let cursor = from
  while (lasts.at(-1) !== true) {
    const page = await source.payments(account, cursor)
    operationIds.push(...page.payments.map(({ operationId }) => operationId))
    lasts.push(page.isLast)
    cursor = page.cursor
  }
  return { operationIds, lasts, cursor }
}

/** The LedgerError that `run` throws. Another outcome fails the test. */
export async function ledgerError(run: () => Promise<unknown>): Promise<LedgerError> {
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => new Error('nothing was thrown'),
      (reason: unknown) => reason,
    )
  if (!(error instanceof LedgerError)) throw error
  return error
}
