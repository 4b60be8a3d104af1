import type { UpdateIo } from '../updates/context.ts'
import { createPace } from '../updates/pace.ts'
import { type ObservedUpdate, sendStored } from '../updates/submit.ts'

/** The updates that credit payments, on their way to the platform. */
export interface Credits {
  /** Sends more of them. They wait for no other account and no other page. */
  add(more: readonly ObservedUpdate[]): void
  /** No more will come. @returns when all were sent, or the time was over */
  end(): Promise<void>
}

/**
 * Starts to send credits, the oldest first, while payments are still read. With events on the platform takes a second for
 * each, so an account that waited for its own would hold up those behind it. No number of credits ends this, only the time
 * does; the settler sends the rest, which is READY in the database.
 *
 * @param updates null without an Anchor Platform: the credits stay stored
 */
export function startCredits(
  updates: UpdateIo | null,
  { now, isOver }: { now: () => Date; isOver: () => boolean },
): Credits {
  if (updates === null) return { add: () => {}, end: async () => {} }
  let waiting: ObservedUpdate[] = []
  let isEnded = false
  let wake = () => {}
  const take = async () => {
    if (waiting.length === 0 && !isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    const taken = waiting
    waiting = []
    return taken
  }
  const sending = sendStored(take, { pace: createPace(now), isOver }, updates)
  // The end hears of a failure. Node would end the process at an error that nobody handles before that.
  sending.catch(() => {})
  return {
    add: (more) => {
      if (more.length === 0) return
      waiting.push(...more)
      wake()
    },
    end: () => {
      isEnded = true
      wake()
      return sending
    },
  }
}
