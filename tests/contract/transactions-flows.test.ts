import { expect, test } from 'vitest'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { type Answer, type Conversation, readFlows } from '../helpers/anchor-platform/flows.ts'
import { useService } from './service.ts'
import type { Item } from './transactions.ts'

/** Its platform takes 2 calls in one request. The service takes 40, whatever the limit of the platform. */
const OTHER_LIMIT = 'batch-limit-exceeded'

const flows = readFlows('flows.json')
const conversations = flows.conversations.filter(({ name }) => name !== OTHER_LIMIT)
const conversationOf = (name: string) => {
  const found = [...flows.conversations, ...flows.newer].find((one) => one.name === name)
  if (found === undefined) throw new Error(`no conversation is called ${name}`)
  return found
}

/** The recording has `@now` in place of the platform's clock. */
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

/** An answer without `data`, which the service adds to an error of the platform. */
function withoutData(recorded: Answer | undefined, { error, ...answer }: Answer): unknown {
  if (error === undefined) return withoutClock(recorded, answer)
  const { data: _data, ...rest } = error
  return { ...answer, error: rest }
}

const deploymentOf = ({ config }: Conversation) => ({
  ANCHOR_PLATFORM_CUSTODY: String(config['custody_type'] === 'fireblocks'),
})

const platformOf = ({ initial_transactions, config, ledger_fixture }: Conversation) =>
  [
    initial_transactions as unknown as StoredTransaction[],
    { assets: flows.assets, config, ledger_fixture } as StateForm,
  ] as const

const service = useService()

test.each(conversations.map((one) => [one.name, one] as const))(
  '%s is answered by the service as the platform answered it',
  async (_, conversation) => {
    const { requests, responses, final_transactions } = conversation
    service.deploy(deploymentOf(conversation))
    service.platformHas(...platformOf(conversation))
    let place = 0
    for (const [index, request] of (requests as Item[][]).entries()) {
      const recorded = responses[index] ?? []
      const { status, body } = await service.rpc(request)
      expect(status).toBe(200)
      expect(body).toHaveLength(recorded.length)
      for (const [at, answer] of (body as Answer[]).entries()) {
        place += 1
        expect(withoutData(recorded[at], answer), `item ${place}`).toEqual(recorded[at])
        expect(answer.id).toEqual(request[at]?.id)
      }
    }
    for (const recorded of final_transactions) {
      const { body } = await service.show(String(recorded['id']), { refresh: 'true' })
      expect(withoutClock(recorded, body.transaction)).toEqual(recorded)
    }
  },
)

test('a rejected refund sent again in a request of its own gets the recorded answer', async () => {
  const conversation = conversationOf('sep24-deposit-refund-errors')
  service.platformHas(...platformOf(conversation))
  for (const [index, request] of (conversation.requests as Item[][]).flat().entries()) {
    const { body } = await service.rpc([request])
    const recorded = conversation.responses[0]?.[index]
    expect(withoutData(recorded, body[0]), `item ${index + 1}`).toEqual(recorded)
  }
})

test('a batch is sent one call at a time, so a platform with a lower limit takes it', async () => {
  const conversation = conversationOf(OTHER_LIMIT)
  service.platformHas(...platformOf(conversation))
  const { body } = await service.rpc(conversation.requests[0])
  expect(service.sent()).toHaveLength(3)
  expect(JSON.stringify(body)).not.toContain('batch size limit')
})

// The emulated platform is a 2.8.4. It shows what a 4.3.0 would be sent, and not how that answers.
test.each(['v43-amount-fee-refused', 'v43-removed-methods'])(
  '%s is refused before anything is sent, in the words of 4.3.0',
  async (name) => {
    const conversation = conversationOf(name)
    const recorded = conversation.responses.flat()
    service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
    service.platformHas(...platformOf({ ...conversation, config: {} }))
    const { body } = await service.rpc(conversation.requests.flat())
    expect(body.map((answer: Answer, at: number) => withoutData(recorded[at], answer))).toEqual(
      recorded,
    )
    expect(service.sent()).toEqual([])
  },
)

test('v43-sep24-deposit-complete-short reaches the recorded statuses by the rules of 4.3.0', async () => {
  const conversation = conversationOf('v43-sep24-deposit-complete-short')
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
  const { ledger_fixture } = conversationOf('test-sep-6-deposit-complete-short')
  service.platformHas(...platformOf({ ...conversation, config: {}, ledger_fixture }))
  const { body } = await service.rpc(conversation.requests.flat())
  const statuses = (answers: Answer[]) =>
    answers.map(({ result, error }) => result?.['status'] ?? error)
  expect(statuses(body)).toEqual(statuses(conversation.responses.flat()))
})
