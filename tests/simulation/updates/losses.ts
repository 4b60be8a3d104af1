import { isDeepStrictEqual } from 'node:util'
import { isEarlier } from '../../../lib/platform/instant.ts'
import { roundToMicroseconds } from '../../../local/platform/instants.ts'
import type { StoredTransaction } from '../../../local/platform/stored-transaction.ts'
import type { TransactionView } from '../../../local/platform/transaction-view.ts'
import type { Json } from '../model-database/tables.ts'
import type { Effect, ModelPlatform } from './model-platform.ts'
import type { World } from './world.ts'

/** Other updates write these whatever they do, so their earlier value says nothing. */
const OFTEN_WRITTEN: ReadonlySet<string> = new Set(['updated_at', 'user_action_required_by'])

/**
 * Whether a transaction shows that an effect is gone: something that it changed reads as before, and nothing else reads as
 * it left it. A list counts by what the effect added.
 */
function isGone({ change }: Effect, now: TransactionView, platform: ModelPlatform): boolean {
  if (change === null) return false
  const before = platform.view(change.before)
  const after = platform.view(change.after)
  const names = changedNames(before, after)
  const added = idsOf(after).filter((id) => countOf(id, after) > countOf(id, before))
  if (added.length > 0) return added.some((id) => countOf(id, now) < countOf(id, after))
  return (
    names.some((name) => isDeepStrictEqual(before[name], now[name])) &&
    !isAnyLeft(names, after, now)
  )
}

/** Whether a transaction has an earlier time than an effect, and nothing of what the effect changed. */
function isBehind({ change }: Effect, now: TransactionView, platform: ModelPlatform): boolean {
  if (change === null) return false
  const after = platform.view(change.after)
  const names = changedNames(platform.view(change.before), after)
  const isBefore = isEarlier(String(now['updated_at']), String(after['updated_at']))
  return isBefore && !isAnyLeft(names, after, now)
}

const changedNames = (before: TransactionView, after: TransactionView) =>
  Object.keys(after).filter(
    (name) => !OFTEN_WRITTEN.has(name) && !isDeepStrictEqual(before[name], after[name]),
  )

/**
 * Whether anything reads as an effect left it. Another update may have led to its status, so that counts only alone. Every
 * update of a SEP-31 transaction fills in the expected amount, so that never counts.
 */
function isAnyLeft(names: readonly string[], after: TransactionView, now: TransactionView) {
  const own = names.filter((name) => name !== 'amount_expected')
  const others = own.filter((name) => name !== 'status')
  const kept = others.length > 0 ? others : own
  return kept.some((name) => isDeepStrictEqual(after[name], now[name]))
}

/** The ids of the payments and refunds that a transaction shows. */
function idsOf({ refunds, stellar_transactions: payments }: TransactionView): string[] {
  const refunded = (refunds as { payments?: unknown } | null | undefined)?.payments
  const entries = [payments, refunded].flatMap((list) => (Array.isArray(list) ? list : []))
  return entries.map(({ id }: { id: string }) => id)
}

const countOf = (id: string, shown: TransactionView) =>
  idsOf(shown).filter((one) => one === id).length

function isReadingOf(row: StoredTransaction | undefined, read: Json | null | undefined): boolean {
  const at = read?.['updated_at']
  // The stored transaction may come from an answer, which has nanoseconds.
  return row?.updated_at === (at === undefined ? at : roundToMicroseconds(String(at)))
}

/**
 * An applied update that another writer or a restore undid is LOST, unless a reading showed it before. Besides, an update
 * may be LOST of which a later state with an earlier time shows nothing. Nothing else is LOST.
 */
export function findInLosses(world: World): string[] {
  const { platform, database, attemptOf, appliedByMachine, lost } = world
  const found: string[] = []
  const lastOf = new Map<string, Effect>()
  for (const effect of platform.effects) {
    const id = attemptOf.get(effect.rpcId)
    if (id !== undefined) lastOf.set(id, effect)
    const closed = lost.find((one) => one.transactionId === effect.transactionId && one.id !== id)
    if (closed && effect.step > closed.fromStep && effect.step <= closed.toStep) {
      found.push(`an update of ${effect.transactionId} went out while another one was LOST`)
    }
  }
  for (const [id, effect] of lastOf) {
    const { transactionId, step, change } = effect
    const name = database.attempt(id)?.method
    const saves = platform.foreignSaves.filter(
      (one) => one.saved.id === transactionId && one.step > step,
    )
    const isLost = lost.some((one) => one.id === id)
    const undoing = saves.filter(({ saved }) => isGone(effect, platform.view(saved), platform))
    const later = platform.effects.flatMap((one) =>
      one.transactionId === transactionId && one.step > step && one.change ? one.change.after : [],
    )
    const isLeftBehind = [...saves.map(({ saved }) => saved), ...later].some((state) =>
      isBehind(effect, platform.view(state), platform),
    )
    if (isLost && undoing.length === 0 && !isLeftBehind)
      found.push(`${name}: LOST, although nobody undid it`)
    const [first] = saves
    if (isLost || !appliedByMachine.has(id) || first === undefined) continue
    // A writer that read the transaction before the effect overwrote it, and no later save hides that.
    if (first.readAtStep > step || undoing.length < saves.length) continue
    const isShown = platform.shownAt(transactionId).some((at) => at > step && at < first.step)
    // What others saved between the reading and the effect is not known.
    const isKnown = isReadingOf(change?.before, database.attempt(id)?.pre)
    if (!isShown && isKnown) found.push(`${name}: applied and undone, and nobody noticed`)
  }
  return found
}
