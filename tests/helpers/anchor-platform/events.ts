import { applyDifference, type Difference, type Json, readCompact } from './compact.ts'

type Header = [name: string, value: string]

/** One HTTP request of a platform's event server to the business, and what the business answered. */
export interface Delivery {
  name: string
  version: '2.8.4' | '4.3.0'
  setting: Json
  request: { method: string; path: string; headers: Header[]; body: string }
  received_at: string
  answered: {
    status?: number
    headers?: Record<string, string>
    body?: string
    body_bytes?: number
    /** The connection was cut after so many bytes of the body. */
    cut_after_bytes?: number
    after_ms?: number
    closed?: true
    silent?: true
  }
  /** What was measured around it, such as `rpc_ms` or `seconds_after_previous`. */
  facts: Json
}

interface CompactDelivery {
  name: string
  version?: '2.8.4'
  setting: string
  method?: string
  path: string
  headers?: Header[]
  host?: string
  agent?: string
  /** The event's id. Without one, the body is written out, or empty. */
  event?: string
  timestamp?: string
  type?: string
  transaction?: Difference & { of?: string; like?: string }
  payload?: Json
  body?: string
  received_at: string
  answered?: Delivery['answered']
  facts: Json
}

interface CompactEvents {
  order: string[]
  base_views: Record<string, Json>
  settings: Record<string, Json>
  deliveries: CompactDelivery[]
}

const OK = { status: 200, body: '{"code":200,"message":"ok"}' }

export function readDeliveries(): Delivery[] {
  const { order, base_views, settings, deliveries } = readCompact<CompactEvents>('events.json')
  const known = new Map<string, Json>()

  function bodyOf({ body, event, timestamp, type, transaction, payload }: CompactDelivery): string {
    if (event === undefined) return body ?? ''
    return JSON.stringify({
      id: event,
      timestamp,
      type: type ?? 'transaction_status_changed',
      payload: transaction === undefined ? payload : { transaction: viewOf(transaction) },
    })
  }

  function viewOf({ of = '', like, ...changed }: NonNullable<CompactDelivery['transaction']>) {
    const before = like === undefined ? known.get(of) : base_views[like]
    const view = applyDifference(before ?? {}, changed, order)
    known.set(String(view['id']), view)
    return view
  }

  return deliveries.map((one) => {
    const { name, version = '4.3.0', method = 'POST', path, received_at, facts } = one
    const body = bodyOf(one)
    return {
      name,
      version,
      setting: settings[one.setting] ?? {},
      request: { method, path, headers: headersOf(one, body), body },
      received_at,
      answered: one.answered ?? OK,
      facts,
    }
  })
}

function headersOf({ headers = [], host, agent }: CompactDelivery, body: string): Header[] {
  const ofBody: Header[] = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ]
  return [
    ...headers,
    ...(body === '' ? [] : ofBody),
    ['Host', host ?? '127.0.0.1:8701'],
    ['Connection', 'Keep-Alive'],
    ['Accept-Encoding', 'gzip'],
    ['User-Agent', agent ?? 'okhttp/4.12.0'],
  ]
}
