import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import {
  errorResponse,
  type PlatformCall,
  type RpcError,
  type RpcResponse,
  readEnvelope,
} from '../../../lib/platform/envelope.ts'
import { findEvidence } from '../../../lib/platform/evidence.ts'
import {
  type PlatformProfile,
  resolveMethod,
  rpcMethods,
  unknownMethodMessage,
} from '../../../lib/platform/methods.ts'
import { refusalOf } from '../../../lib/platform/param-problem.ts'
import { readParams, type UpdateParams } from '../../../lib/platform/params.ts'
import { TRANSACTION_STATUSES } from '../../../lib/platform/status.ts'
import { expectedStatuses, localRefusal } from '../../../lib/platform/status-rules.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'
import { type Conversation, readFlows } from '../../helpers/anchor-platform/flows.ts'
import { readTransitions } from '../../helpers/anchor-platform/transitions.ts'
import {
  RECORDED_VERSIONS,
  type RecordedVersion,
  recordedRelease,
} from '../../helpers/anchor-platform/versions.ts'

const transitions = readTransitions()

const KINDS: Record<string, string[]> = {
  '6': ['deposit', 'deposit-exchange', 'withdrawal', 'withdrawal-exchange'],
  '24': ['deposit', 'withdrawal'],
  '31': ['receive'],
}
const STATES = Object.keys(KINDS).flatMap((sep) =>
  Object.values(KINDS).flatMap((kinds) =>
    kinds.flatMap((kind) => TRANSACTION_STATUSES.map((status) => [sep, kind, status] as const)),
  ),
)

describe('status rules and parameters', () => {
  test.each(RECORDED_VERSIONS)(
    'every method of %s leads from and to the statuses of the platform',
    (version) => {
      const theirs = transitions.methods[version]
      const release = recordedRelease(version)
      expect([...rpcMethods(release).keys()].sort()).toEqual(Object.keys(theirs).sort())
      let cells = 0
      for (const [method, { rules }] of Object.entries(theirs)) {
        for (const [sep, kind, status] of STATES) {
          for (const fundsReceived of [true, false]) {
            for (const custody of version === '2.8.4' ? [true, false] : [false]) {
              const demanded = custody ? 'enabled' : 'disabled'
              const matching = rules.filter(
                (rule) =>
                  rule.sep.includes(sep) &&
                  rule.kind.includes(kind) &&
                  rule.from.includes(status) &&
                  (rule.requires_funds_received ?? fundsReceived) === fundsReceived &&
                  (rule.requires_custody ?? demanded) === demanded,
              )
              const state = { sep, kind, status, fundsReceived }
              const profile = { release, custody }
              const ours = [true, false].flatMap((success) =>
                expectedStatuses(resolveMethod(method, profile), state, profile, { success }),
              )
              expect(new Set(ours), JSON.stringify({ method, ...state, custody })).toEqual(
                new Set(matching.flatMap(({ to }) => to)),
              )
              if (KINDS[sep]?.includes(kind)) cells += 1
            }
          }
        }
      }
      expect(cells).toBeGreaterThanOrEqual(version === '2.8.4' ? 12_320 : 6_160)
    },
  )

  test.each(RECORDED_VERSIONS)('every parameter of %s has the type of the platform', (version) => {
    const release = recordedRelease(version)
    for (const [name, { params }] of Object.entries(transitions.methods[version])) {
      if (name.startsWith('get_')) continue
      const ours = Object.entries(rpcMethods(release).get(name)?.params ?? {})
      const read = ours.map(([param, { type, required }]) => [param, [type, required]])
      const theirs = Object.entries(params).map(([param, { type, required }]) => [
        param,
        [TYPES[type], required],
      ])
      expect(Object.fromEntries(read), name).toEqual(Object.fromEntries(theirs))
    }
  })

  test('the statuses are those of the platform', () => {
    expect([...TRANSACTION_STATUSES].sort()).toEqual(
      transitions.statuses.map(({ name }) => name).sort(),
    )
  })
})

const TYPES: Record<string, string> = {
  string: 'text',
  instant: 'instant',
  boolean: 'boolean',
  Amount: 'amount',
  AmountAsset: 'amount_with_asset',
  FeeDetails: 'fee_details',
  Refund: 'refund',
  RefundRequest: 'refund_without_id',
  'string[]': 'texts',
  'map<string,InstructionField>': 'instructions',
}

