import type { Database } from '../../lib/db/client.ts'
import { AppError } from '../../lib/errors.ts'
import type { Random } from '../simulation/random.ts'

export type Json = Record<string, unknown>
export type Outcome = { answer: unknown } | { error: string }

/** The answer of one call, or the code of its error. */
export async function outcomeOf(db: Database, name: string, args: Json): Promise<Outcome> {
  try {
    return { answer: await db.call(name, args) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { error: error.code }
  }
}

/** Which attempt, mark or decision of the database is which of the model: those that the same place of the same call made. */
export interface Twins {
  learn(real: Outcome, modelled: Outcome): void
  toModel<T>(value: T): T
  toReal<T>(value: T): T
}

export function createTwins(): Twins {
  const modelled = new Map<string, string>()
  const replaced = <T>(value: T, ids: Iterable<readonly [string, string]>): T => {
    let text = JSON.stringify(value)
    for (const [from, to] of ids) text = text.replaceAll(from, to)
    return JSON.parse(text) as T
  }
  return {
    learn: (real, other) => {
      const others = madeIn(other)
      madeIn(real).forEach((id, place) => {
        const twin = others[place]
        if (id === null || typeof twin !== 'string') return
        for (const [known, other] of modelled) if (other === twin) modelled.delete(known)
        modelled.set(id, twin)
      })
      const [decision, twin] = [decisionIn(real), decisionIn(other)]
      if (decision !== null && twin !== null) modelled.set(decision, twin)
    },
    toModel: (value) => replaced(value, modelled),
    toReal: (value) =>
      replaced(
        value,
        [...modelled].map(([real, other]) => [other, real] as const),
      ),
  }
}

/** The attempt or the mark at each place of an answer; null where the call made none. */
function madeIn(outcome: Outcome): (string | null)[] {
  const answer =
    'answer' in outcome
      ? (outcome.answer as
          | (Partial<Record<'updates' | 'credited' | 'payments' | 'transactions', Json[]>> & {
              payment?: Json
            })
          | null)
      : null
  const marks = [
    ...(answer?.payments ?? []).map(({ dueMark }) => dueMark),
    ...(answer?.transactions ?? []).map(({ mark }) => mark),
  ].map((mark) => (typeof mark === 'string' ? mark : null))
  const assigned = answer?.payment === undefined ? [] : [answer.payment]
  const attempts = [...(answer?.updates ?? []), ...(answer?.credited ?? []), ...assigned].map(
    ({ created, attemptId }) =>
      created !== false && typeof attemptId === 'string' ? attemptId : null,
  )
  return [...attempts, ...marks]
}

/** The id of the decision of an answer; null without one. */
function decisionIn(outcome: Outcome): string | null {
  const answer = 'answer' in outcome ? (outcome.answer as { decision?: Json | null } | null) : null
  const id = answer?.decision?.['id']
  return typeof id === 'string' ? id : null
}

/** Makes one call after the other; a name with twice the weight comes twice as often. */
export function callsFrom(
  random: Random,
  makers: readonly (readonly [weight: number, name: string, make: () => Json])[],
): () => { name: string; args: Json } {
  const bag = makers.flatMap(([weight, name, make]) => Array(weight).fill({ name, make }))
  return () => {
    const { name, make } = random.pick(bag)
    return { name, args: make() }
  }
}
