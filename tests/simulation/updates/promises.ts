import { isEarlier } from '../../../lib/platform/instant.ts'
import { readStoredUpdate } from '../../../lib/updates/context.ts'
import { isCustodyMoney } from '../../../lib/updates/identity.ts'
import type { RequestedResult } from '../../../lib/updates/result.ts'
import { roundToMicroseconds } from '../../../local/platform/instants.ts'
import { type AttemptRow, ENDED, type Json } from '../model-database/tables.ts'
import { findInLosses } from './losses.ts'
import type { CallerAnswer, World } from './world.ts'

/** The broken promises of a quiet world: an update was lost, an update was applied twice, or a status is not true. */
export function findViolations(world: World): string[] {
  const { violations, refusedCalls } = world
  const unexpected = Object.keys(refusedCalls).filter((code) => !ASK_AGAIN.has(code))
  const { found, times, wasCarriedOut } = findEffects(world)
  return [
    ...violations,
    ...unexpected.map((code) => `a call was answered ${code}`),
    ...found,
    ...findInAttempts(world, times, wasCarriedOut),
    ...findUnnoticed(world, times),
    ...findInWishes(world, times),
    ...findInAnswers(world, times, wasCarriedOut),
    ...findInLosses(world),
    ...findInPayments(world),
    ...findUnread(world),
    ...[...world.withdrawn].flatMap((id) =>
      times(id) > 0 ? [`${world.database.attempt(id)?.method}: withdrawn and carried out`] : [],
    ),
  ]
}

/** Answers that say nothing of the updates. The caller asks again. */
const ASK_AGAIN: ReadonlySet<string> = new Set(['idempotency_running', 'database_unavailable'])

/** A repeat of these changes nothing. They may be sent again in the knowledge that they may have been carried out. */
const HARMLESS: ReadonlySet<string> = new Set([
  'notify_amounts_updated',
  'request_customer_info_update',
  'notify_customer_info_updated',
])

const isHarmless = ({ method, outcome }: AttemptRow): boolean =>
  HARMLESS.has(method) && outcome?.['mayBeApplied'] === true

/** How often the platform carried out an attempt. What a restore undid does not count. */
type Times = (attemptId: string) => number
/** Whether the platform carried out an attempt, even if a restore undid it later. */
type WasCarriedOut = (attemptId: string) => boolean

/** Every effect belongs to an attempt, and the attempts of a transaction are carried out in their order. */
function findEffects({ platform, database, attemptOf }: World) {
  const found: string[] = []
  const effects = new Map<string, number>()
  const lastApplied = new Map<string, number>()
  for (const { rpcId, transactionId, undone } of platform.effects) {
    const attempt = database.attempt(attemptOf.get(rpcId) ?? '')
    if (attempt === undefined) {
      found.push(`an effect on ${transactionId} has no attempt`)
      continue
    }
    effects.set(attempt.id, (effects.get(attempt.id) ?? 0) + (undone ? 0 : 1))
    if (attempt.seq < (lastApplied.get(transactionId) ?? 0)) {
      found.push(`${attempt.method}: carried out after a later update of ${transactionId}`)
    }
    lastApplied.set(transactionId, attempt.seq)
  }
  const times: Times = (id) => effects.get(id) ?? 0
  const wasCarriedOut: WasCarriedOut = (id) => effects.has(id)
  return { found, times, wasCarriedOut }
}

/** A Stellar transaction counts for one transaction, whichever method reports it. */
function findInPayments({ platform, database, attemptOf }: World): string[] {
  const transactionOf = new Map<string, string>()
  return platform.effects.flatMap(({ rpcId, transactionId, undone }) => {
    const { params } = database.attempt(attemptOf.get(rpcId) ?? '') ?? {}
    const hash = params?.['stellar_transaction_id']
    if (undone || typeof hash !== 'string') return []
    const first = transactionOf.get(hash) ?? transactionId
    transactionOf.set(hash, first)
    return first === transactionId ? [] : [`${hash} counts for ${first} and for ${transactionId}`]
  })
}

