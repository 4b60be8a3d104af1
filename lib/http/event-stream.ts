/** The media type of server-sent events (HTML Living Standard, section 9.2). */
export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8'

/** The most events that wait for a slow reader. An event has less than 1 KB, so they take at most 0.25 MB. */
const MOST_WAITING = 256
/** Proxies end a connection on which nothing comes for a minute or less. */
const HEARTBEAT_MS = 15_000

/** A stream of events and its writer. */
export interface EventStream {
  body: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Sends an event. Of those that a slow reader leaves waiting the oldest are dropped. */
  send(event: string, data: string): void
  /** Sends the last event, which is never dropped, and ends the stream. */
  end(event: string, data: string): void
}

/**
 * Opens a stream of events with a comment every 15 s. A reader who goes away ends nothing but the stream: what is sent from
 * then on is dropped.
 */
export function openEventStream(): EventStream {
  const encoder = new TextEncoder()
  const waiting: string[] = []
  let isEnded = false
  let isClosed = false
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>

  const stop = () => {
    isClosed = true
    waiting.length = 0
    clearInterval(heartbeat)
  }
  const flush = () => {
    while (!isClosed && waiting.length > 0 && (controller.desiredSize ?? 0) > 0) {
      controller.enqueue(encoder.encode(waiting.shift()))
    }
    if (isClosed || !isEnded || waiting.length > 0) return
    stop()
    controller.close()
  }
  const add = (text: string) => {
    if (isClosed) return
    waiting.push(text)
    flush()
  }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => {
      controller = given
    },
    pull: flush,
    cancel: stop,
  })
  const heartbeat = setInterval(() => {
    if (waiting.length === 0) add(': still running\n\n')
  }, HEARTBEAT_MS)
  // The first bytes send the headers, so that the caller knows at once that the call was not refused.
  add(': begun\n\n')
  return {
    body,
    send: (event, data) => {
      if (waiting.length >= MOST_WAITING) waiting.shift()
      add(eventText(event, data))
    },
    end: (event, data) => {
      isEnded = true
      add(eventText(event, data))
    },
  }
}

/** An event in the form of the standard. JSON has no line breaks; a text with some would be several data lines. */
function eventText(event: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `event: ${event}\n${lines.join('')}\n`
}
