import { randomUUID } from 'node:crypto'
import { runProcess, startProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import type { HeadStartFigures, HeadStartInput, UpdateFigures, UpdateInput } from './figures.ts'
import type { PlatformAddress, PlatformInput } from './platform-process.ts'
import type { RouteInput } from './route.ts'

const TRANSACTIONS = 50
/** Half of the rounds have the head start. */
const HEAD_START_ROUNDS = 44
/** The delay of every call of the database, where the head start is measured. */
export const DATABASE_LATENCY_MS = 20
/** The delay of every answer of the platform. */
export const PLATFORM_LATENCY_MS = 20

/** Measures updates through the real route. Database, platform and route each have a process of their own. */
export async function measureUpdates(databases: Databases): Promise<UpdateFigures> {
  const bareTransaction = randomUUID()
  const transactions = newIds(TRANSACTIONS)
  await using resources = new AsyncDisposableStack()
  const addresses = await start(databases, [...transactions, bareTransaction], resources)
  const input: UpdateInput = { ...addresses, transactions, bareTransaction }
  return await runProcess<UpdateFigures>('./updates/update-process.ts', input)
}

/** Measures updates with and without the head start, in processes like those of `measureUpdates`. */
export async function measureHeadStart(databases: Databases): Promise<HeadStartFigures> {
  const transactions = newIds(HEAD_START_ROUNDS)
  await using resources = new AsyncDisposableStack()
  const addresses = await start(databases, transactions, resources)
  const input: HeadStartInput = {
    ...addresses,
    transactions,
    databaseLatencyMs: DATABASE_LATENCY_MS,
  }
  return await runProcess<HeadStartFigures>('./updates/head-start-process.ts', input)
}

const newIds = (count: number) => Array.from({ length: count }, () => randomUUID())

async function start(
  databases: Databases,
  transactions: readonly string[],
  resources: AsyncDisposableStack,
): Promise<RouteInput> {
  const apiKey = randomUUID()
  const database = resources.adopt(await databases.open(), (it) => it.close())
  const platformInput: PlatformInput = { transactions, latencyMs: PLATFORM_LATENCY_MS, apiKey }
  const platform = resources.adopt(
    await startProcess<PlatformAddress>('./updates/platform-process.ts', platformInput),
    (it) => it.close(),
  )
  return { database, platformUrl: platform.url, apiKey }
}
