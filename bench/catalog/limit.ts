import type { DomainChain } from '../../local/world/latency-ladder.ts'

/** The waiting alone, in milliseconds: no implementation is faster. */
export interface Limits {
  /** One request after another. */
  sequentialMs: number
  /** Every domain at once: the longest chain of dependent requests. */
  unboundedMs: number
  /** `concurrency` domains at a time, longest first, each started as soon as there is room. */
  boundedMs: number
}

/** The limits of one sync: the directory, then the domains. A request begins when the answers that it needs are there. */
export function limitsOf(
  chains: readonly DomainChain[],
  { directoryMs, concurrency }: { directoryMs: number; concurrency: number },
): Limits {
  const lengths = chains.map(longestMs)
  const requests = chains.flatMap((chain) => chain.requests)
  return {
    sequentialMs: directoryMs + requests.reduce((sum, { ms }) => sum + ms, 0),
    unboundedMs: directoryMs + Math.max(...lengths),
    boundedMs:
      directoryMs +
      greedyMs(
        lengths.toSorted((a, b) => b - a),
        concurrency,
      ),
  }
}

/** The longest chain of one domain. A request stands behind those that it needs. */
function longestMs({ requests }: DomainChain): number {
  const endsAt = new Map<string, number>()
  for (const { name, ms, after } of requests) {
    endsAt.set(name, ms + Math.max(0, ...after.map((needed) => endsAt.get(needed) ?? 0)))
  }
  return Math.max(...endsAt.values())
}

function greedyMs(lengths: readonly number[], concurrency: number): number {
  const freeAt = new Array<number>(concurrency).fill(0)
  for (const length of lengths) {
    const earliest = freeAt.indexOf(Math.min(...freeAt))
    freeAt[earliest] = (freeAt[earliest] ?? 0) + length
  }
  return Math.max(...freeAt)
}
