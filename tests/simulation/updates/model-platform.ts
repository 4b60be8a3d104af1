import {
  type EmulatorState,
  findTransaction,
  isCustodyEnabled,
  saveTransaction,
} from '../../../local/platform/emulator-state.ts'
import type { HttpAnswer } from '../../../local/platform/http-answer.ts'
import { nanosecondClock } from '../../../local/platform/instants.ts'
import { answerBatch } from '../../../local/platform/rpc-endpoint.ts'
import type { StoredTransaction } from '../../../local/platform/stored-transaction.ts'
import { answerTransaction } from '../../../local/platform/transactions-endpoint.ts'

/** One update that the platform carried out. */
export interface Effect {
  rpcId: string
  transactionId: string
  atMs: number
  /** Whether the platform saved it. A custody service may have paid for an update that was not saved. */
  saved: boolean
}

/** The core of the emulator without a socket, and a record of what it did. */
export interface ModelPlatform {
  state: EmulatorState
  /** Nanoseconds since 1970. */
  clock: () => bigint
  effects: readonly Effect[]
  /** Carries out a request and answers it; with `failToPublish` it answers -32603 after it saved. */
  apply(body: string, options?: { failToPublish: boolean }): HttpAnswer
  /** Lets the custody service pay for a request that would be accepted, and saves nothing. */
  payOnly(body: string): void
  show(id: string): HttpAnswer
  find(id: string): StoredTransaction | undefined
  /** Saves what another writer read earlier, over everything that was saved since. */
  save(transaction: StoredTransaction): void
}

interface SentItem {
  id: string
  method: string
  params: { transaction_id: string; success?: boolean }
}

/** Methods for which a custody service pays. Every other method has an effect only when it is saved. */
const PAYING: ReadonlySet<string> = new Set(['do_stellar_payment', 'do_stellar_refund'])

function isPaying(body: string, config: EmulatorState['config']): boolean {
  const [item] = JSON.parse(body) as SentItem[]
  if (item === undefined || !isCustodyEnabled(config)) return false
  return PAYING.has(item.method) || (item.method === 'notify_trust_set' && !!item.params.success)
}

export function createModelPlatform(state: EmulatorState, now: () => number): ModelPlatform {
  const effects: Effect[] = []
  const clock = nanosecondClock(now)

  function record(body: string, saved: boolean): void {
    const [item] = JSON.parse(body) as SentItem[]
    if (item === undefined) return
    effects.push({ rpcId: item.id, transactionId: item.params.transaction_id, atMs: now(), saved })
  }

  return {
    state,
    clock,
    effects,
    apply: (body, { failToPublish } = { failToPublish: false }) => {
      const answer = answerBatch(body, state, {
        now: clock,
        failToPublish: () => (failToPublish ? 'Failed to publish event' : undefined),
      })
      if (answer.applied > 0) record(body, true)
      return answer
    },
    payOnly: (body) => {
      if (!isPaying(body, state.config)) return
      const copy = { ...state, transactions: new Map(state.transactions) }
      const options = { now: clock, failToPublish: () => undefined }
      if (answerBatch(body, copy, options).applied > 0) record(body, false)
    },
    show: (id) => answerTransaction(state, id),
    find: (id) => findTransaction(state, id),
    save: (transaction) => saveTransaction(state, transaction),
  }
}
