export interface Turns {
  /** Runs the works of one key one after another, in the order they came; works of different keys do not wait. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Whether a work of this key would run at once. */
  isFree(key: string): boolean
}

/**
 * Within one process the updates of a transaction need not ask the database whose turn it is: asked by many at once, it
 * would have no time left for the one whose turn it is.
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
