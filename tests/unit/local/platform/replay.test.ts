import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateForm } from '../../../../local/platform/emulator-state.ts'
import { FAULT_KINDS } from '../../../../local/platform/faults.ts'
import { nanosecondsOf, parseInstant } from '../../../../local/platform/instants.ts'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import {
  type Conversation,
  type Flows,
  readFlows,
  type TransportExample,
  wholeLedger,
} from '../../../helpers/anchor-platform/flows.ts'
import { RECORDED_VERSIONS } from '../../../helpers/anchor-platform/versions.ts'
import { PAID_AT, post, stateWith, transactionOf } from './fixtures.ts'

/** The recordings that the emulator answers otherwise than the server, by reason. docs/emulator.md has the same table. */
const DIFFERENT = JSON.parse(
  readFileSync(
    new URL('../../../fixtures/anchor-platform/emulator-differs.json', import.meta.url),
    'utf8',
  ),
) as { release: string; reason: string; recordings: string[] }[]

/** Whether the answer to a recording may differ. */
const isListed = (of: string, name: string) =>
  DIFFERENT.some(({ release, recordings }) => release === of && recordings.includes(name))

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

/** A deposit as the other recordings of 4.3.0 have it. */
const HELD = readFlows('flows-4.3.0.json').conversations.find(
  ({ name }) => name === 'http-onchain-sent-refusals',
)?.initial_transactions[0]

type Pair = [seen: unknown, recorded: unknown]

