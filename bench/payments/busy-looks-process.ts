import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import { observeOnSchedule } from '../../lib/payments/observe.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import { type Cost, watch } from '../watch.ts'
import { policyOf } from '../world.ts'
import { ACCOUNTS } from './busy-set.ts'
import type { BusyWorldAddress } from './busy-world-process.ts'

export interface BusyLooksInput {
  database: DatabaseAddress
  world: BusyWorldAddress
  apiKey: string
  minutes: number
}

/** One look at the payments of one minute. */
export interface BusyLook extends Cost {
  credited: number
  databaseCalls: number
  /** Single transactions that were read from the platform. */
  readings: number
}

/** The look that stores the open transactions first, and the looks after it. */
export interface BusyLooks {
  first: BusyLook
  looks: BusyLook[]
}

// Runs the observer once a minute of the ledger in a fresh process, as the cron route does.
const { database, world, apiKey, minutes } = JSON.parse(process.argv[2] ?? '') as BusyLooksInput
const counted = countingFetch(database)
const config = readConfig({
  SUPABASE_URL: database.url,
  SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
  ANCHOR_PLATFORM_URL: world.platformUrl,
  ANCHOR_PLATFORM_AUTH: 'api_key',
  ANCHOR_PLATFORM_SECRET: apiKey,
  STELLAR_HORIZON_URL: world.horizonUrl,
  PAYMENT_OBSERVER_ACCOUNTS: ACCOUNTS.join(','),
  PAYMENT_OBSERVER_START: 'now',
})
const deps = createDeps(config, { databaseFetch: counted.fetch, fetchPolicy: policyOf(world) })

const { platform } = await deps.updates()
const { getTransaction } = platform
let readings = 0
platform.getTransaction = (id) => {
  readings += 1
  return getTransaction(id)
}

async function look(): Promise<BusyLook> {
  const callsBefore = counted.calls()
  const readingsBefore = readings
  const { value, cost } = await watch(() =>
    observeOnSchedule(null, { keyName: 'CRON_SECRET', rights: new Set() }, deps),
  )
  const accounts = 'accounts' in value ? value.accounts : []
  const failed = accounts.find(({ remaining, alarm }) => remaining || alarm !== undefined)
  if (failed !== undefined) throw new Error(`An account was not read: ${JSON.stringify(failed)}`)
  const credited = accounts.reduce((sum, account) => sum + account.credited, 0)
  return {
    ...cost,
    credited,
    databaseCalls: counted.calls() - callsBefore,
    readings: readings - readingsBefore,
  }
}

const first = await look()
const looks: BusyLook[] = []
for (let minute = 0; minute < minutes; minute += 1) {
  await fetch(world.controlUrl, { method: 'POST' })
  looks.push(await look())
}
const figures: BusyLooks = { first, looks }
process.send?.(figures, () => process.exit())
