import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { StateForm } from '../../local/platform/emulator-state.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import {
  type Answer,
  type Conversation,
  type Flows,
  readFlows,
  wholeLedger,
} from '../helpers/anchor-platform/flows.ts'
import { PLATFORM_SECRET, useService } from './service.ts'
import type { Item } from './transactions.ts'

const flows = readFlows('flows.json')
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

type Release = '2.8.4' | '4.3.0'
const PREFIX = { '2.8.4': 'platform_server', '4.3.0': 'platform_api' } as const

const service = useService()

/** Puts a server of the release behind the service, with what the recorded one held. */
function begin(release: Release, conversation: Conversation, { assets }: Flows = flows): void {
  const { config: recorded, initial_transactions } = conversation
  service.deploy({
    ANCHOR_PLATFORM_CUSTODY: String(recorded['custody_type'] === 'fireblocks'),
    ANCHOR_PLATFORM_VERSION: release,
  })
  const auth = { [`${PREFIX[release]}_auth_type`]: 'api_key', secret: PLATFORM_SECRET }
  service.platformHas(
    initial_transactions as unknown as StoredTransaction[],
    {
      assets,
      config: { ...recorded, ...auth, release },
      ledger_fixture: wholeLedger(conversation),
      horizon_status: conversation.horizon_status,
    } as unknown as StateForm,
  )
}

test('a rejected refund sent again in a request of its own gets the recorded answer', async () => {
  const conversation = conversationOf('sep24-deposit-refund-errors')
  begin('2.8.4', conversation)
  for (const [index, request] of (conversation.requests as Item[][]).flat().entries()) {
    const { body } = await service.rpc([request])
    const recorded = conversation.responses[0]?.[index]
    expect(withoutData(recorded, body[0]), `item ${index + 1}`).toEqual(recorded)
  }
})

test('a batch is sent one call at a time, so a platform with a lower limit takes it', async () => {
  const conversation = conversationOf('batch-limit-exceeded')
  begin('2.8.4', conversation)
  const { body } = await service.rpc(conversation.requests[0])
  expect(service.sent()).toHaveLength(3)
  expect(JSON.stringify(body)).not.toContain('batch size limit')
})

test('a method that the release lost is refused before anything is sent', async () => {
  const conversation = conversationOf('v43-removed-methods')
  begin('4.3.0', conversation)
  const { body } = await service.rpc(conversation.requests.flat())
  expect(body.map(({ error }: Answer) => error?.code)).toEqual([-32601, -32601, -32601])
  expect(service.sent()).toEqual([])
})

test('a fee in the form that 4.3.0 refused is applied as fee_details, and the answer names that', async () => {
  const conversation = conversationOf('v43-amount-fee-refused')
  begin('4.3.0', conversation)
  const { body, headers } = await service.rpc(conversation.requests.flat())
  expect(body[0].result.fee_details).toEqual({ asset: 'iso4217:USD', total: '5' })
  expect(headers.get('x-anchor-ops-warning')).toContain('amount_fee is sent as fee_details')
})

/**
 * The recordings that the service answers otherwise than the platform did, by reason: the items, and whether the last
 * readings differ too. docs/transactions.md has the same table.
 */
const DIFFERENT = JSON.parse(
  readFileSync(
    new URL('../fixtures/anchor-platform/service-differs.json', import.meta.url),
    'utf8',
  ),
) as { why: string; recordings: Record<string, { items: number[]; readings?: true }> }[]
const differenceOf = (name: string) =>
  DIFFERENT.flatMap(({ recordings }) => recordings[name] ?? []).at(0)

const of2_8 = readFlows('flows-2.8.4-http.json')
const of4_3 = readFlows('flows-4.3.0.json')

/** Every conversation with a release: with its running server, and with its handlers alone. */
const RECORDED = {
  '2.8.4': [
    ...flows.conversations.map((one) => [one.name, one, flows] as const),
    ...of2_8.conversations.map((one) => [one.name, one, of2_8] as const),
  ],
  '4.3.0': [
    ...of4_3.conversations.map((one) => [one.name, one, of4_3] as const),
    ...flows.newer.map((one) => [one.name, one, flows] as const),
  ],
} as const

describe.each(['2.8.4', '4.3.0'] as const)('%s', (release) => {
  test.each(RECORDED[release])(
    '%s is answered as the platform answered it, but for what is listed',
    async (name, conversation, recordedIn) => {
      begin(release, conversation, recordedIn)
      const differing: number[] = []
      let place = 0
      for (const [index, request] of (conversation.requests as Item[][]).entries()) {
        const { status, body } = await service.rpc(request)
        expect(status).toBe(200)
        const recorded = conversation.responses[index] ?? []
        const isShort = body.length !== recorded.length
        for (const [at, answer] of recorded.entries()) {
          place += 1
          const seen = withoutData(answer, body[at])
          if (isShort || !isDeepStrictEqual(seen, answer)) differing.push(place)
        }
      }
      const shown = await Promise.all(
        conversation.final_transactions.map(async (recorded) => {
          const { body } = await service.show(String(recorded['id']), { refresh: 'true' })
          return isDeepStrictEqual(withoutClock(recorded, body.transaction), recorded)
        }),
      )
      const { items = [], readings = false } = differenceOf(name) ?? {}
      expect({ items: differing, readings: shown.includes(false) }).toEqual({ items, readings })
    },
  )
})

const PAGE = readFileSync(new URL('../../docs/transactions.md', import.meta.url), 'utf8')

test('docs/transactions.md names each difference with its reason and no other, and counts them', () => {
  const section = PAGE.slice(PAGE.indexOf('## What is answered otherwise than by the platform'))
  const rows = DIFFERENT.map(({ why, recordings }) => {
    const names = Object.keys(recordings).map((name) => `\`${name}\``)
    return `| ${why} | ${names.join(', ')} |`
  })
  expect(section.split('\n').filter((line) => /^\| [^-w]/.test(line))).toEqual(rows)
  const names = Object.values(RECORDED).flatMap((list) => list.map(([name]) => name))
  const listed = DIFFERENT.flatMap(({ recordings }) => Object.keys(recordings))
  expect(listed.filter((name) => !names.includes(name))).toEqual([])
  expect(section).toContain(`${names.length - listed.length} of ${names.length} get`)
})