/** Replays a conversation; answers are compared as texts, because the order of keys belongs to them. */
async function replay(flows: Flows, conversation: Conversation): Promise<Pair[]> {
  const pairs: Pair[] = []
  const compareViews = async (views: Conversation['initial_views']) => {
    for (const view of views) {
      const { text } = await call(`/transactions/${view['id']}`)
      pairs.push([JSON.parse(withoutMemo(text, JSON.stringify(view))), view])
    }
  }
  const ledger_fixture = wholeLedger(conversation)
  const state = { ...conversation, assets: flows.assets, ledger_fixture }
  await call('/_emulator/state', { method: 'PUT', body: JSON.stringify(state) })
  await compareViews(conversation.initial_views)
  for (const [index, request] of conversation.requests.entries()) {
    const { status, text } = await call('/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    const recorded = JSON.stringify(conversation.responses[index])
    pairs.push([status, 200], [withoutMemo(text, recorded), recorded])
  }
  await compareViews(conversation.final_transactions)
  for (const { path, http_status, response_body } of conversation.readings_afterwards ?? []) {
    const { status, text } = await call(path)
    pairs.push([status, http_status], [JSON.parse(text), response_body])
  }
  const { transactions, events_published } = emulator.state()
  for (const [index, columns] of [conversation.final_internal].flat().entries()) {
    const row = JSON.parse(withoutClock(JSON.stringify(transactions[index] ?? {})))
    pairs.push([columnsAs(columns, row), columnsAs(columns, columns)])
  }
  pairs.push([events_published, conversation.events_published])
  return pairs
}

/** A memo that the server made is recorded as `@random_memo`. */
function withoutMemo(text: string, recorded: string): string {
  return recorded.includes('@random_memo')
    ? text.replaceAll(/("(?:refund_)?memo"):"\d{1,19}"/g, '$1:"@random_memo"')
    : text
}

/** The columns that a recording names, with times as JavaScript read them from the database: in milliseconds. */
const columnsAs = (named: object, row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(named).map((name) => {
      const value = row[name]
      const isInstant = typeof value === 'string' && /^[+\d]\d+-\d\d-\d\dT.*\d/.test(value)
      const instant = String(value).replace('+0', '+').replace(/\d$/, '$&Z')
      return [name, isInstant ? parseInstant(instant) / 1_000_000n : value]
    }),
  )

async function exchange({ assets }: Flows, example: TransportExample): Promise<Pair[]> {
  const { config, initial_transactions } = example
  // The server of the 4.3.0 recordings held this row, which they do not list.
  const rows = initial_transactions ?? [HELD]
  emulator.setState({ config, initial_transactions: rows, assets } as StateForm)
  const { status, type, text } = await call(example.path, {
    method: example.http_method,
    headers: example.request_headers,
    // A text would be sent with a content type of its own.
    ...(example.request_body !== undefined && { body: Buffer.from(example.request_body) }),
  })
  const { http_status, response_headers, response_body: body } = example
  // A page that is not JSON was recorded to its first 300 characters.
  if (typeof body === 'string' && body.endsWith('…')) {
    const start = body.slice(0, -1)
    return [
      [status, http_status],
      [type, response_headers?.['content-type']],
      [text.slice(0, start.length), start],
    ]
  }
  // The recordings hold numbers as JavaScript writes them.
  const seen = typeof body === 'string' ? text : JSON.stringify(JSON.parse(text))
  return [
    [status, http_status],
    [response_headers && type, response_headers && (response_headers['content-type'] ?? null)],
    [seen, typeof body === 'string' ? body : JSON.stringify(body)],
  ]
}

const FILES = {
  'flows.json': '2.8.4',
  'flows-2.8.4-http.json': '2.8.4',
  'flows-4.3.0.json': '4.3.0',
} as const

const nested = (levels: number, open: string, inside: string, close: string) =>
  open.repeat(levels) + inside + close.repeat(levels)
const callOf = (method: string, params: string) =>
  `[{"id":"1","jsonrpc":"2.0","method":"${method}","params":${params}}]`

/** The bodies of which the recording holds the start and the length. */
const LONG_BODIES: Readonly<Record<string, () => string>> = {
  'body-30-mb': () => callOf('x', `{"m":"${'x'.repeat(30_000_000)}"}`),
  'deep-nesting': () => nested(3_000, '[', '', ']'),
  'deep-nesting-params': () => callOf('notify_trust_set', nested(2_000, '{"a":', '1', '}')),
}

/** A request with its whole body. @throws Error for a body that is not the recorded one */
function made(example: TransportExample): TransportExample {
  const { name, shortened, request_body: recorded = '' } = example
  if (!shortened) return example
  const body = LONG_BODIES[name]?.() ?? ''
  const [, bytes = '', start = ''] = /^<(\d+) bytes> (.*)$/s.exec(recorded) ?? []
  if (body.length !== Number(bytes) || !body.startsWith(start))
    throw new Error(`The body of ${name} was not made as it was recorded: ${recorded}`)
  return { ...example, request_body: body }
}

const recordings = (Object.keys(FILES) as (keyof typeof FILES)[]).flatMap((file) => {
  const release = FILES[file]
  const flows = readFlows(file)
  const conversationsOf = (release: string, list: readonly Conversation[]) =>
    list.map((one) => ({
      release,
      name: one.name,
      isDifferent: isListed(release, one.name),
      compare: () => replay(flows, { ...one, config: { ...one.config, release } }),
    }))
  const conversations = [
    ...conversationsOf(release, flows.conversations),
    ...conversationsOf('4.3.0', flows.newer),
  ]
  // credentials.test.ts makes the tokens again. The batches that were recorded in part have a test in envelope.test.ts.
  const transport = flows.transport
    .filter(({ name, credential }) => !name.startsWith('jwt-') && !credential)
    .filter(({ name }) => !/^(?:http-)?batch-4[01]$/.test(name))
    .map((one) => ({
      release,
      name: one.name,
      isDifferent: isListed(release, one.name),
      compare: () => exchange(flows, { ...made(one), config: { ...one.config, release } }),
    }))
  return [...conversations, ...transport]
})

describe.each(RECORDED_VERSIONS)('the emulator answers as the %s server did', (version) => {
  const same = recordings.filter(({ isDifferent, release }) => release === version && !isDifferent)
  test.each(same.map(({ name, compare }) => [name, compare] as const))('%s', async (_, compare) => {
    for (const [seen, recorded] of await compare()) expect(seen).toEqual(recorded)
  })
})

describe('with its lock, the emulator answers parallel requests as the 4.3.0 server did', () => {
  const { parallel } = readFlows('flows-4.3.0.json')
  test.each(parallel.map((one) => [one.name, one] as const))('%s', async (_, recorded) => {
    const { name, requests, responses, final_row } = recorded
    // The recording does not list the row before. These are statuses in which both methods of the pair are allowed.
    const isReceived = name.startsWith('error')
    const status = isReceived ? 'pending_anchor' : 'pending_user_transfer_start'
    const deposit = transactionOf({ sep: '24', kind: 'deposit' }, status, {
      ...{ id: 'TX_ID', ...(isReceived && { transfer_received_at: PAID_AT }) },
    })
    emulator.setState(stateWith([deposit], { release: '4.3.0' }))
    const isRefused = (place: number) => responses[place]?.[0]?.error !== undefined
    // The refused request reads the row before the other saves it. Two accepted ones came one after the other.
    const [slow, quick] = isRefused(0) ? [0, 1] : [1, 0]
    emulator.setFaults(isRefused(slow) ? [{ kind: 'slow_save', delayMs: 200 }] : [])
    const first = post(emulator.url, requests[slow])
    if (isRefused(slow))
      await expect.poll(() => emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
    else await first
    const second = await post(emulator.url, requests[quick])
    const errorsOf = (answers: readonly { error?: unknown }[] = []) =>
      answers.map(({ error }) => error)
    expect(errorsOf((await first).answers)).toEqual(errorsOf(responses[slow]))
    expect(errorsOf(second.answers)).toEqual(errorsOf(responses[quick]))
    const { version: __, ...row } = final_row
    expect(emulator.state().transactions[0]).toMatchObject(row)
  })
})

test('the list of differences names nothing that the emulator answers as the server did', async () => {
  const listed = recordings.filter(({ isDifferent }) => isDifferent)
  expect(listed.map(({ name }) => name).sort()).toEqual(
    DIFFERENT.flatMap(({ recordings }) => recordings).sort(),
  )
  const equal: string[] = []
  for (const { name, compare } of listed) {
    const pairs = await compare().catch(() => [['no answer', 'an answer'] as Pair])
    if (pairs.every(([seen, recorded]) => isDeepStrictEqual(seen, recorded))) equal.push(name)
  }
  expect(equal).toEqual([])
})

const page = readFileSync(new URL('../../../../docs/emulator.md', import.meta.url), 'utf8')

test('docs/emulator.md names each difference with its reason, and no other', () => {
  for (const { release, reason, recordings } of DIFFERENT) {
    const names = recordings.map((name) => `\`${name}\``).join(', ')
    expect(page).toContain(`| ${release} | ${reason} | ${names} |`)
  }
  const rows = page.match(/^\| (?:2\.8\.4|4\.3\.0) \|/gm) ?? []
  expect(rows).toHaveLength(DIFFERENT.length)
})

test('docs/emulator.md names every fault and every setting', () => {
  const names = (form: RegExp) => [...page.matchAll(form)].map(([, name]) => name)
  expect(names(/`(\w+)`/g)).toEqual(expect.arrayContaining(FAULT_KINDS))
  const settings = Object.keys(emulator.state().config)
  expect(names(/`(\w+)`/g)).toEqual(expect.arrayContaining(settings))
})
