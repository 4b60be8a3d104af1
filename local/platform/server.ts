import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerLedgerControl } from '../ledger/control-endpoint.ts'
import { readForPlatform, writeFixture } from '../ledger/platform-ledger.ts'
import type { SimulatedLedger } from '../ledger/simulated-ledger.ts'
import { answerControl, type Holdings, type RequestRecord } from './control-endpoint.ts'
import {
  type EmulatorRelease,
  type EmulatorState,
  readState,
  reportState,
  restoreTransaction,
  type StateForm,
  type StateReport,
} from './emulator-state.ts'
import { createEventSender, type EventSender, publishMs } from './event-sender.ts'
import {
  countOutcome,
  delayAtStep,
  eventFailure,
  type Fault,
  type FaultForm,
  failureBeforeSaving,
  isLedgerSilent,
  readFaults,
  spoilAnswer,
  statusPage,
  takeFault,
} from './faults.ts'
import type { HttpAnswer } from './http-answer.ts'
import { nanosecondClock } from './instants.ts'
import { answerRequest, itemsOf, type PlatformRequest } from './platform-endpoints.ts'
import type { BatchAnswer } from './rpc-endpoint.ts'

const LOOPBACK = '127.0.0.1'
const MAX_RECORDS = 10_000
/** Above the 8 KiB from which the platform refuses, so that its own page is the answer. */
const MAX_HEADER_BYTES = 65_536

export interface PlatformEmulator {
  url: string
  state: () => StateReport
  setState: (state: StateForm) => void
  faults: () => Fault[]
  setFaults: (faults: readonly FaultForm[]) => void
  /** Ends the delays of the requests that wait now. */
  endDelays: () => void
  /** The newest 10,000 requests to the platform's own paths, the oldest first. */
  requests: () => RequestRecord[]
  close: () => Promise<void>
}

interface Emulator extends Holdings {
  ledger: SimulatedLedger | null
  now: () => bigint
  closing: AbortSignal
  events: EventSender
  /** Aborted when the delays that run now are to end. */
  delays: AbortController
}

interface EmulatorOptions {
  /** The TCP port on 127.0.0.1; 0 takes a free one. */
  port?: number
  state?: StateForm
  /** The release of a state that names none. */
  release?: EmulatorRelease
  /** A ledger shared with a simulated Horizon. The fixture is written there, and `/_ledger/payments` pays on it. */
  ledger?: SimulatedLedger
  /** Nanoseconds since 1970 (default: this machine's clock). */
  now?: () => bigint
}

/**
 * Starts an emulator of the platform server of the Anchor Platform. `close` also ends open connections.
 *
 * @throws Error for a state in a wrong form, or a port that is taken
 */
export async function startPlatformEmulator({
  port = 0,
  state = {},
  release = '2.8.4',
  ledger,
  now = nanosecondClock(),
}: EmulatorOptions = {}): Promise<PlatformEmulator> {
  const closing = new AbortController()
  const readForm = (form: unknown) => readShared(ofRelease(form, release), ledger)
  const waiting = () => emulator.delays.signal
  const emulator: Emulator = {
    events: createEventSender({ now, closing: closing.signal, waiting }),
    state: readForm(state),
    readState: readForm,
    ledger: ledger ?? null,
    faults: [],
    records: [],
    now,
    closing: closing.signal,
    delays: new AbortController(),
  }
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    serve(emulator, request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, resolve)
  })
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    state: () => reportState(emulator.state),
    setState: (form) => {
      emulator.state = readForm(form)
    },
    faults: () => structuredClone(emulator.faults),
    setFaults: (faults) => {
      emulator.faults = readFaults(faults)
    },
    endDelays: () => {
      emulator.delays.abort()
      emulator.delays = new AbortController()
    },
    requests: () => structuredClone(emulator.records),
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A state with the release of the emulator, unless it names one itself. */
function ofRelease(form: unknown, release: EmulatorRelease): unknown {
  if (typeof form !== 'object' || form === null) return form
  const { config } = form as { config?: unknown }
  const named = typeof config === 'object' && config !== null ? config : {}
  return { ...form, config: { release, ...named } }
}

/** Reads a state, writes its fixture on the shared ledger, and lets it read unknown hashes from there. */
function readShared(form: unknown, ledger: SimulatedLedger | undefined): EmulatorState {
  const state = readState(form)
  if (ledger === undefined) return state
  writeFixture(ledger, state.ledger)
  return { ...state, readLedger: (hash) => readForPlatform(ledger, hash) }
}

