import {
  type EmulatorState,
  findTransaction,
  isCustodyEnabled,
  restoreTransaction,
  saveTransaction,
} from '../../../local/platform/emulator-state.ts'
import type { HttpAnswer } from '../../../local/platform/http-answer.ts'
import { nanosecondClock } from '../../../local/platform/instants.ts'
import { rulesOf } from '../../../local/platform/releases.ts'
import { answerBatch } from '../../../local/platform/rpc-endpoint.ts'
import type { StoredTransaction } from '../../../local/platform/stored-transaction.ts'
import type { TransactionView } from '../../../local/platform/transaction-view.ts'
import { answerTransaction } from '../../../local/platform/transactions-endpoint.ts'

/** One update that the platform carried out. */
export interface Effect {
  rpcId: string
  transactionId: string
  atMs: number
  /** Whether the platform saved it. A custody service may have paid for an update that was not saved. */
  saved: boolean
  /** Whether a restore or another writer undid it. What a custody service paid cannot be undone. */
  undone: boolean
  /** Whether a custody service paid. */
  paid: boolean
  /** The step at which it happened; steps count what the platform saves and shows. */
  step: number
  /** The transaction before and after it; null if the platform saved nothing. */
  change: { before: StoredTransaction; after: StoredTransaction } | null
}

/** A transaction that another writer saved. */
export interface ForeignSave {
  step: number
  /** The step at which the writer read the transaction. It overwrites what was saved since. */
  readAtStep: number
  saved: StoredTransaction
}

/** The core of the emulator without a socket, and a record of what it did. */
export interface ModelPlatform {
  state: EmulatorState
  /** Nanoseconds since 1970. */
  clock: () => bigint
  effects: readonly Effect[]
  foreignSaves: readonly ForeignSave[]
  /** The steps so far. */
  steps(): number
  /** The steps at which a transaction was shown. */
  shownAt(id: string): readonly number[]
  /** A stored transaction as it is shown. */
  view(transaction: StoredTransaction): TransactionView
  /** Carries out a request and answers it; with `failToPublish` it answers -32603 after it saved. */
  apply(body: string, options?: { failToPublish: boolean }): HttpAnswer
  /** Lets the custody service pay for a request that would be accepted, and saves nothing. */
  payOnly(body: string): void
  /** The transaction after an update, without carrying it out; null if the platform refuses the update. */
  tryOut(update: { method: string; params: Record<string, unknown> }): StoredTransaction | null
  show(id: string): HttpAnswer
  find(id: string): StoredTransaction | undefined
  /** Lets the clock be late by so many milliseconds: another server takes over, and `updated_at` may go back. */
  setBehind(ms: number): void
  /** Puts back what a transaction was before its last save, as a restore from a backup does. */
  restore(id: string): void
  /** Saves what another writer read at an earlier step, over everything that was saved since. The lock of 4.3.0 refuses that. */
  save(transaction: StoredTransaction, readAtStep: number): void
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

/** @param onSaved hears of each save of which the platform tells by an event */
export function createModelPlatform(
  state: EmulatorState,
  now: () => number,
  onSaved: (transactionId: string) => void,
): ModelPlatform {
  const effects: Effect[] = []
  const foreignSaves: ForeignSave[] = []
  const shown = new Map<string, number[]>()
  let steps = 0
  let behindNs = 0n
  const onTime = nanosecondClock(now)
  const clock = () => onTime() - behindNs

  /** The effect of the last save of each transaction; null if nobody of ours saved it, or if money was paid. */
  const lastEffect = new Map<string, Effect | null>()
  const lastSaveStep = new Map<string, number>()

  function record(body: string, before: StoredTransaction | null): void {
    const [item] = JSON.parse(body) as SentItem[]
    if (item === undefined) return
    const { transaction_id: transactionId } = item.params
    const after = findTransaction(state, transactionId)
    const saved = before !== null
    const change = before && after ? { before, after } : null
    steps += 1
    const paid = isPaying(body, state.config)
    const made = { rpcId: item.id, transactionId, atMs: now(), saved, undone: false, paid }
    effects.push({ ...made, step: steps, change })
    if (!saved) return
    onSaved(transactionId)
    lastSaveStep.set(transactionId, steps)
    lastEffect.set(transactionId, paid ? null : (effects.at(-1) ?? null))
  }

  /** The state after a request; null if the request changes nothing. */
  function applyToCopy(body: string): EmulatorState | null {
    const copy = {
      ...state,
      transactions: new Map(state.transactions),
      before: new Map(state.before),
    }
    const options = { now: clock, failToPublish: () => undefined }
    return answerBatch(body, copy, options).applied > 0 ? copy : null
  }

  return {
    state,
    clock,
    effects,
    foreignSaves,
    steps: () => steps,
    shownAt: (id) => shown.get(id) ?? [],
    view: (transaction) => rulesOf(state).view(transaction, state),
    apply: (body, { failToPublish } = { failToPublish: false }) => {
      const [item] = JSON.parse(body) as SentItem[]
      const before = item && findTransaction(state, item.params.transaction_id)
      const answer = answerBatch(body, state, {
        now: clock,
        failToPublish: () => (failToPublish ? 'Failed to publish event' : undefined),
      })
      if (answer.applied > 0) record(body, before ?? null)
      return answer
    },
    payOnly: (body) => {
      if (isPaying(body, state.config) && applyToCopy(body) !== null) record(body, null)
    },
    tryOut: ({ method, params }) => {
      const item = { jsonrpc: '2.0', id: 'another', method, params }
      const copy = applyToCopy(JSON.stringify([item]))
      return (copy && findTransaction(copy, String(params['transaction_id']))) ?? null
    },
    show: (id) => {
      steps += 1
      shown.set(id, [...(shown.get(id) ?? []), steps])
      return answerTransaction(state, id)
    },
    find: (id) => findTransaction(state, id),
    setBehind: (ms) => {
      behindNs = BigInt(ms) * 1_000_000n
    },
    restore: (id) => {
      if (!restoreTransaction(state, id)) return
      const effect = lastEffect.get(id)
      if (effect) effect.undone = true
      lastEffect.set(id, null)
      steps += 1
      const saved = findTransaction(state, id)
      // A restore is like a save by somebody who read the transaction before its last save.
      const readAtStep = (lastSaveStep.get(id) ?? 0) - 1
      if (saved) foreignSaves.push({ step: steps, readAtStep, saved })
    },
    save: (transaction, readAtStep) => {
      const { id } = transaction
      if (state.config.release === '4.3.0' && (lastSaveStep.get(id) ?? 0) > readAtStep) return
      saveTransaction(state, transaction)
      steps += 1
      onSaved(id)
      lastSaveStep.set(id, steps)
      foreignSaves.push({ step: steps, readAtStep, saved: transaction })
      for (const effect of effects) {
        const isOverwritten = effect.transactionId === id && effect.step > readAtStep
        if (isOverwritten && effect.change !== null && !effect.paid) effect.undone = true
      }
      lastEffect.set(id, null)
    },
  }
}