/** What a caller wants once is carried out once, however often the caller repeats the request. */
function findInWishes({ database, wishOf }: World, times: Times): string[] {
  const sums = new Map<string, number>()
  for (const attempt of database.attempts()) {
    const { id } = attempt
    const wish = wishOf.get(id)
    const count = isHarmless(attempt) ? Math.min(times(id), 1) : times(id)
    if (wish !== undefined) sums.set(wish, (sums.get(wish) ?? 0) + count)
  }
  return [...sums].flatMap(([wish, sum]) => (sum > 1 ? [`${wish}: carried out ${sum} times`] : []))
}

/** Every attempt ended with a true state, was carried out at most once, and custody money was sent at most once. */
function findInAttempts(world: World, times: Times, wasCarriedOut: WasCarriedOut): string[] {
  const { database, profile } = world
  const found: string[] = []
  const byEvidence = new Map<string, number>()
  const releases = releasesOf(world)
  for (const attempt of database.attempts()) {
    const { id, method, state } = attempt
    const name = `${method} (attempt ${attempt.seq}, ${state}, ${attempt.tries} tries)`
    if (times(id) > 1 && !isHarmless(attempt)) found.push(`${name}: carried out ${times(id)} times`)
    if (!ENDED.has(state)) found.push(`${name}: never ended`)
    if (state === 'APPLIED' && !wasCarriedOut(id)) found.push(`${name}: never carried out`)
    if (state !== 'APPLIED' && times(id) > 0) found.push(`${name}: was carried out`)
    // The method decides. The row holds only what the service wrote, and a mutant may lie there.
    if (isCustodyMoney(readStoredUpdate(attempt, profile), profile)) {
      const count = sendsOf(world, id)
      if (count > 1) found.push(`${name}: custody money sent ${count} times`)
    }
    const evidence = evidenceOf(attempt)
    if (evidence === null) continue
    const sum = (byEvidence.get(evidence) ?? 0) + Math.max(0, times(id) - releases(id))
    byEvidence.set(evidence, sum)
    if (sum > 1) found.push(`${evidence}: carried out ${sum} times`)
  }
  return found
}

/** A transaction is read after each event that names it, and not only because an update of ours reads it. */
function findUnread({ heard, platform, database }: World): string[] {
  const unread = heard.filter(
    ({ transactionId, atStep }) => !platform.shownAt(transactionId).some((step) => step > atStep),
  )
  return [
    ...unread.map(
      ({ transactionId }) => `${transactionId}: an event was answered, and nobody read`,
    ),
    ...[...database.tables.noted.keys()].map((id) => `${id}: noted for ever`),
  ]
}

/**
 * When an earlier state of a transaction counts, each applied update that it lacks has been left to a person, if it had
 * changed more than its times.
 */
function findUnnoticed({ database, platform }: World, times: Times): string[] {
  return database.attempts().flatMap((attempt) => {
    const { id, method, seq, state, transactionId, pre, post, note, updatedAt } = attempt
    if (state !== 'APPLIED' || note !== null || times(id) > 0 || pre === null || post === null) {
      return []
    }
    const { document, wentBack } = database.transactions().get(transactionId) ?? {}
    const now = String(platform.find(transactionId)?.updated_at)
    const isCurrent = roundToMicroseconds(String(document?.['updated_at'])) === now
    const tookBack = Date.parse(String(wentBack?.['takenAt'])) > updatedAt
    if (!isCurrent || !tookBack || !isEarlier(now, String(post['updated_at']))) return []
    if (withoutTimes(pre) === withoutTimes(post)) return []
    return [`${method} (attempt ${seq}): a restore undid it, and nobody was told`]
  })
}

const withoutTimes = ({ updated_at: _, user_action_required_by: __, ...rest }: Json) =>
  JSON.stringify(rest)