interface Call {
  version: RecordedVersion
  flow: string
  sent: PlatformCall
  profile: PlatformProfile
  pre: PlatformTransaction | null
  answer: RpcResponse
}

/** Replaces `@now`, which stands for the server's clock: every answer comes a second after the one before. */
function atTime(answer: unknown, second: number): unknown {
  const time = new Date(Date.UTC(2024, 5, 26) + second * 1000).toISOString()
  return answer && JSON.parse(JSON.stringify(answer).replaceAll('@now', time))
}

/** The calls of a recorded body; none where ours is refused as a whole, as a text with U+0000 is. */
function entriesOf(request: unknown) {
  try {
    return readEnvelope(parseLosslessJson(JSON.stringify(request)))?.entries ?? []
  } catch {
    return []
  }
}

/** Every recorded call with the transaction as it stood before it. */
function recordedCalls(): Call[] {
  const { conversations, newer } = readFlows('flows.json')
  const recorded: [RecordedVersion, Conversation[]][] = [
    ['2.8.4', [...conversations, ...readFlows('flows-2.8.4-http.json').conversations]],
    ['4.3.0', [...newer, ...readFlows('flows-4.3.0.json').conversations]],
  ]
  let clock = 0
  return recorded.flatMap(([version, flows]) =>
    flows.flatMap(({ name, config, initial_views, requests, responses }) => {
      const custody = (config['custody_type'] ?? 'none') !== 'none'
      const profile = { release: recordedRelease(version), custody }
      const views = new Map<string, PlatformTransaction | null>()
      for (const view of initial_views) {
        const transaction = readPlatformTransaction(view)
        if (transaction !== null) views.set(transaction.id, transaction)
      }
      return requests.flatMap((request, index) => {
        return entriesOf(request).flatMap((entry, at) => {
          if (!('call' in entry)) return []
          const sent = entry.call
          clock += 1
          const answer = atTime(responses[index]?.[at], clock) as RpcResponse
          const id = String((sent.params as UpdateParams | null)?.transaction_id)
          const pre = views.get(id) ?? null
          if (answer !== undefined && 'result' in answer) {
            views.set(id, readPlatformTransaction(answer.result))
          }
          return [{ flow: name, version, sent, profile, pre, answer }]
        })
      })
    }),
  )
}

const calls = recordedCalls().filter(({ answer }) => answer !== undefined)
const now = new Date('2024-07-01T00:00:00Z')

/** Our answer without the platform, or null when the call is sent. */
function localAnswer({ sent, pre, profile }: Call): unknown {
  const method = rpcMethods(profile.release).get(sent.method)
  if (method === undefined) {
    const message = unknownMethodMessage(sent.method, profile)
    return errorResponse(sent, { code: -32601, message })
  }
  if (method.rules.length === 0) return null
  const { params, problems } = readParams(method, sent.params)
  const error =
    params === null ? refusalOf(problems) : localRefusal(method, params, pre, { profile, now })
  return error === null ? null : errorResponse(sent, error)
}

const nameOf = ({ flow, sent }: Call) => `${flow} ${JSON.stringify(sent.id)} ${sent.method}`

/** The platform applied these calls. They are refused because its database or a later reader fails on such values. */
const STRICTER = [
  ...[5, 6, 7, 8, 9, 10, 26].map((id) => `http-amount-texts ${id} notify_amounts_updated`),
  'http-funds-received-at-five-digit-year 1 notify_offchain_funds_received',
  'http-funds-received-at-leap-second 1 notify_offchain_funds_received',
  'http-instants-accepted 1 notify_offchain_funds_received',
  'http-instructions-wrong-type 2 request_offchain_funds',
  'http-null-inside-list 1 request_customer_info_update',
  'http-sep24-deposit-refund-refusals "6" notify_refund_sent',
  // The transaction shows the refund. The platform replaces it or adds it again, and counts it twice.
  ...Array(3).fill('http-refund-same-id-replaces 1 notify_refund_sent'),
  'http-sep24-deposit-refund-same-id-becomes-refunded "2" notify_refund_sent',
  'http-sep24-deposit-refund-same-id-twice "2" notify_refund_sent',
  'http-sep24-deposit-refund-same-id-twice "3" notify_refund_pending',
  'http-sep6-withdrawal-refund "2" notify_refund_sent',
  'http-sep6-withdrawal-refund-same-id-becomes-refunded "2" notify_refund_sent',
]

