import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import {
  type Answer,
  type Conversation,
  readFlows,
  wholeLedger,
} from '../helpers/anchor-platform/flows.ts'
import { PLATFORM_SECRET, useService } from './service.ts'
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

/** The recording has `@now` in place of the platform's clock, and `@random_memo` for a memo that it made. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
function withoutClock(recorded: unknown, seen: unknown): unknown {
  if (recorded === '@now') return typeof seen === 'string' && INSTANT.test(seen) ? '@now' : seen
  if (recorded === '@random_memo') {
    return typeof seen === 'string' && /^\d{1,19}$/.test(seen) ? '@random_memo' : seen
  }
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
test('v43-removed-methods is refused before anything is sent, in the words of 4.3.0', async () => {
  const conversation = conversationOf('v43-removed-methods')
  const recorded = conversation.responses.flat()
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
  service.platformHas(...platformOf({ ...conversation, config: {} }))
  const { body } = await service.rpc(conversation.requests.flat())
  expect(body.map((answer: Answer, at: number) => withoutData(recorded[at], answer))).toEqual(
    recorded,
  )
  expect(service.sent()).toEqual([])
})

// 4.3.0 refuses a fee in the form of 2.x. Here it is sent in the form of 4.3.0.
test('v43-amount-fee-refused is applied with fee_details, and the answer names that', async () => {
  const conversation = conversationOf('v43-amount-fee-refused')
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
  service.platformHas(...platformOf({ ...conversation, config: {} }))
  const { body, headers } = await service.rpc(conversation.requests.flat())
  expect(body[0].result.fee_details).toEqual({ asset: 'iso4217:USD', total: '5' })
  expect(headers.get('x-anchor-ops-warning')).toContain('amount_fee is sent as fee_details')
})

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

/** What the service answers otherwise than 4.3.0 did, by conversation: the items, whether the last readings differ too, and why. */
const DIFFERS: Readonly<Record<string, { items: number[]; readings?: true; why: string }>> = {
  'http-sep24-deposit-refund-same-id-twice': {
    ...{ items: [2, 3, 4], readings: true },
    why: 'A refund whose id was reported before is refused: the platform counts it twice.',
  },
  'http-sep24-deposit-refund-refusals': {
    ...{ items: [6, 7, 8], readings: true },
    why: 'A refund needs an id and a fee, which the platform fails to demand; item 7 follows from item 6, which it took.',
  },
  'http-onchain-sent-refusals': {
    items: [4],
    why: 'What is no hash of a Stellar transaction is refused before it is sent.',
  },
  'http-sep6-withdrawal-refund': {
    items: [2],
    why: 'A refund whose id was reported before is refused: the platform counts it twice.',
  },
  'http-refund-rounding': {
    ...{ items: [3], readings: true },
    why: 'Refunds above amount_in are refused; the platform rounds its sum to 4 decimal places.',
  },
  'http-withdraw-same-hash-twice': {
    ...{ items: [3], readings: true },
    why: 'A payment that was reported before is refused: the platform takes it again.',
  },
  'http-numbers-as-text': {
    ...{ items: [1], readings: true },
    why: 'A text given as a number keeps its digits; the platform writes it with an exponent.',
  },
  'http-sep24-deposit-refund-same-id-becomes-refunded': {
    ...{ items: [2], readings: true },
    why: 'A refund whose id was reported before is refused: the platform counts it twice.',
  },
  'http-sep6-withdrawal-refund-same-id-becomes-refunded': {
    ...{ items: [2], readings: true },
    why: 'A refund whose id was reported before is refused: the platform counts it twice.',
  },
  'http-batch-failed-item-leaves-changes': {
    items: [2],
    why: 'A reading is made once all updates of its request have been answered.',
  },
  'http-request-offchain-funds-refusals': {
    ...{ items: [20, 21], readings: true },
    why: 'An amount_fee is sent as fee_details; item 21 follows from item 20, which was applied.',
  },
  'http-read-methods': {
    items: [17],
    why: 'The server held rows and quotes that the recording does not list.',
  },
  'http-get-quote': {
    items: [1, 2],
    why: 'The server held rows and quotes that the recording does not list.',
  },
}

describe('4.3.0', () => {
  const newer = readFlows('flows-4.3.0.json')

  test.each(newer.conversations.map((one) => [one.name, one] as const))(
    '%s is answered as the platform answered it, but for what is listed',
    async (name, conversation) => {
      const { requests, responses, final_transactions } = conversation
      service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
      const config = {
        ...conversation.config,
        ...{ release: '4.3.0', platform_api_auth_type: 'api_key', secret: PLATFORM_SECRET },
      }
      const ledger_fixture = wholeLedger(conversation)
      service.platformHas(
        conversation.initial_transactions as unknown as StoredTransaction[],
        {
          ...{ ...conversation, assets: newer.assets, config, ledger_fixture },
        } as unknown as StateForm,
      )
      const differing: number[] = []
      let place = 0
      for (const [index, request] of (requests as Item[][]).entries()) {
        const { body } = await service.rpc(request)
        for (const [at, recorded] of (responses[index] ?? []).entries()) {
          place += 1
          const answer = (body as Answer[])[at]
          const same =
            answer !== undefined && isDeepStrictEqual(withoutData(recorded, answer), recorded)
          if (!same) differing.push(place)
        }
      }
      let readingsDiffer = false
      for (const recorded of final_transactions) {
        const { body } = await service.show(String(recorded['id']), { refresh: 'true' })
        if (!isDeepStrictEqual(withoutClock(recorded, body.transaction), recorded)) {
          readingsDiffer = true
        }
      }
      const { items = [], readings = false } = DIFFERS[name] ?? {}
      expect({ items: differing, readings: readingsDiffer }).toEqual({ items, readings })
    },
  )

  test('each reason why an answer differs is told in docs/transactions.md', () => {
    const told = readFileSync(new URL('../../docs/transactions.md', import.meta.url), 'utf8')
    const reasons = Object.values(DIFFERS).map(({ why }) => why)
    expect(reasons.filter((why) => !told.includes(why))).toEqual([])
    expect(Object.keys(DIFFERS).filter((name) => !told.includes(name))).toEqual([])
  })
})
