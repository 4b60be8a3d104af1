import type { StateForm } from '../../../local/platform/emulator-state.ts'
import { applyDifference, type Difference, type Json, readCompact } from './compact.ts'

export interface Answer {
  jsonrpc: string
  result?: Json
  error?: { id?: string; code: number; message?: string; data?: unknown }
  id?: unknown
}

/** What was sent to a real server, in order, and what it answered. `@now` stands for a time of the recording. */
export interface Conversation {
  name: string
  source?: string
  config: Json
  /** The rows before the first call, by the platform's column names, and how `GET /transactions/{id}` shows them. */
  initial_transactions: Json[]
  initial_views: Json[]
  ledger_fixture: Json
  /** The same ledger with every operation, as the 4.3.0 server reads it. */
  ledger_transactions: Json
  requests: unknown[]
  responses: Answer[][]
  http_statuses: number[]
  final_transactions: Json[]
  /** Columns that a view does not show. */
  final_internal: Json | Json[]
  events_published: number
  side_effects?: string[]
  ledger_requests?: string[]
  callback_requests?: string[]
  horizon_status?: Json
  readings_afterwards?: { path: string; http_status: number; response_body: Json }[]
}

export interface TransportExample {
  name: string
  config: Json
  /** How the recording made its credential, such as `jwt exp = now`. */
  credential?: string
  token?: string
  http_method: string
  path: string
  request_headers: Record<string, string>
  request_body?: string
  initial_transactions?: Json[]
  http_status: number
  /** Absent where the answer was read in the source of the server. */
  response_headers?: Record<string, string>
  response_body: unknown
  status_before?: string
  status_afterwards?: string
  records?: number
  /** The recording holds the start of its bodies only. */
  shortened?: true
}

/** Whether the server starts with a setting, and what it then answers to a header. */
export interface StartExample {
  name: string
  config: Json
  starts: boolean
  message?: string
  answers?: [header: string, status: number][]
}

/** Requests that were under way at the same time. */
export interface ParallelExample {
  name: string
  requests: unknown[]
  responses: Answer[][]
  final_row: Json
}

export interface Flows {
  release: string
  assets: NonNullable<StateForm['assets']>
  conversations: Conversation[]
  /** Conversations with handlers of 4.3.0, in `flows.json` only. */
  newer: Conversation[]
  transport: TransportExample[]
  starts: StartExample[]
  parallel: ParallelExample[]
}

interface Call {
  method: string
  id?: unknown
  params?: Json
  verbatim?: Json
  result?: Difference & { of?: string; like?: string }
  error?: [number, string] | NonNullable<Answer['error']>
  answer?: unknown
}
type Batch = Call[] | { request: unknown; response: Answer[] }
type Placed = Difference & { like?: string; of?: string; verbatim?: Json }

interface CompactConversation extends Omit<Partial<Conversation>, 'name' | 'ledger_transactions'> {
  name: string
  columns: Placed[]
  views?: Placed[]
  ledger?: string
  ledger_transactions?: string
  calls: Batch[]
  final?: Placed[]
  internal?: Json[]
}

interface CompactFlows {
  release: string
  order: string[]
  config: Json
  assets: Flows['assets']
  base_columns: Record<string, Json>
  base_views: Record<string, Json>
  sets: Record<string, unknown>
  conversations: CompactConversation[]
  newer?: CompactConversation[]
  transport_base: Pick<
    Partial<TransportExample>,
    'config' | 'initial_transactions' | 'response_headers'
  >
  transport: (Partial<TransportExample> & { name: string; columns?: string; starts?: boolean })[]
  parallel?: { name: string; calls: Batch[]; final_row: Json }[]
}

const JSON_TYPE = { 'content-type': 'application/json' }

export type FlowsFile = 'flows.json' | 'flows-2.8.4-http.json' | 'flows-4.3.0.json'

