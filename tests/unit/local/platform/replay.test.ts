import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'

interface Conversation extends StateForm {
  name: string
  requests: unknown[]
  responses: unknown[]
  initial_views: { id: string }[]
  final_transactions: { id: string }[]
  final_internal: Record<string, string>[]
  events_published: number
}

interface TransportExample {
  name: string
  config?: StateForm['config']
  http_method?: string
  path?: string
  request_headers?: Record<string, string>
  request_body?: string
  http_status: number
  response_body: unknown
}

interface Flows {
  assets: NonNullable<StateForm['assets']>
  examples: Conversation[]
  transport_examples: TransportExample[]
}

/** Recorded conversations with the real 2.8.4 handlers. */
function readFlows(): Flows | null {
  try {
    const url = new URL('../../../../../shared/anchor-platform/flows.json', import.meta.url)
    return JSON.parse(readFileSync(url, 'utf8')) as Flows
  } catch {
    return null
  }
}

const flows = readFlows()
const examples = flows?.examples ?? []
const transport = flows?.transport_examples ?? []

const NOW = new Date('2026-03-04T05:06:07.089Z')

/** The recording stands `@now` where the platform's clock was printed; ours stands still. */
const withClock = (recorded: unknown): unknown =>
  JSON.parse(JSON.stringify(recorded).replaceAll('@now', NOW.toISOString()))

describe.skipIf(flows === null)(
  'recorded conversations (skipped where ../shared/anchor-platform is absent)',
  () => {
    let emulator: PlatformEmulator
    beforeAll(async () => {
      emulator = await startPlatformEmulator({ now: () => NOW })
    })
    afterAll(() => emulator.close())

    const call = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${emulator.url}${path}`, init)
      return { status: response.status, text: await response.text() }
    }
    const view = async (id: string): Promise<unknown> =>
      JSON.parse((await call(`/transactions/${id}`)).text)

    test('there are conversations to replay', () => {
      expect(examples.length).toBeGreaterThan(40)
    })

    test.each(examples)('$name is answered as the platform answered it', async (example) => {
      const put = { method: 'PUT', body: JSON.stringify({ ...example, assets: flows?.assets }) }
      expect((await call('/_emulator/state', put)).status).toBe(200)
      for (const recorded of example.initial_views) {
        expect(await view(recorded.id)).toEqual(recorded)
      }

      for (const [index, request] of example.requests.entries()) {
        const { status, text } = await call('/', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(request),
        })
        expect(status).toBe(200)
        // Compared as text: the order of keys belongs to the answer too.
        expect(text).toBe(JSON.stringify(withClock(example.responses[index])))
      }

      for (const recorded of example.final_transactions) {
        expect(await view(recorded.id)).toEqual(withClock(recorded))
      }
      const { transactions, events_published: events } = emulator.state()
      for (const [index, columns] of example.final_internal.entries()) {
        expect(transactions[index]).toMatchObject(withClock(columns) as object)
      }
      expect(events).toBe(example.events_published)
    })

    // Two examples hold a description where the token stands; tokens have tests of their own.
    test.each(transport.filter(({ name }) => !name.startsWith('jwt-')))(
      '$name fails or passes as the platform does',
      async (example) => {
        const transaction = {
          sep: '24',
          id: 'TX_ID',
          kind: 'withdrawal',
          status: 'incomplete',
          request_asset_code: 'USDC',
        } as const
        emulator.setState({ config: example.config, initial_transactions: [transaction] })
        const { status, text } = await call(example.path ?? '/', {
          method: example.http_method ?? 'POST',
          headers: { 'content-type': 'application/json', ...lowerCase(example.request_headers) },
          ...(example.request_body !== undefined && { body: example.request_body }),
        })
        expect(status).toBe(example.http_status)
        expect(JSON.parse(text)).toEqual(example.response_body)
      },
    )
  },
)

const lowerCase = (headers: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