async function serve(
  emulator: Emulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A target with two slashes at its start is a path, and not a host.
  const url = new URL(`http://${LOOPBACK}${request.url ?? '/'}`)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const { method = 'GET' } = request
  // Of a header that is sent twice, the platform reads the first.
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.[0]]),
  )
  if (url.pathname.startsWith('/_emulator/')) {
    send(response, answerControl(emulator, method, url.pathname, body))
  } else if (emulator.ledger !== null && url.pathname.startsWith('/_ledger/')) {
    send(response, answerLedgerControl(emulator.ledger, method, url.pathname, body))
  } else {
    const target = request.url ?? '/'
    await servePlatform(emulator, { method, target, url, headers, body }, response)
  }
}

async function servePlatform(
  emulator: Emulator,
  request: PlatformRequest,
  response: ServerResponse,
): Promise<void> {
  const items = itemsOf(request)
  const path = request.url.pathname
  const fault = takeFault(emulator.faults, { path, items })
  const record: RequestRecord = {
    method: request.method,
    path,
    items: items.map(({ method, transactionId }) => ({ method, transactionId })),
    fault: fault?.kind ?? null,
    status: null,
    applied: 0,
  }
  emulator.records.push(record)
  if (emulator.records.length > MAX_RECORDS) emulator.records.shift()

  const { state, closing, delays } = emulator
  const behindBy = fault?.kind === 'clock_behind' ? BigInt(fault.delayMs) * 1_000_000n : 0n
  if (fault?.kind === 'restored') {
    for (const { transactionId } of items) restoreTransaction(state, transactionId)
  }
  const execute = async (): Promise<BatchAnswer> => {
    const answer = await answerRequest(request, state, {
      now: () => emulator.now() - behindBy,
      failToPublish: (item) => eventFailure(fault, item),
      wait: (step, item) => {
        const isPublished = step === 'after_save' || step === 'customer_published'
        const eventMs = isPublished ? publishMs(state.config) : 0
        const delayMs = Math.max(delayAtStep(fault, step, item), eventMs)
        return delayMs === 0 ? null : pause(delayMs, AbortSignal.any([closing, delays.signal]))
      },
      publish: (event) => emulator.events.publish(event, state.config),
      failToSave: (item) => failureBeforeSaving(fault, item, state.config.release),
      isLedgerSilent: (item) => isLedgerSilent(fault, item),
    })
    record.applied = answer.applied
    return answer
  }
  const answer =
    fault === null ? await execute() : await misbehave(fault, execute, emulator, response)
  if (fault !== null) countOutcome(fault, record.applied)
  if (answer === null) return
  const sent = fault === null ? answer : spoilAnswer(fault, answer, items)
  record.status = sent.status
  send(response, sent, fault?.kind === 'truncated' ? Buffer.byteLength(answer.body) : undefined)
}

const pause = (delayMs: number, closing: AbortSignal): Promise<void> =>
  sleep(delayMs, undefined, { signal: closing }).catch(() => undefined)

/** Carries out a request as the fault orders; null when there is no answer. */
async function misbehave(
  fault: Fault,
  execute: () => Promise<BatchAnswer>,
  { closing, delays }: Emulator,
  response: ServerResponse,
): Promise<BatchAnswer | null> {
  const wait = () => pause(fault.delayMs, AbortSignal.any([closing, delays.signal]))
  switch (fault.kind) {
    case 'reset_before':
      response.socket?.resetAndDestroy()
      return null
    case 'reset_after':
      await execute()
      response.socket?.resetAndDestroy()
      return null
    case 'no_answer':
      if (fault.applied) await execute()
      return null
    case 'status_before':
      return statusPage(fault.status)
    case 'late_apply':
      await wait()
      return execute()
    case 'delay': {
      const answer = await execute()
      await wait()
      return answer
    }
    default:
      return execute()
  }
}

/** Sends an answer. With a `length` above the body's it breaks off in the middle. */
function send(response: ServerResponse, answer: HttpAnswer, length?: number): void {
  response.writeHead(answer.status, {
    ...(answer.contentType === null ? {} : { 'content-type': answer.contentType }),
    'access-control-allow-origin': '*',
    'content-length': length ?? Buffer.byteLength(answer.body),
  })
  if (length === undefined) response.end(answer.body)
  else response.write(answer.body, () => response.destroy())
}
