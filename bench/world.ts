import type { FetchPolicy } from '../lib/net/fetch-policy.ts'
import type { LatencyOptions } from '../local/world/latency-ladder.ts'
import { startProcess } from './child.ts'

/** What a process needs to reach a latency world in another process. */
export interface WorldAddress {
  port: number
  /** PEM */
  ca: string
  directoryUrl: string
  horizonUrl: string
}

/** Starts a world in a process of its own, so that its CPU time and memory are not measured. */
export function startLatencyProcess(
  options: LatencyOptions,
): Promise<WorldAddress & { close(): Promise<void> }> {
  return startProcess('../local/world/latency-world.ts', options)
}

/** A policy under which every host name is the world's server. */
export function policyOf({ port, ca }: Pick<WorldAddress, 'port' | 'ca'>): FetchPolicy {
  return {
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    allowAddress: (address) => address === '127.0.0.1',
    port,
    ca,
  }
}
