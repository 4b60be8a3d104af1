import {
  type OwnAnswer,
  type OwnFetch,
  OwnFetchError,
  type OwnFetchErrorCode,
} from '../../../lib/net/fetch-own.ts'
import type { HttpAnswer } from '../../../local/platform/http-answer.ts'
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { type GetFault, NOT_SENT, type PostFault, type Weather } from './faults.ts'
import type { ModelPlatform } from './model-platform.ts'

/** The timeouts of `lib/net/fetch-own.ts`. */
const TOTALS_MS = { GET: 35_000, POST: 45_000 } as const
const CONNECT_TIMEOUT_MS = 2_000
const LOCK_CONFLICT =
  'Transaction was modified by another request. Please re-read the transaction state and retry if appropriate.'
const HTML = '<html><body><h1>A proxy answers instead of the platform</h1></body></html>'

/**
 * The network between the service and the platform.
 *
 * @param onSent is called for every update of which at least one byte left
 */
export function createNetwork(
  { time, random, platform }: { time: VirtualTime; random: Random; platform: ModelPlatform },
  weather: Weather,
  onSent: (rpcId: string) => void,
): OwnFetch {
  return (path, { method, body = '' }) =>
    new Promise<OwnAnswer>((resolve, reject) => {
      const startedAt = time.now()
      const totalMs = TOTALS_MS[method]
      let isOver = false
      const end = (delayMs: number, finish: () => void) =>
        time.after(Math.min(delayMs, totalMs - (time.now() - startedAt)), () => {
          if (isOver) return false
          isOver = true
          if (time.now() - startedAt >= totalMs) reject(failure('timeout', true))
          else finish()
          return true
        })
      const wire: Wire = {
        latestArrivalMs: weather.latestArrivalMs ?? 150_000,
        time,
        random,
        platform,
        body,
        answer: (delayMs, answer) => end(delayMs, () => resolve({ retryAfter: null, ...answer })),
        fail: (delayMs, code, sent) => end(delayMs, () => reject(failure(code, sent))),
      }
      time.after(totalMs, () => {
        if (!isOver) end(0, () => {})
        return false
      })
      if (method === 'GET') {
        get(wire, decodeURIComponent(path.split('/').at(-1) ?? ''), weather.get())
        return
      }
      const fault = weather.post()
      if (!NOT_SENT.has(fault)) onSent((JSON.parse(body) as { id: string }[])[0]?.id ?? '')
      post(wire, fault)
    })
}

interface Wire {
  latestArrivalMs: number
  time: VirtualTime
  random: Random
  platform: ModelPlatform
  body: string
  answer(delayMs: number, answer: Omit<OwnAnswer, 'retryAfter'> & { retryAfter?: string }): void
  fail(delayMs: number, code: OwnFetchErrorCode, sent: boolean): void
}

const failure = (code: OwnFetchErrorCode, sent: boolean) =>
  new OwnFetchError(code, sent, 'simulated', 'the model platform')

const latency = ({ random }: Wire): number => random.whole(2, 40)

const own = ({ status, contentType, body }: HttpAnswer) => ({
  status,
  contentType: contentType ?? '',
  text: body,
})

const page = (status: number) => ({ status, contentType: 'text/html', text: HTML })

const json = (value: unknown) => ({
  status: 200,
  contentType: 'application/json',
  text: JSON.stringify(value),
})

