import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import { nanosecondsOf } from '../../../../local/platform/instants.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import {
  type Conversation,
  type Flows,
  readFlows,
  type TransportExample,
} from '../../../helpers/anchor-platform/flows.ts'

/** The names of the recordings that the emulator answers otherwise than the server. */
const DIFFERENT = JSON.parse(
  readFileSync(
    new URL('../../../fixtures/anchor-platform/emulator-differs.json', import.meta.url),
    'utf8',
  ),
) as { conversations: string[]; transport: string[] }

const NOW = new Date('2026-03-04T05:06:07.089Z')

/** The recordings write `@now` where the server printed its clock. */
const withoutClock = (text: string) =>
  text.replaceAll(/"2026-03-04T05:06:07\.0(?:89\d*|9)Z"/g, '"@now"')

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator({ now: () => nanosecondsOf(NOW) })
})
afterAll(() => emulator.close())

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${emulator.url}${path}`, init)
  const type = response.headers.get('content-type')
  return { status: response.status, type, text: withoutClock(await response.text()) }
}

type Pair = [seen: unknown, recorded: unknown]

/** Replays a conversation; answers are compared as texts, because the order of keys belongs to them. */
async function replay(flows: Flows, conversation: Conversation): Promise<Pair[]> {
  const pairs: Pair[] = []
  const compareViews = async (views: Conversation['initial_views']) => {
    for (const view of views) {
      const { text } = await call(`/transactions/${view['id']}`)
      pairs.push([JSON.parse(text), view])
    }
  }
  const state = { ...conversation, assets: flows.assets }
  await call('/_emulator/state', { method: 'PUT', body: JSON.stringify(state) })
  await compareViews(conversation.initial_views)
  for (const [index, request] of conversation.requests.entries()) {
    const { status, text } = await call('/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    pairs.push([status, 200], [text, JSON.stringify(conversation.responses[index])])
  }
  await compareViews(conversation.final_transactions)
  const { transactions, events_published } = emulator.state()
  for (const [index, columns] of [conversation.final_internal].flat().entries()) {
    const row = JSON.parse(withoutClock(JSON.stringify(transactions[index] ?? {})))
    pairs.push([Object.fromEntries(Object.keys(columns).map((key) => [key, row[key]])), columns])
  }
  pairs.push([events_published, conversation.events_published])
  return pairs
}

async function exchange({ assets }: Flows, example: TransportExample): Promise<Pair[]> {
  const { config, initial_transactions } = example
  emulator.setState({ config, initial_transactions, assets } as StateForm)
  const { status, type, text } = await call(example.path, {
    method: example.http_method,
    headers: example.request_headers,
    ...(example.request_body !== undefined && { body: example.request_body }),
  })
  const { http_status, response_headers, response_body: body } = example
  // The recordings hold numbers as JavaScript writes them.
  const seen = typeof body === 'string' ? text : JSON.stringify(JSON.parse(text))
  return [
    [status, http_status],
    [response_headers && type, response_headers && (response_headers['content-type'] ?? null)],
    [seen, typeof body === 'string' ? body : JSON.stringify(body)],
  ]
}

const recordings = (['flows.json', 'flows-2.8.4-http.json'] as const).flatMap((file) => {
  const flows = readFlows(file)
  const conversations = flows.conversations.map((one) => ({
    name: one.name,
    isDifferent: DIFFERENT.conversations.includes(one.name),
    compare: () => replay(flows, one),
  }))
  // Tokens have tests of their own.
  const transport = flows.transport
    .filter(
      ({ name, credential, shortened }) => !name.startsWith('jwt-') && !credential && !shortened,
    )
    .map((one) => ({
      name: one.name,
      isDifferent: DIFFERENT.transport.includes(one.name),
      compare: () => exchange(flows, one),
    }))
  return [...conversations, ...transport]
})

describe('the emulator answers as the 2.8.4 server did', () => {
  const same = recordings.filter(({ isDifferent }) => !isDifferent)
  test.each(same.map(({ name, compare }) => [name, compare] as const))('%s', async (_, compare) => {
    for (const [seen, recorded] of await compare()) expect(seen).toEqual(recorded)
  })
})

test('the list of differences names nothing that the emulator answers as the server did', async () => {
  const listed = recordings.filter(({ isDifferent }) => isDifferent)
  expect(listed).toHaveLength(new Set(Object.values(DIFFERENT).flat()).size)
  for (const { name, compare } of listed) {
    const pairs = await compare().catch(() => [['no answer', 'an answer'] as Pair])
    const seen = pairs.map(([one]) => one)
    expect(seen, name).not.toEqual(pairs.map(([, other]) => other))
  }
})
