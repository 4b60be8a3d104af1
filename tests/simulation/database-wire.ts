import { toAppError } from '../../lib/db/errors.ts'
import { AppError } from '../../lib/errors.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** `fail_before`: the call had no effect. `fail_after`: it had its effect, and the answer was lost. */
export const DATABASE_FAULTS = ['fail_before', 'fail_after', 'slow'] as const
export type DatabaseFault = (typeof DATABASE_FAULTS)[number]

/** A database that fails never, now and then, or often. */
export function someDatabaseWeather(random: Random): () => DatabaseFault | null {
  const probability = random.pick([0, 0, 0.05, 0.15])
  return () => (random.chance(probability) ? random.pick(DATABASE_FAULTS) : null)
}

/**
 * Sends one database call: 1 to 4 ms there, carried out at once and whole, and 1 to 4 ms back.
 *
 * @param onDefect hears of an error that the shipped code must never cause, such as a move between states that is not
 *   allowed
 */
export function callDatabase<T>(
  {
    time,
    random,
    onDefect,
  }: { time: VirtualTime; random: Random; onDefect: (text: string) => void },
  fault: DatabaseFault | null,
  functionName: string,
  carryOut: () => T,
): Promise<T> {
  const lost = () => toAppError(functionName, { message: 'fetch failed' })
  const outMs = fault === 'slow' ? random.whole(1_000, 30_000) : random.whole(1, 4)
  return new Promise<T>((resolve, reject) => {
    if (fault === 'fail_before') return time.after(outMs, () => reject(lost()))
    time.after(outMs, () => {
      const finish = outcomeOf()
      time.after(random.whole(1, 4), () => (fault === 'fail_after' ? reject(lost()) : finish()))
      return false
    })

    function outcomeOf(): () => void {
      try {
        const answer = carryOut()
        return () => resolve(answer)
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'internal_error') {
          const cause = error instanceof AppError ? error.cause : (error as Error).stack
          onDefect(`${functionName} failed: ${String(cause)}`)
        }
        return () => reject(error)
      }
    }
  })
}
