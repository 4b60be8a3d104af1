import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count } from '../db/shapes.ts'

const querySecretCalls = z.object({ calls: count })

/** Counts one call that showed CRON_SECRET in the query string alone. @throws AppError `database_unavailable` */
export async function countQuerySecret(db: Database): Promise<void> {
  await callChecked(db, querySecretCalls, 'count_query_secret', {})
}

/** Reads how many such calls were counted in the last day. @throws AppError `database_unavailable` */
export async function readQuerySecretCalls(db: Database): Promise<number> {
  return (await callChecked(db, querySecretCalls, 'read_query_secret_calls', {})).calls
}
