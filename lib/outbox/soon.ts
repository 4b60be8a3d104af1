import type { Later } from '../later.ts'

/**
 * Makes a function that delivers events after the answer of a call. Of many calls at once one run serves all: it begins
 * again while calls came during it.
 */
export function createDeliverySoon(later: Later, deliver: () => Promise<void>): () => void {
  let isRunning = false
  let isAsked = false
  return () => {
    isAsked = true
    if (isRunning) return
    isRunning = true
    later('outbox', async () => {
      try {
        while (isAsked) {
          isAsked = false
          await deliver()
        }
      } finally {
        isRunning = false
      }
    })
  }
}