export function readFlows(file: FlowsFile): Flows {
  const compact = readCompact<CompactFlows>(file)
  const { order, base_columns, base_views, sets } = compact

  const columnsOf = ({ like = '', ...changed }: Placed) =>
    applyDifference(base_columns[like] ?? {}, changed, [])
  const viewOf = ({ like = '', ...changed }: Placed) =>
    applyDifference(base_views[like] ?? {}, changed, order)

  /** The document of a transaction after a change, and in `known` for the next one. */
  function changedView({ of, ...changed }: Placed, id: string, known: Map<string, Json>): Json {
    const before = changed.like === undefined ? known.get(of ?? id) : undefined
    const view = before ? applyDifference(before, changed, order) : viewOf(changed)
    known.set(String(view['id']), view)
    return view
  }

  function exchange(batch: Batch, known: Map<string, Json>) {
    if (!Array.isArray(batch)) return batch
    const calls = batch.map(({ method, params = {}, verbatim, id: ownId, ...answered }, place) => {
      const id = ownId ?? String(place + 1)
      const sent = verbatim ?? { transaction_id: 'TX_ID', ...params }
      const request = { id, jsonrpc: '2.0', method, params: sent }
      return { request, answer: answerOf(answered, id, String(sent['transaction_id']), known) }
    })
    return {
      request: calls.map(({ request }) => request),
      response: calls.map(({ answer }) => answer),
    }
  }

  function answerOf(
    { result, error, answer }: Pick<Call, 'result' | 'error' | 'answer'>,
    id: unknown,
    transactionId: string,
    known: Map<string, Json>,
  ): Answer {
    if (error !== undefined) {
      if (!Array.isArray(error)) return { jsonrpc: '2.0', error, id }
      const [code, message] = error
      return { jsonrpc: '2.0', error: { id: transactionId, code, message }, id }
    }
    const shown = result === undefined ? answer : changedView(result, transactionId, known)
    return { jsonrpc: '2.0', result: shown as Json, id }
  }

  function conversation({
    columns,
    views = [],
    ledger = '',
    ledger_transactions = '',
    calls,
    final,
    internal,
    config,
    ...rest
  }: CompactConversation): Conversation {
    const known = new Map<string, Json>()
    const initial_transactions = columns.map(columnsOf)
    const ids = initial_transactions.map(({ id }) => String(id))
    const initial_views = views.map((view) => view.verbatim ?? changedView(view, '', known))
    const exchanges = calls.map((batch) => exchange(batch, known))
    const responses = exchanges.map(({ response }) => response)
    const final_transactions = (final ?? (views.length > 0 ? ids.map(() => ({})) : [])).map(
      (view: Placed, place) => view.verbatim ?? changedView(view, ids[place] ?? '', known),
    )
    return {
      config: { ...compact.config, ...config },
      initial_transactions,
      initial_views,
      ledger_fixture: (sets[ledger] ?? {}) as Json,
      ledger_transactions: (sets[ledger_transactions] ?? {}) as Json,
      requests: exchanges.map(({ request }) => request),
      responses,
      http_statuses: calls.map(() => 200),
      final_transactions,
      final_internal: internal ?? ids.map(() => ({})),
      events_published: updatesAccepted(
        exchanges.map(({ request }) => request),
        responses,
      ),
      ...rest,
    }
  }

  function transport({
    columns,
    response_body,
    config,
    ...rest
  }: CompactFlows['transport'][number]): TransportExample {
    return {
      ...compact.transport_base,
      config: { ...compact.transport_base.config, ...config },
      http_method: 'POST',
      path: '/',
      request_headers: JSON_TYPE,
      http_status: 0,
      response_body: bodyOf(response_body),
      ...(columns && { initial_transactions: sets[columns] as Json[] }),
      ...rest,
    }
  }

  function bodyOf(body: unknown): unknown {
    const { result, view, views, id } = (body ?? {}) as Record<string, Placed> & {
      views?: Placed[]
    }
    if (result?.like) return [{ jsonrpc: '2.0', result: viewOf(result), id }]
    if (view?.like) return viewOf(view)
    return views ? { records: views.map(viewOf) } : body
  }

  return {
    release: compact.release,
    assets: compact.assets,
    conversations: compact.conversations.map(conversation),
    newer: (compact.newer ?? []).map((one) => ({ ...conversation(one), config: one.config ?? {} })),
    transport: compact.transport.filter(({ starts }) => starts === undefined).map(transport),
    starts: compact.transport.filter(({ starts }) => starts !== undefined) as StartExample[],
    parallel: (compact.parallel ?? []).map(({ calls, ...rest }) => {
      const exchanges = calls.map((batch) => exchange(batch, new Map()))
      return {
        ...rest,
        requests: exchanges.map(({ request }) => request),
        responses: exchanges.map(({ response }) => response),
      }
    }),
  }
}

/** How many calls were accepted that publish an event: a reading publishes none. */
function updatesAccepted(requests: readonly unknown[], responses: readonly Answer[][]): number {
  return responses
    .flatMap((answers, index) => {
      const sent = requests[index]
      return answers.map((answer, place) => ({
        answer,
        call: Array.isArray(sent) ? sent[place] : sent,
      }))
    })
    .filter(({ answer, call }) => answer.result !== undefined && !/^get_/.test(call?.method ?? ''))
    .length
}

/**
 * The ledger with what the recordings of 4.3.0 hold apart: operations that pay nobody, and the source of the whole
 * transaction. The time and the envelope of a transaction without a payment stand in the answer alone.
 */
export function wholeLedger({
  ledger_fixture,
  ledger_transactions,
  responses,
}: Conversation): object {
  const whole = (ledger_transactions ?? {}) as Record<string, { source: string }>
  return Object.fromEntries(
    Object.entries(ledger_fixture as Record<string, Record<string, unknown>[]>).map(
      ([hash, operations]) => {
        const source = whole[hash]?.source
        const shown = responses
          .flat()
          .flatMap(({ result }) => (result?.['stellar_transactions'] ?? []) as Json[])
          .find(({ id }) => id === hash)
        const bump = {
          type: 'bump_sequence',
          created_at: shown?.['created_at'] ?? '2024-06-13T20:02:49Z',
          envelope_xdr: shown?.['envelope'],
        }
        const all = operations.length === 0 && source !== undefined ? [bump] : operations
        return [hash, all.map((one) => ({ ...one, transaction_source: source }))]
      },
    ),
  )
}
