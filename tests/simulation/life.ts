import type { Random } from './random.ts'

/** A process dies at its n-th call to the outside, before or after the call had its effect. */
export interface Death {
  atCall: number
  when: 'before' | 'after'
}

export interface Life {
  /** Makes a call to the outside. The promise of a dead process never settles. */
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

export const someDeath = (random: Random, latestCall: number): Death => ({
  atCall: random.whole(1, latestCall),
  when: random.pick(['before', 'after']),
})

const never = <T>() => new Promise<T>(() => {})
