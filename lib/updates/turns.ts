/** Runs functions of one key one after another. */
export interface Turns {
  /** Runs `work` when all earlier work of the same key has ended. Different keys do not wait for each other. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Whether work with this key would start at once. */
  isFree(key: string): boolean
}

/**
 * Orders the updates of one transaction within this process. Otherwise all of them would ask the database for their turn
 * at the same time, and would slow down the update whose turn it is.
 */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    take: async (key, work) => {
      const before = last.get(key)
      const mine = (before ?? Promise.resolve()).then(work, work)
      last.set(key, mine)
      try {
        return await mine
      } finally {
        if (last.get(key) === mine) last.delete(key)
      }
    },
    isFree: (key) => !last.has(key),
  }
}
