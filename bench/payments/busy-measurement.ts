import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { PAYMENTS, storeManyPayments } from '../../tests/helpers/many-payments.ts'
import { runProcess, startProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import { median } from '../median.ts'
import type { BusyLooks, BusyLooksInput } from './busy-looks-process.ts'
import type { BusyWorldAddress, BusyWorldInput } from './busy-world-process.ts'

/** With events on, the real platform answers an accepted call after 1.02 to 1.08 s. */
export const EVENT_MS = 1_050
const HORIZON_LATENCY_MS = 50
const MINUTES = 5
const CALLS = 21

export interface BusyFigures extends BusyLooks {
  /** The updates that were applied when the last look ended. */
  applied: number
  /** The medians of the reads on 1,000,000 payments, in milliseconds. */
  reads: { what: string; ms: number }[]
}

/** Measures looks at busy accounts beside 1,000,000 stored payments. @returns null on the embedded database */
export async function measureBusy(databases: Databases): Promise<BusyFigures | null> {
  await using resources = new AsyncDisposableStack()
  const database = resources.adopt(await databases.open(), (it) => it.close())
  if (database.connection === null) return null
  const client = resources.adopt(new pg.Client(database.connection), (it) => it.end())
  await client.connect()
  await storeManyPayments(client)
  // The platform of this bench does not have them.
  await client.query('update anchor_ops.transaction set gone_at = now()')
  await client.query('analyze')
  const apiKey = randomUUID()
  const worldInput: BusyWorldInput = {
    ...{ minutes: MINUTES, latencyMs: HORIZON_LATENCY_MS, eventMs: EVENT_MS, apiKey },
  }
  const world = resources.adopt(
    await startProcess<BusyWorldAddress>('./payments/busy-world-process.ts', worldInput),
    (it) => it.close(),
  )
  const { url, serviceKey, bare } = database
  const input: BusyLooksInput = {
    ...{ database: { url, serviceKey, bare }, world, apiKey, minutes: MINUTES },
  }
  const looks = await runProcess<BusyLooks>('./payments/busy-looks-process.ts', input)
  const { rows } = await client.query<{ applied: string }>(
    `select count(*) as applied from anchor_ops.attempt where transaction_id like 'busy-%' and state = 'APPLIED'`,
  )
  return { ...looks, applied: Number(rows[0]?.applied), reads: await measureReads(client) }
}

const LISTS: [what: string, sql: string][] = [
  ['first page of 200 payments', listed('null', 'null')],
  ['middle page of 200 payments', listed('null', behind(PAYMENTS / 2))],
  ['last page of 200 payments', listed('null', behind(PAYMENTS - 200))],
  ['page of 200 credited payments', listed(`'credited'`, behind(PAYMENTS / 2))],
  ['health', 'select public.read_observer_health()'],
  ['attention, first page of 50', `select public.read_attention(60, '{}', 'horizon', 50, null)`],
]

function listed(verdict: string, cursor: string): string {
  return `select public.read_payments(${verdict}, null, 200, ${cursor})`
}

function behind(payment: number): string {
  return `(select anchor_ops.cursor_of(judged_at, operation_id) from anchor_ops.payment
    where epoch = 1 and operation_id = '${1_000_000_000_000 + payment}')`
}

async function measureReads(client: pg.Client): Promise<BusyFigures['reads']> {
  const reads: BusyFigures['reads'] = []
  for (const [what, sql] of LISTS) {
    const times: number[] = []
    for (let call = 0; call < CALLS; call += 1) {
      const startedAt = performance.now()
      await client.query(sql)
      times.push(performance.now() - startedAt)
    }
    reads.push({ what, ms: median(times) })
  }
  return reads
}
