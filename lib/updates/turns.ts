export interface Turns {
  /** Runs the works of one key one after another, in their order. Works of different keys do not wait for each other. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Whether a work with this key would start at once. */
  isFree(key: string): boolean
}

/**
 * Orders the updates of a transaction within one process. Without it, all of them would ask the database at once for their
 * turn and slow down the one whose turn it is.
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
