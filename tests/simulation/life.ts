/** A process dies at its n-th call to the outside, before or after that had its effect. */
export interface Death {
  atCall: number
  when: 'before' | 'after'
}

export interface Life {
  /** A call to the outside: whoever is dead, or dies of it, never hears of it again. */
  outside<T>(begin: () => Promise<T>): Promise<T>
  isAlive(): boolean
  /** Calls to the outside so far. */
  calls(): number
}

/** The life of one process, which may end at any await. */
export function createLife(death: Death | null): Life {
  let alive = true
  let calls = 0
  return {
    outside: <T>(begin: () => Promise<T>): Promise<T> => {
      if (!alive) return never()
      calls += 1
      if (death?.atCall === calls) {
        alive = false
        if (death.when === 'after') begin().catch(() => {})
        return never()
      }
      return new Promise<T>((resolve, reject) => {
        begin().then(
          (value) => alive && resolve(value),
          (error) => alive && reject(error),
        )
      })
    },
    isAlive: () => alive,
    calls: () => calls,
  }
}

const never = <T>() => new Promise<T>(() => {})
