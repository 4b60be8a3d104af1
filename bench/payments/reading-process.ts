import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import { type Cost, watch } from '../watch.ts'
import { policyOf } from '../world.ts'
import type { HorizonAddress } from './horizon-process.ts'
import { OBSERVED_ACCOUNT } from './payment-set.ts'

export interface ReadingInput {
  horizon: HorizonAddress
  /** Where reading starts. */
  cursor: string
}

export interface ReadingFigures extends Cost {
  payments: number
  pages: number
  bytes: number
  /** The cursor behind the last payment. */
  cursor: string
}

const MAX_PAGE_BYTES = 8 * 1024 * 1024

// Reads the pages one after another in a fresh process, with the observer's guarded fetch. Only the cursor of the next
// page is taken from each page.
const { horizon, cursor: start } = JSON.parse(process.argv[2] ?? '') as ReadingInput
const { fetch } = createDeps(readConfig({}), { fetchPolicy: policyOf(horizon) })

async function readAll(): Promise<Omit<ReadingFigures, keyof Cost>> {
  let cursor = start
  let payments = 0
  let pages = 0
  let bytes = 0
  for (;;) {
    const query = `cursor=${cursor}&order=asc&limit=200&join=transactions`
    const url = `${horizon.horizonUrl}/accounts/${OBSERVED_ACCOUNT}/payments?${query}`
    const answer = await fetch(url, { maxBytes: MAX_PAGE_BYTES })
    const { _embedded: page } = JSON.parse(answer.text) as HorizonPage
    pages += 1
    bytes += answer.bytes
    payments += page.records.length
    cursor = page.records.at(-1)?.paging_token ?? cursor
    if (page.records.length < 200) return { payments, pages, bytes, cursor }
  }
}

interface HorizonPage {
  _embedded: { records: { paging_token: string }[] }
}

const { value, cost } = await watch(readAll)
const figures: ReadingFigures = { ...cost, ...value }
process.send?.(figures, () => process.exit())
