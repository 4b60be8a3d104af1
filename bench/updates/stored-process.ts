import { randomUUID } from 'node:crypto'
import { createPace } from '../../lib/updates/pace.ts'
import { settleUpdates } from '../../lib/updates/settle.ts'
import { beginUpdates } from '../../lib/updates/store.ts'
import { type ObservedUpdate, sendStored } from '../../lib/updates/submit.ts'
import { countingFetch } from '../database.ts'
import { watch } from '../watch.ts'
import type { StoredFigures, StoredInput } from './figures.ts'
import { createRoute, updateOf } from './route.ts'

// Measures one run of the settler, or of the part of the payment observer that sends.
const input = JSON.parse(process.argv[2] ?? '') as StoredInput
const { transactions } = input
const BATCH = 40
const counted = countingFetch(input.database)
const { deps } = createRoute(input, counted.fetch)
const io = await deps.updates()
const never = () => false

/** Stores one update of each transaction and sends none. */
async function store(): Promise<ObservedUpdate[]> {
  const stored: ObservedUpdate[] = []
  for (let start = 0; start < transactions.length; start += BATCH) {
    const asked = transactions.slice(start, start + BATCH).map((transactionId, index) => ({
      ...{
        method: 'notify_amounts_updated',
        params: updateOf(transactionId, start + index).params,
      },
      ...{ index, transactionId, naturalKey: null, custody: false, origin: 'rpc', refund: null },
      ...{ expiresInSeconds: null, rpcId: null, forced: null, keyName: null, replay: null },
    }))
    const request = { key: randomUUID(), holder: null, bodySha256: 'a'.repeat(64), updates: asked }
    const { updates } = await beginUpdates(io.db, request)
    for (const { attemptId, index } of updates) {
      const { method, params } = asked[index]!
      stored.push({
        attemptId: attemptId ?? '',
        operationId: String(start + index),
        method,
        params,
      })
    }
  }
  return stored
}

async function settle(): Promise<number> {
  const { applied, settled, remaining } = await settleUpdates({ isOver: never }, io)
  if (settled !== applied || remaining > 0) throw new Error(`${remaining} attempts are open`)
  return applied
}

async function observe(stored: readonly ObservedUpdate[]): Promise<number> {
  let left = stored
  const takeOnce = async () => {
    const taken = left
    left = []
    return taken
  }
  await sendStored(takeOnce, { pace: createPace(deps.now), isOver: never }, io)
  return stored.length
}

await io.platform.checkAuth()
const stored = input.run === 'settle' ? [] : await store()
const callsBefore = counted.calls()
const { value: applied, cost } = await watch(async () => {
  if (input.run === 'store') return stored.length
  return input.run === 'settle' ? settle() : observe(stored)
})
const figures: StoredFigures = {
  applied,
  durationMs: cost.durationMs,
  cpuMs: cost.cpuMs,
  peakAboveIdleMb: cost.peakAboveIdleMb,
  databaseCalls: counted.calls() - callsBefore,
}
process.send?.(figures, () => process.exit())
