import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { useService } from './service.ts'
import type { Item } from './transactions.ts'

interface Answer {
  jsonrpc: string
  id?: unknown
  result?: Record<string, unknown>
  error?: { id?: string; code: number; message?: string; data?: unknown }
}

interface Conversation {
  name: string
  config: unknown
  initial_transactions: unknown[]
  ledger_fixture: unknown
  requests: Item[][]
  responses: Answer[][]
  final_transactions: { id: string }[]
}

interface Flows {
  assets: NonNullable<StateForm['assets']>
  examples: Conversation[]
  newer_4_3_0_examples: Conversation[]
}

function readFlows(): Flows | null {
  try {
    const url = new URL('../../../shared/anchor-platform/flows.json', import.meta.url)
    return JSON.parse(readFileSync(url, 'utf8')) as Flows
  } catch {
    return null
  }
}

const flows = readFlows()

/** Its platform takes 2 items of one request, ours 40 whatever the platform takes. */
const OTHER_LIMIT = 'batch-limit-exceeded'

/** The recording has `@now` where the platform's clock stood. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
function withoutClock(recorded: unknown, seen: unknown): unknown {
  if (recorded === '@now') return typeof seen === 'string' && INSTANT.test(seen) ? '@now' : seen
  if (Array.isArray(recorded) && Array.isArray(seen)) {
    return seen.map((entry, index) => withoutClock(recorded[index], entry))
  }
  if (typeof recorded !== 'object' || recorded === null) return seen
  if (typeof seen !== 'object' || seen === null) return seen
  const known = recorded as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(seen).map(([key, value]) => [key, withoutClock(known[key], value)]),
  )
}

/** What an answer says in the platform's own words: its `data` is ours to add. */
function said(recorded: Answer | undefined, { error, ...answer }: Answer): unknown {
  if (error === undefined) return withoutClock(recorded, answer)
  const { data: _data, ...told } = error
  return { ...answer, error: told }
}

/** Custody as the conversation's platform has it. */
const deploymentOf = ({ config }: Conversation) => ({
  ANCHOR_PLATFORM_CUSTODY: String((config as Settings | undefined)?.custody_type === 'fireblocks'),
})
type Settings = Record<string, unknown>

const platformOf = ({ initial_transactions, config, ledger_fixture }: Conversation) =>
  [
    initial_transactions as StoredTransaction[],
    { ...(flows && { assets: flows.assets }), config, ledger_fixture } as StateForm,
  ] as const

describe.skipIf(flows === null)(
  'recorded conversations (skipped where ../shared/anchor-platform is absent)',
  () => {
    const service = useService()
    const examples = (flows?.examples ?? []).filter(({ name }) => name !== OTHER_LIMIT)

    test('there are conversations to replay', () => {
      expect(examples.length).toBeGreaterThan(40)
    })

    test.each(examples)(
      '$name is answered through us as the platform answered it',
      async (example) => {
        const { requests, responses, final_transactions } = example
        service.deploy(deploymentOf(example))
        service.platformHas(...platformOf(example))
        let place = 0
        for (const [index, request] of requests.entries()) {
          const recorded = responses[index] ?? []
          const { status, body } = await service.rpc(request)
          expect(status).toBe(200)
          expect(body).toHaveLength(recorded.length)
          for (const [at, answer] of (body as Answer[]).entries()) {
            place += 1
            expect(said(recorded[at], answer), `item ${place}`).toEqual(recorded[at])
            expect(answer.id).toEqual(request[at]?.id)
          }
        }
        for (const recorded of final_transactions) {
          const { body } = await service.show(recorded.id, { refresh: 'true' })
          expect(withoutClock(recorded, body.transaction)).toEqual(recorded)
        }
      },
    )

    test('a refund that was rejected is taken again in a request of its own: every answer is the recorded one', async () => {
      const example = examples.find(({ name }) => name === 'sep24-deposit-refund-errors')
      if (example === undefined) throw new Error('the conversation is missing')
      service.platformHas(...platformOf(example))
      for (const [index, request] of (example.requests[0] ?? []).entries()) {
        const { body } = await service.rpc([request])
        const recorded = example.responses[0]?.[index]
        expect(said(recorded, body[0]), `item ${index + 1}`).toEqual(recorded)
      }
    })

    test('a batch is sent item by item, so that a platform with a lower limit takes it', async () => {
      const example = flows?.examples.find(({ name }) => name === OTHER_LIMIT)
      if (example === undefined) throw new Error('the conversation is missing')
      service.platformHas(...platformOf(example))
      const { body } = await service.rpc(example.requests[0])
      expect(service.sent()).toHaveLength(3)
      expect(JSON.stringify(body)).not.toContain('batch size limit')
    })

    // The emulated platform is a 2.8.4: it shows what a 4.3.0 would be sent, not how that answers.
    const newer = (flows?.newer_4_3_0_examples ?? []).map(
      ({ name, requests, responses, ...rest }) => ({
        name,
        rest,
        requests: requests.flat(),
        recorded: responses.flat(),
      }),
    )
    const local = newer.filter(({ name }) =>
      ['v43-amount-fee-refused', 'v43-removed-methods'].includes(name),
    )
    test.each(local)(
      '$name is refused before anything is sent, in the words of 4.3.0',
      async (example) => {
        service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
        service.platformHas(...platformOf({ ...example.rest, config: {} } as Conversation))
        const { body } = await service.rpc(example.requests)
        expect(
          body.map((answer: Answer, at: number) => said(example.recorded[at], answer)),
        ).toEqual(example.recorded)
        expect(service.sent()).toEqual([])
      },
    )

    test('v43-sep24-deposit-complete-short runs with the rules of 4.3.0', async () => {
      const example = newer.find(({ name }) => name === 'v43-sep24-deposit-complete-short')
      if (example === undefined) throw new Error('the conversation is missing')
      service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
      const ledger = (flows?.examples ?? []).find(({ ledger_fixture }) => ledger_fixture)
      const held = { ...example.rest, config: {}, ledger_fixture: ledger?.ledger_fixture }
      service.platformHas(...platformOf(held as Conversation))
      const { body } = await service.rpc(example.requests)
      const statuses = (answers: Answer[]) =>
        answers.map(({ result, error }) => result?.['status'] ?? error)
      expect(statuses(body)).toEqual(statuses(example.recorded))
    })
  },
)
