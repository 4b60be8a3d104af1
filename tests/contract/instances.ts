import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type DatabaseKind, useDatabase } from '../helpers/database.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { type Service, type ServiceSettings, useService } from './service.ts'

export interface Instances {
  /** Two instances of one deployment: one database, one platform, one clock each. */
  a: Service
  b: Service
  /** Between both instances and PostgREST. A test begins without faults. */
  proxy: Pick<FaultProxy, 'setFaults' | 'calls' | 'answered'>
}

/**
 * Two instances of the service on one database, reached through a fault proxy. For a block of `describeOnReal`.
 *
 * Calls of one instance may run beside calls of the other: each has the dependencies of its own instance.
 */
export function useInstances(
  kind: DatabaseKind,
  settings: Omit<ServiceSettings, 'database' | 'beside'> = {},
): Instances {
  const real = useDatabase(kind)
  let opened: FaultProxy | undefined
  const proxy = () => {
    if (opened === undefined) throw new Error('The proxy is open in tests and hooks only.')
    return opened
  }
  beforeAll(async () => {
    opened = await startFaultProxy(() => real.url)
  })
  beforeEach(() => proxy().setFaults([]))
  afterAll(async () => {
    await opened?.close()
  })
  const database = Object.create(real, {
    url: { get: () => proxy().url },
    fetch: { value: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init) },
  })
  const a = useService({ ...settings, database })
  const b = useService({ ...settings, database, beside: a })
  return {
    a,
    b,
    proxy: {
      setFaults: (faults) => proxy().setFaults(faults),
      calls: () => proxy().calls(),
      answered: (call, nth) => proxy().answered(call, nth),
    },
  }
}
