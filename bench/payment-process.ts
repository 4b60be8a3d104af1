import { readConfig } from '../lib/config.ts'
import { createDeps } from '../lib/deps.ts'
import { observeOnSchedule } from '../lib/payments/observe-on-schedule.ts'
import { countingFetch, type DatabaseAddress } from './database.ts'
import type { HorizonAddress } from './payment-horizon.ts'
import { OBSERVED_ACCOUNT } from './payment-set.ts'
import { type Cost, watch } from './watch.ts'
import { policyOf } from './world.ts'

export interface ObservingInput {
  database: DatabaseAddress
  horizon: HorizonAddress
}

export interface ObservingFigures extends Cost {
  payments: number
  credited: number
  /** The cursor in the end. */
  cursor: string | null
  databaseCalls: number
}

// One look of the observer in a fresh process, as the cron route runs it. Without an Anchor Platform: the updates that
// credit are stored, and nobody is sent them.
const { database, horizon } = JSON.parse(process.argv[2] ?? '') as ObservingInput
const counted = countingFetch(database)
const config = readConfig({
  SUPABASE_URL: database.url,
  SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
  STELLAR_HORIZON_URL: horizon.horizonUrl,
  PAYMENT_OBSERVER_ACCOUNTS: OBSERVED_ACCOUNT,
  PAYMENT_OBSERVER_START: '1',
})
const deps = createDeps(config, { databaseFetch: counted.fetch, fetchPolicy: policyOf(horizon) })

const { value, cost } = await watch(() => observeOnSchedule(null, deps))
const report = 'accounts' in value ? value.accounts[0] : undefined
if (report === undefined || report.remaining) {
  throw new Error(`The observer did not come to the end: ${JSON.stringify(value)}`)
}
const figures: ObservingFigures = {
  ...cost,
  payments: report.payments,
  credited: report.credited,
  cursor: report.to,
  databaseCalls: counted.calls(),
}
process.send?.(figures, () => process.exit())
