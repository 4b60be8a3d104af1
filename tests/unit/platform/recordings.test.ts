import { expect, test } from 'vitest'
import { readDeliveries } from '../../helpers/anchor-platform/events.ts'
import { readFlows } from '../../helpers/anchor-platform/flows.ts'
import { readSepServer } from '../../helpers/anchor-platform/sep-server.ts'
import { readTransitions } from '../../helpers/anchor-platform/transitions.ts'

test.each([
  ['flows.json', { conversations: 45, newer: 7, transport: 12, starts: 0, parallel: 0 }],
  [
    'flows-2.8.4-http.json',
    { conversations: 45, newer: 0, transport: 254, starts: 0, parallel: 0 },
  ],
  ['flows-4.3.0.json', { conversations: 83, newer: 0, transport: 125, starts: 4, parallel: 8 }],
] as const)('%s holds every conversation, and an answer to each request', (file, counts) => {
  const { release: _, assets: __, ...flows } = readFlows(file)
  const sizes = Object.entries(flows).map(([name, list]) => [name, list.length])
  expect(Object.fromEntries(sizes)).toEqual(counts)
  const { conversations, newer, parallel, transport } = flows
  for (const { name, requests, responses } of [...conversations, ...newer, ...parallel]) {
    expect(responses, name).toHaveLength(requests.length)
    for (const answer of responses.flat()) {
      expect('result' in answer !== 'error' in answer, `${name} ${JSON.stringify(answer)}`).toBe(
        true,
      )
    }
  }
  for (const { name, http_status } of transport)
    expect(http_status, name).toBeGreaterThanOrEqual(200)
})

test('4.3.0 applies at least one of two parallel updates, and refuses with the text of its lock', () => {
  const { newer } = readTransitions()
  for (const { name, responses } of readFlows('flows-4.3.0.json').parallel) {
    const refusals = responses.flat().flatMap(({ error }) => error ?? [])
    expect(refusals.length, name).toBeLessThan(responses.flat().length)
    for (const { code, message } of refusals) expect(newer).toContainEqual([code, message])
  }
})

test('245 event deliveries are whole: their bodies are JSON of the length that the headers state', () => {
  const deliveries = readDeliveries()
  expect(deliveries).toHaveLength(245)
  const types = deliveries.flatMap(({ name, request: { headers, body }, answered }) => {
    expect(answered.status ?? answered.closed ?? answered.silent, name).toBeDefined()
    if (body === '') return []
    expect(Object.fromEntries(headers)['Content-Length'], name).toBe(`${Buffer.byteLength(body)}`)
    return [JSON.parse(body).type]
  })
  expect(Object.fromEntries(Map.groupBy(types, String))).toMatchObject({
    transaction_status_changed: { length: 230 },
    transaction_created: { length: 4 },
    customer_updated: { length: 3 },
    quote_created: { length: 1 },
  })
})

test('410 exchanges with the SEP server are whole, in 30 settings', () => {
  const exchanges = readSepServer()
  expect(exchanges).toHaveLength(410)
  expect(new Set(exchanges.map(({ setting }) => setting)).size).toBe(30)
  for (const { name, response } of exchanges) {
    expect(response.body, name).not.toMatch(/[«»]/)
    if (response.headers['content-type']?.includes('json') && response.body !== '') {
      expect(() => JSON.parse(response.body), name).not.toThrow()
    }
  }
  const challenges = exchanges.filter(({ challenge }) => challenge !== undefined)
  expect(challenges).toHaveLength(33)
  for (const { challenge } of challenges) expect(challenge?.signing_key).toMatch(/^G[A-Z2-7]{55}$/)
})
