/** Knows which work is under way, so that a stop can wait for it. */
export interface UnderWay {
  /** Returns the work itself. */
  add<T>(work: Promise<T>): Promise<T>
  /** Resolves when nothing is under way, also nothing that began meanwhile. */
  over(): Promise<void>
}

export function createUnderWay(): UnderWay {
  const works = new Set<Promise<void>>()
  return {
    add: (work) => {
      const ended = work.then(
        () => {},
        () => {},
      )
      works.add(ended)
      void ended.then(() => works.delete(ended))
      return work
    },
    over: async () => {
      while (works.size > 0) await Promise.all(works)
    },
  }
}
