import { randomUUID } from 'node:crypto'
import { POST } from '../../api/transactions/rpc.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../../lib/deps.ts'
import type { DatabaseAddress } from '../database.ts'

/** What a process needs to send updates to the route. */
export interface RouteInput {
  database: DatabaseAddress
  platformUrl: string
  apiKey: string
}

/** The real route of the updates, called as the host calls it. */
export interface Route {
  deps: Deps
  /** Sends one update to each transaction. @returns how many updates were not applied */
  update(ids: readonly string[], key?: string): Promise<number>
  /** How many updates were sent. */
  submitted(): number
}

export function createRoute(input: RouteInput, databaseFetch: typeof fetch): Route {
  const businessKey = randomUUID()
  const deps = createDeps(
    readConfig({
      SUPABASE_URL: input.database.url,
      SUPABASE_SERVICE_ROLE_KEY: input.database.serviceKey,
      ANCHOR_PLATFORM_URL: input.platformUrl,
      ANCHOR_PLATFORM_AUTH: 'api_key',
      ANCHOR_PLATFORM_SECRET: input.apiKey,
      BUSINESS_API_KEY: businessKey,
    }),
    { databaseFetch },
  )
  useDeps(() => deps)
  let submitted = 0
  return {
    deps,
    submitted: () => submitted,
    update: async (ids, key) => {
      const body = ids.map((id) => {
        submitted += 1
        return updateOf(id, submitted)
      })
      const response = await POST(
        new Request('https://anchor-ops.example/api/transactions/rpc', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-api-key': businessKey,
            ...(key === undefined ? {} : { 'idempotency-key': key }),
          },
          body: JSON.stringify(body),
        }),
      )
      const answers = (await response.json()) as { id?: unknown; result?: { id?: string } }[]
      return ids.filter((id, index) => answers[index]?.result?.id !== id).length
    },
  }
}

/** An update that differs from every other with another `id`. */
export function updateOf(transactionId: string, id: number) {
  const params = {
    transaction_id: transactionId,
    message: `Amounts as of update ${id}`,
    amount_out: { amount: `${90 + (id % 9)}.5` },
    amount_fee: { amount: '1' },
  }
  return { jsonrpc: '2.0', id, method: 'notify_amounts_updated', params }
}