/** The status of a fault such as `status_503_after`, which is an HTML page with that status. */
function statusOf(fault: string | null): number | null {
  const digits = /^status_(\d+)/.exec(fault ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}

function get(wire: Wire, id: string, fault: GetFault | null) {
  const { time, platform, random } = wire
  const status = statusOf(fault)
  if (status !== null) return wire.answer(latency(wire), page(status))
  switch (fault) {
    case 'connection_refused':
      return wire.fail(latency(wire), 'connect_failed', false)
    case 'reset':
      return wire.fail(latency(wire), 'connection_lost', true)
    case 'silent':
      return
    case 'html':
      return wire.answer(latency(wire), page(200))
    case 'truncated':
    case 'delayed':
    case null: {
      const outMs = fault === 'delayed' ? random.whole(1_000, 40_000) : latency(wire)
      time.after(outMs, () => {
        const shown = own(platform.show(id))
        const text = fault === 'truncated' ? shown.text.slice(0, shown.text.length / 2) : shown.text
        wire.answer(latency(wire), { ...shown, text })
      })
    }
  }
}

function post(wire: Wire, fault: PostFault | null) {
  const { time, random, platform, body } = wire
  const arrive = (outMs: number, then: (answer: HttpAnswer) => void) =>
    time.after(outMs, () => then(platform.apply(body)))
  const after = (then: (answer: HttpAnswer) => void) => arrive(latency(wire), then)
  const spoilt = (change: (item: Record<string, unknown>) => unknown) =>
    after(({ body: text }) =>
      wire.answer(latency(wire), json(change(JSON.parse(text)[0] as Record<string, unknown>))),
    )
  const [sent] = JSON.parse(body) as [{ id: string; params: { transaction_id: string } }]
  const internalError = (message: string) =>
    json([
      {
        jsonrpc: '2.0',
        error: { id: sent.params.transaction_id, code: -32603, message },
        id: sent.id,
      },
    ])

  const status = statusOf(fault)
  if (status !== null) {
    const retryAfter = status === 429 ? { retryAfter: '7' } : {}
    const answer = () => wire.answer(latency(wire), { ...page(status), ...retryAfter })
    return fault?.endsWith('_after') ? after(answer) : answer()
  }
  switch (fault) {
    case null:
      return after((answer) => wire.answer(latency(wire), own(answer)))
    case 'connection_refused':
      return wire.fail(latency(wire), 'connect_failed', false)
    case 'connection_timeout':
      return wire.fail(CONNECT_TIMEOUT_MS, 'timeout', false)
    case 'dns_failed':
      return wire.fail(latency(wire), 'dns_failed', false)
    case 'reset_before':
      return wire.fail(latency(wire), 'connection_lost', true)
    case 'reset_after':
      return after(() => wire.fail(latency(wire), 'connection_lost', true))
    case 'silent_before':
      return
    case 'silent_after':
      return after(() => {})
    case 'delayed':
      return arrive(random.whole(1_000, 20_000), (answer) =>
        wire.answer(latency(wire), own(answer)),
      )
    case 'late_apply':
      return arrive(random.whole(46_000, wire.latestArrivalMs), (answer) =>
        wire.answer(latency(wire), own(answer)),
      )
    case 'stalled_after':
      return after((answer) => wire.answer(random.whole(46_000, 120_000), own(answer)))
    case 'redirect_before':
      return wire.answer(latency(wire), page(302))
    case 'batch_limit': {
      const error = { code: -32600, message: 'RPC batch size limit[0] exceeded' }
      return wire.answer(latency(wire), json([{ jsonrpc: '2.0', error }]))
    }
    case 'html_before':
      return wire.answer(latency(wire), page(200))
    case 'html_after':
      return after(() => wire.answer(latency(wire), page(200)))
    case 'empty_after':
      return after((answer) => wire.answer(latency(wire), { ...own(answer), text: '' }))
    case 'truncated_after':
      return after((answer) => {
        const text = answer.body.slice(0, answer.body.length / 2)
        wire.answer(latency(wire), { ...own(answer), text })
      })
    case 'too_large_after':
      return after(() => wire.fail(latency(wire), 'too_large', true))
    case 'not_utf8_after':
      return after(() => wire.fail(latency(wire), 'not_utf8', true))
    case 'wrong_type_after':
      return after((answer) =>
        wire.answer(latency(wire), { ...own(answer), contentType: 'text/plain' }),
      )
    case 'wrong_id_after':
      return spoilt((item) => [{ ...item, id: 'the id of another request' }])
    case 'missing_id_after':
      return spoilt(({ id: _, ...item }) => [item])
    case 'number_id_after':
      return spoilt((item) => [{ ...item, id: 7 }])
    case 'missing_item_after':
      return spoilt(() => [])
    case 'second_item_after':
      return spoilt((item) => [item, item])
    case 'bare_object_after':
      return spoilt((item) => item)
    case 'other_transaction_after':
      return spoilt(({ result, error, ...item }) => [
        result === undefined
          ? { ...item, error: { ...(error as object), id: 'another' } }
          : { ...item, result: { ...(result as object), id: 'another' } },
      ])
    case 'internal_error_before':
      return wire.answer(latency(wire), internalError('Failed to reach the database'))
    case 'lock_conflict':
      return wire.answer(latency(wire), internalError(LOCK_CONFLICT))
    case 'ledger_unavailable':
      return wire.answer(
        random.whole(2, 30_000),
        internalError('Error response from the server. Code: 503 , body: '),
      )
    case 'internal_error_after':
      return time.after(latency(wire), () =>
        wire.answer(latency(wire), own(platform.apply(body, { failToPublish: true }))),
      )
    case 'paid_unsaved_error':
    case 'paid_unsaved_status':
      return time.after(latency(wire), () => {
        platform.payOnly(body)
        const failed = internalError('Could not commit JPA transaction')
        wire.answer(latency(wire), fault === 'paid_unsaved_status' ? page(500) : failed)
      })
  }
}
