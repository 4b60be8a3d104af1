import { expect, test } from 'vitest'
import { preferredType } from '../../../lib/http/media-type.ts'

test.each<[accept: string | null, isEvents: boolean]>([
  [null, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['text/html', false],
  ['text/event-stream', true],
  ['TEXT/Event-Stream', true],
  ['text/*', true],
  ['text/event-stream, */*', true],
  ['text/event-stream, application/json;q=0.9', true],
  ['application/json;q=0.5, text/event-stream;q=0.6', true],
  ['application/json, text/event-stream;q=0.9', false],
  ['text/event-stream;q=0.4, application/json;q=0.5', false],
  ['text/event-stream;q=0.1, */*;q=0.5', false],
  ['text/event-stream;q=0', false],
  ['text/event-stream;q=0, text/*', false],
  ['application/json, text/event-stream', false],
  ['text/csv', false],
  ['text/event-stream;q=nonsense, application/json', false],
])('%j prefers events: %j', async (accept, isEvents) => {
  const expected = isEvents ? 'text/event-stream' : 'application/json'
  expect(await preferredType(accept, 'text/event-stream')).toBe(expected)
})

test('a route without another form answers JSON whatever the header says', async () => {
  expect(await preferredType('text/csv', undefined)).toBe('application/json')
})
