import { LRUCache } from 'lru-cache'

/** How long an answer is given to others who ask for the same. docs/pages.md names it. */
const SHARED_MS = 1_000
/** Strangers choose the questions, so what is kept is bounded. A page has 20 to 100 KB. */
const MOST_ANSWERS = 500
const MOST_BYTES = 16 * 1024 * 1024

/** An answer that may be given to everybody who asks for the same. */
export interface Shareable {
  /** Null for one that is not kept: an error, or what is no whole answer. */
  bytes: number | null
}

/** Gives what was made for the same question within the last second, or is being made for it, else makes it. */
export interface SharedAnswers<T extends Shareable> {
  get(question: string, make: () => Promise<T>): Promise<T>
  /** Whoever asks after a change gets an answer that was begun after it. */
  forget(): void
}

interface Made<T> {
  beganAtMs: number
  answer: Promise<T>
}

/**
 * Makes the answers that one process shares: a thousand readers at once cost one reading of the database. The second counts
 * from the beginning of the making, so a database that is slow or fails is asked again by who comes a second later. What
 * fails is told to those who wait for it and is not kept.
 *
 * @param nowMs a clock that never goes back
 */
export function createSharedAnswers<T extends Shareable>(nowMs: () => number): SharedAnswers<T> {
  const known = new LRUCache<string, Made<T>>({ max: MOST_ANSWERS, maxSize: MOST_BYTES })
  const keep = (question: string, made: Made<T>, bytes: number | null): void => {
    // It was forgotten meanwhile, or another one took its place.
    if (known.peek(question) !== made) return
    // The size of what is there already is not read again.
    known.delete(question)
    if (bytes !== null) known.set(question, made, { size: bytes + question.length })
  }
  return {
    get: (question, make) => {
      const last = known.get(question)
      const beganAtMs = nowMs()
      if (last !== undefined && beganAtMs - last.beganAtMs < SHARED_MS) return last.answer
      const made = { beganAtMs, answer: make() }
      known.set(question, made, { size: 1 + question.length })
      made.answer.then(
        ({ bytes }) => keep(question, made, bytes),
        () => keep(question, made, null),
      )
      return made.answer
    },
    forget: () => known.clear(),
  }
}
