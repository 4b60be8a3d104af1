import { runProcess } from '../child.ts'
import type { Databases, OpenDatabase } from '../database.ts'
import type { GoalReport } from '../goals.ts'
import type { SharedFigures, SharedInput } from './shared-process.ts'

/** Long enough that a process waits more than it works, as with anchors on the other side of the world. */
const LATENCY_MS = 3_000
const PROCESSES = 8
const DOMAINS = 10_000
/** One process has an eighth of them, so that both have the same end, at which the last checks wait alone. */
const DOMAINS_OF_ONE = DOMAINS / PROCESSES
const LEAST_TIMES = 6
const MOST_MB = 250

interface Drained {
  perSecond: number
  processed: number
  lost: number
  cpuMs: number
  mostMb: number
  databaseCalls: number
}

/** Measures how much faster eight processes check what is due than one. Null on the embedded database. */
export async function measureShared(databases: Databases): Promise<GoalReport[]> {
  const one = await drain(databases, DOMAINS_OF_ONE, 1)
  const eight = await drain(databases, DOMAINS, PROCESSES)
  const goal = `${DOMAINS} domains over ${PROCESSES} processes, as fast as ${LEAST_TIMES} or more of them alone, none checked twice`
  const memory = `each of the ${PROCESSES} processes within ${MOST_MB} MB above idle`
  if (one === null || eight === null) {
    return [goal, memory].map((goal) => ({ goal, figure: 'needs PostgreSQL', reached: null }))
  }
  const times = eight.perSecond / one.perSecond
  const cpu = ({ cpuMs, processed }: Drained) => (cpuMs / processed).toFixed(1)
  return [
    {
      goal,
      figure: `${times.toFixed(1)} times (${one.perSecond.toFixed(0)} and ${eight.perSecond.toFixed(0)} a second, ${cpu(one)} and ${cpu(eight)} ms of CPU each, ${eight.databaseCalls} database calls), ${eight.processed} checks of ${DOMAINS}, ${eight.lost} lost`,
      reached: times >= LEAST_TIMES && eight.processed === DOMAINS && eight.lost === 0,
    },
    { goal: memory, figure: `${eight.mostMb.toFixed(0)} MB`, reached: eight.mostMb <= MOST_MB },
  ]
}

async function drain(
  databases: Databases,
  domains: number,
  processes: number,
): Promise<Drained | null> {
  const database = await databases.open()
  try {
    if (database.query === null) return null
    await database.query(listingsSql(domains))
    const input: SharedInput = { database, latencyMs: LATENCY_MS }
    const all = await Promise.all(
      Array.from({ length: processes }, () =>
        runProcess<SharedFigures>('./catalog/shared-process.ts', input),
      ),
    )
    await assertCheckedOnce(database, domains)
    const sum = (of: (figures: SharedFigures) => number) => all.reduce((n, one) => n + of(one), 0)
    const endedAt = Math.max(...all.map((one) => one.endedAt))
    const startedAt = Math.min(...all.map((one) => one.startedAt))
    return {
      perSecond: domains / ((endedAt - startedAt) / 1_000),
      processed: sum((one) => one.processed),
      lost: sum((one) => one.lost),
      cpuMs: sum((one) => one.cpuMs),
      mostMb: Math.max(...all.map((one) => one.peakAboveIdleMb)),
      databaseCalls: sum((one) => one.databaseCalls),
    }
  } finally {
    await database.close()
  }
}

function listingsSql(domains: number): string {
  return `
    insert into anchor_ops.home_domain (network, domain)
    select 'mainnet', 'anchor-' || place || '.bench.sim' from generate_series(1, ${domains}) as place;
    insert into anchor_ops.listing (id, network, domain, country, currency, type, name, source, active)
    select domain || ':on-ramp:MX:USDC', network, domain, 'MX', 'USDC', 'on-ramp', domain, 'https://directory.example/', true
    from anchor_ops.home_domain`
}

/** Fails in the database when a home domain was checked twice, not at all, or not well. */
async function assertCheckedOnce({ query }: OpenDatabase, domains: number): Promise<void> {
  await query?.(`do $$ begin
    assert (select count(*) = ${domains} and count(distinct domain) = ${domains} and bool_and(outcome = 'ok')
      from anchor_ops.home_domain_check), 'a home domain was checked twice, not at all, or not well';
  end $$`)
}