/** Whether the table of the release lists a refusal for the method; `{x}` in its text stands for a value. */
function isListed({ sent, version }: Call, { code, message = '' }: RpcError): boolean {
  const ofMethod = transitions.methods[version][sent.method]?.refusals ?? []
  const removed = version === '4.3.0' ? Object.values(transitions.removed) : []
  const common = transitions.common.map(([, ...refusal]) => refusal)
  const patterns = [...ofMethod, ...removed, ...common].flatMap(([listed, text]) =>
    listed === code ? [patternOf(text)] : [],
  )
  // The platform writes several refusals of one call as lines of one message.
  return message.split('\n').every((line) => patterns.some((pattern) => pattern.test(line)))
}

function patternOf(text: string): RegExp {
  const escaped = text.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`)
}

describe('recorded conversations', () => {
  test('a call is refused before it is sent only where the platform refused it, in its words or in plain ones', () => {
    let inItsWords = 0
    const differing = calls.flatMap((call) => {
      const local = localAnswer(call)
      if (local === null) return []
      const { error, ...rest } = JSON.parse(JSON.stringify(local))
      const { data: _, ...errorOfPlatform } = error
      if (isDeepStrictEqual({ ...rest, error: errorOfPlatform }, call.answer)) {
        inItsWords += 1
        expect(isListed(call, error), `${nameOf(call)}: ${error.message}`).toBe(true)
        return []
      }
      const isPlain = /refused: .*; allowed: /s.test(error.message)
      return isPlain && 'error' in call.answer ? [] : [nameOf(call)]
    })
    expect(differing.sort()).toEqual(STRICTER.toSorted())
    expect(inItsWords).toBe(105)
  })

  const applied = calls.flatMap((call) => {
    const { sent, answer, pre, profile } = call
    const method = rpcMethods(profile.release).get(sent.method)
    if (!('result' in answer) || pre === null || !method?.rules.length) return []
    const { params } = readParams(method, sent.params)
    const after = readPlatformTransaction(answer.result)
    return params === null || after === null ? [] : [{ ...call, method, params, pre, after }]
  })

  test('an applied call is seen to have been applied, and its absence as unchanged', () => {
    const unseen: string[] = []
    for (const call of applied) {
      const { method, params, pre, after, profile } = call
      const find = (before: typeof pre | null, now: typeof pre) =>
        findEvidence({ method, params }, before, now, profile)
      const isSilent = params.message === undefined || params.message === pre.message
      const evidence = find(pre, after)
      if (evidence === 'unchanged' || (evidence === 'changed' && !isSilent))
        unseen.push(nameOf(call))
      expect(find(pre, pre), nameOf(call)).toBe('unchanged')
      expect(find(after, after), nameOf(call)).toBe('unchanged')
      expect(find(null, after), nameOf(call)).toBe('changed')
    }
    // The platform writes a JSON number of 20 digits as 1.2345678901234567E19. It is sent as a text.
    expect(unseen).toEqual(['http-numbers-as-text "1" notify_offchain_funds_received'])
    expect(applied.length).toBe(350)
  })

  test('no recorded change is taken for a call of another method', () => {
    let pairs = 0
    for (const change of applied) {
      for (const other of applied) {
        const sameCall =
          change.sent.method === other.sent.method &&
          withoutId(change.params) === withoutId(other.params)
        if (sameCall || change.profile.release !== other.profile.release) continue
        const params = { ...other.params, transaction_id: change.params.transaction_id }
        const update = { method: other.method, params }
        const evidence = findEvidence(update, change.pre, change.after, change.profile)
        pairs += 1
        if (evidence === 'applied') expect(other.sent.method).toBe(change.sent.method)
      }
    }
    expect(pairs).toBeGreaterThan(50_000)
  })
})

function withoutId({ transaction_id: _, ...params }: UpdateParams): string {
  return JSON.stringify(params)
}
