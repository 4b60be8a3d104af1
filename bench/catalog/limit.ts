import type { DomainChain } from '../../local/world/latency-world.ts'

/** The waiting alone, in milliseconds: no implementation is faster. */
export interface Limits {
  /** One request after another. */
  sequentialMs: number
  /** Every domain at once: the longest chain of dependent requests. */
  unboundedMs: number
  /** `concurrency` domains at a time, longest first, each started as soon as there is room. */
  boundedMs: number
}

/** The limits of one sync: the directory, then the domains, whose two `/info` may be read at the same time. */
export function limitsOf(
  chains: readonly DomainChain[],
  { directoryMs, concurrency }: { directoryMs: number; concurrency: number },
): Limits {
  const lengths = chains.map(({ tomlMs, infoMs }) => tomlMs + Math.max(0, ...infoMs))
  const requests = chains.flatMap(({ tomlMs, infoMs }) => [tomlMs, ...infoMs])
  return {
    sequentialMs: directoryMs + requests.reduce((sum, ms) => sum + ms, 0),
    unboundedMs: directoryMs + Math.max(...lengths),
    boundedMs:
      directoryMs +
      greedyMs(
        lengths.toSorted((a, b) => b - a),
        concurrency,
      ),
  }
}

function greedyMs(lengths: readonly number[], concurrency: number): number {
  const freeAt = new Array<number>(concurrency).fill(0)
  for (const length of lengths) {
    const earliest = freeAt.indexOf(Math.min(...freeAt))
    freeAt[earliest] = (freeAt[earliest] ?? 0) + length
  }
  return Math.max(...freeAt)
}