function sendsOf({ sent, attemptOf }: World, attemptId: string): number {
  const counts = [...sent].map(([rpcId, count]) => (attemptOf.get(rpcId) === attemptId ? count : 0))
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * How often an attempt with an Idempotency-Key released a held transaction. That is a new update, although it reports the
 * same payment; without a key it would be a late repeat.
 */
function releasesOf({ platform, attemptOf, named }: World): Times {
  const counts = new Map<string, number>()
  for (const { rpcId, change, undone } of platform.effects) {
    const id = attemptOf.get(rpcId) ?? ''
    const isRelease = change?.before.status === 'on_hold' && named.has(id)
    if (!undone && isRelease) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return (id) => counts.get(id) ?? 0
}

/** The payment or refund that an attempt reports. It may be reported once, however many updates report it. */
function evidenceOf({ method, transactionId, params }: AttemptRow): string | null {
  const { stellar_transaction_id: hash, refund } = params as Partial<{
    stellar_transaction_id: string
    refund: { id?: string }
  }>
  const evidence = hash ?? refund?.id
  return evidence === undefined ? null : `${method} of ${transactionId}: ${evidence}`
}

/**
 * Whether a repeat got the same results. An update that was open may have another one, in which the transaction is shown as
 * it is then; an answer from before that may arrive later.
 */
function isContinued(first: CallerAnswer, now: CallerAnswer): boolean {
  return first.results.every((result, index) => {
    const next = now.results[index]
    if (next === undefined || isOpen(result) || isOpen(next)) return next !== undefined
    return (
      JSON.stringify({ ...result, transaction: null }) ===
      JSON.stringify({ ...next, transaction: null })
    )
  })
}

const isOpen = ({ kind }: RequestedResult) => kind === 'open' || kind === 'unstored'

/** Whether an attempt was carried out as often as it may be. */
const isOnce = (attempt: AttemptRow, times: Times, wasCarriedOut: (attemptId: string) => boolean) =>
  wasCarriedOut(attempt.id) && (times(attempt.id) <= 1 || isHarmless(attempt))

/** Whether an update reports what an earlier one with the same params reported, which was carried out. */
function isKnownReport(
  { seq, transactionId, method, params, naturalKey }: AttemptRow,
  database: World['database'],
  times: Times,
): boolean {
  // A release of a held transaction has the natural key of the first report in its own.
  const isRelease = naturalKey?.startsWith('["[') === true
  if (isRelease || params['stellar_transaction_id'] === undefined) return false
  return database
    .attempts()
    .some(
      (one) =>
        one.seq < seq &&
        one.transactionId === transactionId &&
        one.method === method &&
        JSON.stringify(one.params) === JSON.stringify(params) &&
        times(one.id) > 0,
    )
}

/** Every answer was true, and a repeated request got the same results. */
function findInAnswers(
  { answers, database }: World,
  times: Times,
  wasCarriedOut: WasCarriedOut,
): string[] {
  const found: string[] = []
  const firstOf = new Map<string, CallerAnswer>()
  for (const answer of answers) {
    for (const result of answer.results) {
      if (result.kind === 'unstored' || result.attemptId === null) continue
      const attempt = database.attempt(result.attemptId)
      if (attempt === undefined) {
        found.push(`an update was accepted and is lost: ${JSON.stringify(result)}`)
      } else if (result.kind === 'applied' && !isOnce(attempt, times, wasCarriedOut)) {
        found.push(`${attempt.method}: answered applied, carried out ${times(attempt.id)} times`)
      } else if (result.kind === 'rejected' && times(attempt.id) !== 0) {
        found.push(`${attempt.method}: answered rejected, carried out`)
      } else if (result.kind === 'rejected' && isKnownReport(attempt, database, times)) {
        found.push(`${attempt.method}: an applied report was answered rejected when it came again`)
      }
    }
    const { key, body, text, results } = answer
    // An answer that leaves open whether an update is stored is not stored itself.
    if (key === null || results.some(({ kind }) => kind === 'unstored')) continue
    const first = firstOf.get(key) ?? answer
    firstOf.set(key, first)
    if (first.body === body && !isContinued(first, answer)) {
      found.push(`key ${key}: answered ${first.text} and then ${text}`)
    }
  }
  return found
}
