import { randomUUID } from 'node:crypto'
import { runProcess, startProcess } from '../child.ts'
import type { DatabaseAddress, Databases } from '../database.ts'
import type {
  EmbeddedFigures,
  EmbeddedInput,
  EventsFigures,
  EventsInput,
  HeadStartFigures,
  HeadStartInput,
  HintFigures,
  HintInput,
  LostAnswerFigures,
  LostAnswerInput,
  StoredFigures,
  StoredInput,
  StoredRuns,
  UpdateFigures,
  UpdateInput,
} from './figures.ts'
import type { PlatformAddress, PlatformInput } from './platform-process.ts'
import type { RouteInput } from './route.ts'

const TRANSACTIONS = 50
/** Half of the rounds have the head start. */
const HEAD_START_ROUNDS = 44
/** The delay of every call of the database, where the head start is measured. */
export const DATABASE_LATENCY_MS = 20
/** The delay of every answer of the platform. */
export const PLATFORM_LATENCY_MS = 20
/** With events on, the real platform answers an accepted call after 1.02 to 1.08 s. */
const EVENT_MS = 1_050
/** The bare call of the embedded measurement takes about as long as one of the real platform, 3.4 ms. */
const EMBEDDED_LATENCY_MS = 2
/** Twenty seconds of 200 updates a second. */
const STORED = 4_000

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

/** Measures updates before a platform that publishes events. */
export async function measureEvents(databases: Databases): Promise<EventsFigures> {
  const transactions = newIds(500)
  const bareTransactions = newIds(10)
  await using resources = new AsyncDisposableStack()
  const all = [...transactions, ...bareTransactions]
  const addresses = await start(databases, all, resources, { eventMs: EVENT_MS })
  const input: EventsInput = { ...addresses, transactions, bareTransactions }
  return await runProcess<EventsFigures>('./updates/events-process.ts', input)
}

/** How many transactions are saved and read because of events. */
const HINTS = 100

/** Measures how soon a transaction is read because of an event. */
export async function measureHints(databases: Databases): Promise<HintFigures> {
  const transactions = newIds(HINTS)
  await using resources = new AsyncDisposableStack()
  const addresses = await start(databases, transactions, resources)
  const input: HintInput = { ...addresses, transactions }
  return await runProcess<HintFigures>('./updates/hint-process.ts', input)
}

/**
 * Measures the settler and the payment observer before a platform that publishes events.
 *
 * @returns null on the embedded database, whose updates nobody can make older
 */
export async function measureStored(databases: Databases): Promise<StoredRuns | null> {
  await using resources = new AsyncDisposableStack()
  // Short ids, because a process is started with all of them.
  const transactions = Array.from({ length: STORED }, (_, index) => `stored-${index}`)
  const database = resources.adopt(await databases.open(), (it) => it.close())
  const { query } = database
  if (query === null) return null
  const addresses = await startPlatform(database, transactions, resources, { eventMs: EVENT_MS })
  const measure = (run: StoredInput['run']) => {
    const input: StoredInput = { ...addresses, transactions, run }
    return runProcess<StoredFigures>('./updates/stored-process.ts', input)
  }
  const passMinute = () =>
    query(`update anchor_ops.attempt set updated_at = updated_at - interval '61 s',
      settle_at = settle_at - interval '61 s'`)

  await measure('store')
  await passMinute()
  const settler = await measure('settle')
  await passMinute()
  const looks = { ...(await measure('settle')), count: STORED }
  const observer = await measure('observe')
  return { settler, looks, observer }
}

/** Measures updates on the embedded database, and the bare call beside them. */
export async function measureEmbedded(): Promise<EmbeddedFigures> {
  await using resources = new AsyncDisposableStack()
  const transactions = newIds(TRANSACTIONS)
  const bareTransaction = randomUUID()
  const { platformUrl, apiKey } = await startPlatform(
    { url: '', serviceKey: '', bare: false },
    [...transactions, bareTransaction],
    resources,
    { latencyMs: EMBEDDED_LATENCY_MS },
  )
  const input: EmbeddedInput = { platformUrl, apiKey, transactions, bareTransaction }
  return await runProcess<EmbeddedFigures>('./updates/embedded-update-process.ts', input)
}

/** Measures for how long a lost answer blocks a transaction. */
export async function measureLostAnswers(databases: Databases): Promise<LostAnswerFigures> {
  const transactions = newIds(15)
  await using resources = new AsyncDisposableStack()
  const addresses = await start(databases, transactions, resources)
  const input: LostAnswerInput = { ...addresses, transactions }
  return await runProcess<LostAnswerFigures>('./updates/lost-answer-process.ts', input)
}

const newIds = (count: number) => Array.from({ length: count }, () => randomUUID())

type PlatformSpeed = Partial<Pick<PlatformInput, 'latencyMs' | 'eventMs'>>

async function start(
  databases: Databases,
  transactions: readonly string[],
  resources: AsyncDisposableStack,
  speed: PlatformSpeed = {},
): Promise<RouteInput> {
  const database = resources.adopt(await databases.open(), (it) => it.close())
  return startPlatform(database, transactions, resources, speed)
}

async function startPlatform(
  { url, serviceKey, bare }: DatabaseAddress,
  transactions: readonly string[],
  resources: AsyncDisposableStack,
  speed: PlatformSpeed,
): Promise<RouteInput> {
  const apiKey = randomUUID()
  const latencyMs = PLATFORM_LATENCY_MS
  const platformInput: PlatformInput = { transactions, latencyMs, eventMs: null, ...speed, apiKey }
  const platform = resources.adopt(
    await startProcess<PlatformAddress>('./updates/platform-process.ts', platformInput),
    (it) => it.close(),
  )
  return { database: { url, serviceKey, bare }, platformUrl: platform.url, apiKey }
}
