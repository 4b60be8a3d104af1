import { randomUUID } from 'node:crypto'
import { runProcess, startProcess } from './child.ts'
import type { Databases } from './database.ts'
import type { PlatformAddress, PlatformInput } from './update-platform.ts'
import type { UpdateFigures, UpdateInput } from './update-process.ts'

const TRANSACTIONS = 50
/** How late every answer of the platform is. */
export const PLATFORM_LATENCY_MS = 20

/** Updates through the real route: database, platform and route each in a process of their own. */
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
    await startProcess<PlatformAddress>('./update-platform.ts', platformInput),
    (it) => it.close(),
  )
  const input: UpdateInput = {
    database,
    platformUrl: platform.url,
    apiKey,
    transactions,
    bareTransaction,
  }
  return await runProcess<UpdateFigures>('./update-process.ts', input)
}
