import { randomUUID } from 'node:crypto'
import { runProcess, startProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import type { UpdateFigures, UpdateInput } from './figures.ts'
import type { PlatformAddress, PlatformInput } from './platform-process.ts'

const TRANSACTIONS = 50
/** The delay of every answer of the platform. */
export const PLATFORM_LATENCY_MS = 20

/** Measures updates through the real route. Database, platform and route each have a process of their own. */
export async function measureUpdates(databases: Databases): Promise<UpdateFigures> {
  const transactions = Array.from({ length: TRANSACTIONS }, () => randomUUID())
  const bareTransaction = randomUUID()
  const apiKey = randomUUID()
  await using resources = new AsyncDisposableStack()
  const database = resources.adopt(await databases.open(), (it) => it.close())
  const platformInput: PlatformInput = {
    transactions: [...transactions, bareTransaction],
    latencyMs: PLATFORM_LATENCY_MS,
    apiKey,
  }
  const platform = resources.adopt(
    await startProcess<PlatformAddress>('./updates/platform-process.ts', platformInput),
    (it) => it.close(),
  )
  const input: UpdateInput = {
    database,
    platformUrl: platform.url,
    apiKey,
    transactions,
    bareTransaction,
  }
  return await runProcess<UpdateFigures>('./updates/update-process.ts', input)
}
