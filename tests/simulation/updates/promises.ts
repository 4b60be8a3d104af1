import { readStoredUpdate } from '../../../lib/updates/context.ts'
import { isCustodyMoney } from '../../../lib/updates/identity.ts'
import { type AttemptRow, ENDED } from '../model-database/tables.ts'
import type { CallerAnswer, World } from './world.ts'

/** The broken promises of a quiet world: an update was lost, an update was applied twice, or a status is not true. */
export function findViolations(world: World): string[] {
  const { violations, refusedCalls } = world
  const unexpected = Object.keys(refusedCalls).filter((code) => !ASK_AGAIN.has(code))
  const { found, times } = findEffects(world)
  return [
    ...violations,
    ...unexpected.map((code) => `a call was answered ${code}`),
    ...found,
    ...findInAttempts(world, times),
    ...findInAnswers(world, times),
  ]
}

/** Answers that say nothing of the updates. The caller asks again. */
const ASK_AGAIN: ReadonlySet<string> = new Set(['idempotency_running', 'database_unavailable'])

/** How often the platform carried out an attempt. */
type Times = (attemptId: string) => number

/** Every effect belongs to an attempt, and the attempts of a transaction are carried out in their order. */
function findEffects({ platform, database, attemptOf }: World): { found: string[]; times: Times } {
  const found: string[] = []
  const effects = new Map<string, number>()
  const lastApplied = new Map<string, number>()
  for (const { rpcId, transactionId } of platform.effects) {
    const attempt = database.attempt(attemptOf.get(rpcId) ?? '')
    if (attempt === undefined) {
      found.push(`an effect on ${transactionId} has no attempt`)
      continue
    }
    effects.set(attempt.id, (effects.get(attempt.id) ?? 0) + 1)
    if (attempt.seq < (lastApplied.get(transactionId) ?? 0)) {
      found.push(`${attempt.method}: carried out after a later update of ${transactionId}`)
    }
    lastApplied.set(transactionId, attempt.seq)
  }
  return { found, times: (id) => effects.get(id) ?? 0 }
}

/** Every attempt ended with a true state, was carried out at most once, and custody money was sent at most once. */
function findInAttempts(world: World, times: Times): string[] {
  const { database, profile } = world
  const found: string[] = []
  const byEvidence = new Map<string, number>()
  for (const attempt of database.attempts()) {
    const { id, method, state } = attempt
    const name = `${method} (attempt ${attempt.seq}, ${state}, ${attempt.tries} tries)`
    if (times(id) > 1) found.push(`${name}: carried out ${times(id)} times`)
    if (!ENDED.has(state)) found.push(`${name}: never ended`)
    if (state === 'APPLIED' && times(id) === 0) found.push(`${name}: never carried out`)
    if (state !== 'APPLIED' && times(id) > 0) found.push(`${name}: was carried out`)
    // The method decides. The row holds only what the service wrote, and a mutant may lie there.
    if (isCustodyMoney(readStoredUpdate(attempt, profile), profile)) {
      const count = sendsOf(world, id)
      if (count > 1) found.push(`${name}: custody money sent ${count} times`)
    }
    const evidence = evidenceOf(attempt)
    if (evidence === null) continue
    const sum = (byEvidence.get(evidence) ?? 0) + times(id)
    byEvidence.set(evidence, sum)
    if (sum > 1) found.push(`${evidence}: carried out ${sum} times`)
  }
  return found
}

function sendsOf({ sent, attemptOf }: World, attemptId: string): number {
  const counts = [...sent].map(([rpcId, count]) => (attemptOf.get(rpcId) === attemptId ? count : 0))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The payment or refund that an attempt reports; it may be reported once, however often it is submitted. */
function evidenceOf({ method, transactionId, params }: AttemptRow): string | null {
  const { stellar_transaction_id: hash, refund } = params as Partial<{
    stellar_transaction_id: string
    refund: { id?: string }
  }>
  const evidence = hash ?? refund?.id
  return evidence === undefined ? null : `${method} of ${transactionId}: ${evidence}`
}

/** Every answer was true, and a repeated request got the same answer. */
function findInAnswers({ answers, database }: World, times: Times): string[] {
  const found: string[] = []
  const firstOf = new Map<string, CallerAnswer>()
  for (const answer of answers) {
    for (const result of answer.results) {
      if (result.kind === 'unstored' || result.attemptId === null) continue
      const attempt = database.attempt(result.attemptId)
      if (attempt === undefined) {
        found.push(`an update was accepted and is lost: ${JSON.stringify(result)}`)
      } else if (result.kind === 'applied' && times(attempt.id) !== 1) {
        found.push(`${attempt.method}: answered applied, carried out ${times(attempt.id)} times`)
      } else if (result.kind === 'rejected' && times(attempt.id) !== 0) {
        found.push(`${attempt.method}: answered rejected, carried out`)
      }
    }
    const { key, body, text } = answer
    if (key === null) continue
    const first = firstOf.get(key) ?? answer
    firstOf.set(key, first)
    if (first.body === body && first.text !== text) {
      found.push(`key ${key}: answered ${first.text} and then ${text}`)
    }
  }
  return found
}
