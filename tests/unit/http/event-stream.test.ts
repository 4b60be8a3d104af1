import { expect, test, vi } from 'vitest'
import { openEventStream } from '../../../lib/http/event-stream.ts'

const textOf = (body: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(body).text()

test('the events come in their order, between a comment and the end', async () => {
  const { body, send, end } = openEventStream()
  send('checked', '{"a":1}')
  end('answer', '{}')
  expect(await textOf(body)).toBe(
    ': begun\n\nevent: checked\ndata: {"a":1}\n\nevent: answer\ndata: {}\n\n',
  )
})

test('a line break in the data ends no event', async () => {
  const { body, end } = openEventStream()
  end('answer', 'a\r\nevent: b\n\rc')
  expect(await textOf(body)).toBe(
    ': begun\n\nevent: answer\ndata: a\ndata: event: b\ndata: \ndata: c\n\n',
  )
})

test('a reader who reads nothing leaves 256 events waiting, and gets the newest and the last', async () => {
  const { body, send, end } = openEventStream()
  for (let count = 1; count <= 100_000; count += 1) send('checked', String(count))
  end('answer', 'done')
  const data = [...(await textOf(body)).matchAll(/^data: (.*)$/gm)].map(([, text]) => text)
  expect(data).toHaveLength(256 + 1)
  expect(data[0]).toBe(String(100_000 - 255))
  expect(data.slice(-2)).toEqual(['100000', 'done'])
})

test('a comment comes every 15 s for a reader who waits, and one at most for a reader who does not', async () => {
  vi.useFakeTimers()
  try {
    const { body, end } = openEventStream()
    const reader = body.getReader()
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString()
    expect(await next()).toBe(': begun\n\n')
    const waiting = next()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await waiting).toBe(': still running\n\n')
    await vi.advanceTimersByTimeAsync(3_600_000)
    end('answer', '{}')
    const rest = [await next(), await next(), await next()]
    expect(rest).toEqual([
      ': still running\n\n',
      ': still running\n\n',
      'event: answer\ndata: {}\n\n',
    ])
    expect((await reader.read()).done).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('after the reader has gone nothing waits and no timer runs, and writing goes on without an error', async () => {
  vi.useFakeTimers()
  try {
    const { body, send, end } = openEventStream()
    await body.cancel()
    expect(vi.getTimerCount()).toBe(0)
    send('checked', '1')
    end('answer', '{}')
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
