import { readFileSync } from 'node:fs'
import type { LedgerIo } from '../../../lib/ledger/request.ts'
import { LedgerError, type LedgerPayment } from '../../../lib/ledger/source.ts'
import { createFetchUntrusted } from '../../../lib/net/fetch-untrusted.ts'
import { type Handler, type HttpsWorld, startHttpsWorld } from '../../helpers/https-world.ts'

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

const FIXTURE = new URL('../../fixtures/ledger/horizon-operations.json', import.meta.url)

export const OPERATIONS: OperationCase[] = JSON.parse(readFileSync(FIXTURE, 'utf8'))

export interface LedgerWorld extends HttpsWorld {
  io: LedgerIo
  /** What was slept, in milliseconds. */
  slept: number[]
}

/** An HTTPS server that plays the source, and a fetch that reaches nothing else; sleeping takes no time. */
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

/** The LedgerError that something ends in. */
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
