import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import { observeOnSchedule } from '../../lib/payments/observe.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import { type Cost, watch } from '../watch.ts'
import { policyOf } from '../world.ts'
import type { HorizonAddress } from './horizon-process.ts'
import { OBSERVED_ACCOUNT } from './payment-set.ts'

export interface ObservingInput {
  database: DatabaseAddress
  horizon: HorizonAddress
}

export interface ObservingFigures extends Cost {
  payments: number
  credited: number
  /** The cursor at the end. */
  cursor: string | null
  databaseCalls: number
}

// Runs the observer once in a fresh process, as the cron route does. No Anchor Platform is configured: the updates that
// credit payments are stored and not sent.
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

const { value, cost } = await watch(() =>
  observeOnSchedule(null, { keyName: 'CRON_SECRET', rights: new Set() }, deps),
)
const report = 'accounts' in value ? value.accounts[0] : undefined
if (report === undefined || report.remaining) {
  throw new Error(`The observer did not reach the end: ${JSON.stringify(value)}`)
}
const figures: ObservingFigures = {
  ...cost,
  payments: report.payments,
  credited: report.credited,
  cursor: report.to,
  databaseCalls: counted.calls(),
}
process.send?.(figures, () => process.exit())
