import { openEmbeddedDatabase } from '../../local/embedded-database.ts'
import { median } from '../median.ts'
import type { EmbeddedFigures, EmbeddedInput } from './figures.ts'
import { createRoute, updateOf } from './route.ts'

// Measures updates on the embedded database, which runs in the process of the route as `npm start` has it.
const ROUNDS = 200
const WARM_UP_ROUNDS = 100

const { platformUrl, apiKey, transactions, bareTransaction } = JSON.parse(
  process.argv[2] ?? '',
) as EmbeddedInput
const embedded = await openEmbeddedDatabase()
// The fetch of the embedded database reads the path of a URL alone.
const database = { url: 'http://localhost', serviceKey: embedded.serviceKey, bare: false }
const route = createRoute({ database, platformUrl, apiKey }, embedded.fetch)

async function barePost(round: number): Promise<number> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' }
  const body = JSON.stringify([updateOf(bareTransaction, round)])
  const startedAt = performance.now()
  const answer = await fetch(platformUrl, { method: 'POST', headers, body })
  await answer.json()
  return performance.now() - startedAt
}

async function update(round: number): Promise<number> {
  const startedAt = performance.now()
  if ((await route.update([transactions[round % transactions.length]!])) > 0) {
    throw new Error('An update was not applied')
  }
  return performance.now() - startedAt
}

const updates: number[] = []
const bares: number[] = []
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
  updates.push(await update(round))
  bares.push(await barePost(round))
}
const figures: EmbeddedFigures = {
  updateMs: median(updates.slice(WARM_UP_ROUNDS)),
  barePostMs: median(bares.slice(WARM_UP_ROUNDS)),
}
await embedded.close()
process.send?.(figures, () => process.exit())
