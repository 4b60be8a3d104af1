import type { FaultForm } from '../../local/platform/faults.ts'
import { countingFetch } from '../database.ts'
import { median } from '../median.ts'
import type { LostAnswerFigures, LostAnswerInput } from './figures.ts'
import { createRoute, updateOf } from './route.ts'

// Measures for how long a transaction is blocked after the platform applied an update and its answer got lost.
const ROUNDS_OF_EACH = 5
const LOSSES = ['no_answer', 'reset_after', 'status_after'] as const

const input = JSON.parse(process.argv[2] ?? '') as LostAnswerInput
const { platformUrl, transactions } = input
const route = createRoute(input, countingFetch(input.database).fetch)

async function lose(kind: FaultForm['kind'], transactionId: string): Promise<void> {
  // Without the method a reading of the transaction would have the fault.
  const match = { method: updateOf(transactionId, 0).method, transactionId }
  const faults: FaultForm[] = [{ kind, match, status: 502 }]
  await fetch(`${platformUrl}/_emulator/faults`, { method: 'PUT', body: JSON.stringify(faults) })
}

/** The time from an update whose answer is lost until the next update of its transaction is applied. */
async function blockedMs(kind: FaultForm['kind'], id: string): Promise<number> {
  if ((await route.update([id])) > 0) throw new Error('An update was not applied')
  await lose(kind, id)
  const startedAt = performance.now()
  const notApplied = await Promise.all([route.update([id]), route.update([id])])
  if (notApplied.some((count) => count > 0)) throw new Error(`An update was not applied: ${kind}`)
  return performance.now() - startedAt
}

const figures: LostAnswerFigures = { byLossMs: {} }
for (const [place, kind] of LOSSES.entries()) {
  const times: number[] = []
  for (let round = 0; round < ROUNDS_OF_EACH; round += 1) {
    times.push(await blockedMs(kind, transactions[place * ROUNDS_OF_EACH + round]!))
  }
  figures.byLossMs[kind] = median(times)
}
process.send?.(figures, () => process.exit())
