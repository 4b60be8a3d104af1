import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import {
  errorResponse,
  type RpcItem,
  type RpcResponse,
  readEnvelope,
} from '../../../lib/platform/envelope.ts'
import { findEvidence } from '../../../lib/platform/evidence.ts'
import {
  PLATFORM_VERSIONS,
  type PlatformProfile,
  type PlatformVersion,
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
import { sharedJson } from '../updates/shared.ts'

interface Rule {
  sep: string[]
  kind: string[]
  from: string[]
  requires_funds_received: boolean | null
  requires_custody: string | null
  to: string
}
interface Method {
  params: Record<string, { type: string; required: boolean | 'conditional' }>
  rules: Rule[]
}
interface Transitions {
  methods: Record<string, Method>
  newer: { methods: Record<string, Method> }
  statuses: { name: string; final: boolean; error: boolean }[]
}
interface Flow {
  name: string
  config: { custody_type?: string }
  requests: unknown[]
  responses: unknown[][]
  initial_views?: unknown[]
}
interface Flows {
  examples: Flow[]
  newer_4_3_0_examples: Flow[]
}

const transitions = sharedJson<Transitions>('transitions.json')
const flows = sharedJson<Flows>('flows.json')
const absent = 'needs the reference data in ../shared/anchor-platform'

const KINDS: Record<string, string[]> = {
  '6': ['deposit', 'deposit-exchange', 'withdrawal', 'withdrawal-exchange'],
  '24': ['deposit', 'withdrawal'],
  '31': ['receive'],
}
const ALL_KINDS = ['deposit', 'deposit-exchange', 'withdrawal', 'withdrawal-exchange', 'receive']

describe.skipIf(transitions === null)(`status rules and parameters (${absent})`, () => {
  test.each(PLATFORM_VERSIONS)(
    'every method of %s leads from and to the statuses of the reference',
    (version) => {
      const theirs = methodsOf(version)
      expect([...rpcMethods(version).keys()].sort()).toEqual(Object.keys(theirs).sort())
      let cells = 0
      for (const [method, { rules }] of Object.entries(theirs)) {
        for (const sep of ['6', '24', '31']) {
          for (const kind of ALL_KINDS) {
            for (const status of TRANSACTION_STATUSES) {
              for (const fundsReceived of [true, false]) {
                for (const custody of version === '2.8.4' ? [true, false] : [false]) {
                  const matching = rules.filter(
                    (rule) =>
                      rule.sep.includes(sep) &&
                      rule.kind.includes(kind) &&
                      rule.from.includes(status) &&
                      (rule.requires_funds_received ?? fundsReceived) === fundsReceived &&
                      (rule.requires_custody ?? (custody ? 'enabled' : 'disabled')) ===
                        (custody ? 'enabled' : 'disabled'),
                  )
                  const state = { sep, kind, status, fundsReceived }
                  const profile = { version, custody }
                  const ours = [true, false].flatMap((success) =>
                    expectedStatuses(resolveMethod(method, profile), state, profile, { success }),
                  )
                  expect(new Set(ours), JSON.stringify({ method, ...state, custody })).toEqual(
                    new Set(matching.flatMap(({ to }) => statusesIn(to))),
                  )
                  if (KINDS[sep]?.includes(kind)) cells += 1
                }
              }
            }
          }
        }
      }
      expect(cells).toBeGreaterThanOrEqual(version === '2.8.4' ? 12_320 : 6_160)
    },
  )

  test.each(PLATFORM_VERSIONS)('every parameter of %s has the type of the reference', (version) => {
    for (const [name, { params }] of Object.entries(methodsOf(version))) {
      if (name.startsWith('get_')) continue
      const ours = Object.entries(rpcMethods(version).get(name)?.params ?? {})
      const read = ours.map(([param, { type, required }]) => [param, [type, required]])
      const theirs = Object.entries(params).map(([param, { type, required }]) => [
        param,
        [TYPES[type], required],
      ])
      expect(Object.fromEntries(read), name).toEqual(Object.fromEntries(theirs))
    }
  })

  test('the statuses are those of the reference', () => {
    expect([...TRANSACTION_STATUSES].sort()).toEqual(
      transitions?.statuses.map(({ name }) => name).sort(),
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

function methodsOf(version: PlatformVersion): Record<string, Method> {
  return (version === '2.8.4' ? transitions?.methods : transitions?.newer.methods) ?? {}
}

/** The statuses that a text like "computed: refunded if …; rejected if greater" names. */
function statusesIn(to: string): string[] {
  return to.startsWith('computed:')
    ? TRANSACTION_STATUSES.filter((status) => new RegExp(`\\b${status}\\b`).test(to.slice(9)))
    : [to]
}

interface Call {
  flow: string
  item: RpcItem
  profile: PlatformProfile
  pre: PlatformTransaction | null
  answer: RpcResponse
}

/** The recordings write the server's clock as "@now"; here every answer is a second after the one before. */
function atTime(answer: unknown, second: number): unknown {
  const time = new Date(Date.UTC(2024, 5, 26) + second * 1000).toISOString()
  return answer && JSON.parse(JSON.stringify(answer).replaceAll('@now', time))
}

/** Every recorded call with the transaction as it stood before it. */
function recordedCalls(): Call[] {
  let clock = 0
  const recorded: [Flow, PlatformVersion][] = [
    ...(flows?.examples ?? []).map((flow) => [flow, '2.8.4'] as [Flow, PlatformVersion]),
    ...(flows?.newer_4_3_0_examples ?? []).map(
      (flow) => [flow, '4.3.0'] as [Flow, PlatformVersion],
    ),
  ]
  return recorded.flatMap(([flow, version]) => {
    const custody = (flow.config.custody_type ?? 'none') !== 'none'
    const views = new Map<string, PlatformTransaction | null>()
    for (const view of flow.initial_views ?? []) {
      const transaction = readPlatformTransaction(view)
      if (transaction !== null) views.set(transaction.id, transaction)
    }
    return flow.requests.flatMap((request, index) => {
      const envelope = readEnvelope(parseLosslessJson(JSON.stringify(request)))
      return (envelope?.entries ?? []).flatMap((entry, at) => {
        if (!('item' in entry)) return []
        const { item } = entry
        clock += 1
        const answer = atTime(flow.responses[index]?.[at], clock) as RpcResponse
        const id = String((item.params as Record<string, unknown>)['transaction_id'])
        const pre = views.get(id) ?? null
        if (answer !== undefined && 'result' in answer) {
          views.set(id, readPlatformTransaction(answer.result))
        }
        return [{ flow: flow.name, item, profile: { version, custody }, pre, answer }]
      })
    })
  })
}

const calls = recordedCalls().filter(({ answer }) => answer !== undefined)
const now = new Date('2024-07-01T00:00:00Z')

/** Our answer without the platform, or null when the call is sent. */
function localAnswer({ item, pre, profile }: Call): unknown {
  const method = rpcMethods(profile.version).get(item.method)
  if (method === undefined) {
    const message = unknownMethodMessage(item.method, profile)
    return errorResponse(item, { code: -32601, message })
  }
  if (method.rules.length === 0) return null
  const { params, problems } = readParams(method, item.params)
  const error =
    params === null ? refusalOf(problems) : localRefusal(method, params, pre, { profile, now })
  return error === null ? null : errorResponse(item, error)
}

describe.skipIf(flows === null)(`recorded conversations (${absent})`, () => {
  test.each(calls.map((call) => [call.flow, call.item.id, call.item.method, call] as const))(
    'in %s, call %s of %s is sent, or refused as the platform refused it',
    (_flow, _id, _method, call) => {
      const local = localAnswer(call)
      if (local === null) return
      const { error, ...rest } = JSON.parse(JSON.stringify(local))
      const { data: _, ...errorOfPlatform } = error
      expect({ ...rest, error: errorOfPlatform }).toEqual(call.answer)
    },
  )

  test('18 of the recorded refusals of params are told without the platform', () => {
    const refused = calls.filter(
      ({ answer }) => 'error' in answer && [-32602, -32603].includes(answer.error.code),
    )
    expect(refused.filter((call) => localAnswer(call) !== null).length).toBe(18)
  })

  const applied = calls.flatMap((call) => {
    const { item, answer, pre, profile } = call
    const method = rpcMethods(profile.version).get(item.method)
    if (
      !('result' in answer) ||
      pre === null ||
      method === undefined ||
      method.rules.length === 0
    ) {
      return []
    }
    const { params } = readParams(method, item.params)
    const after = readPlatformTransaction(answer.result)
    return params === null || after === null ? [] : [{ ...call, method, params, pre, after }]
  })

  test('141 recorded calls were applied', () => {
    expect(applied.length).toBe(141)
  })

  test.each(applied.map((call) => [call.flow, call.item.id, call.item.method, call] as const))(
    'in %s, call %s of %s is seen to have been applied, and its absence as unchanged',
    (_flow, _id, _method, { method, params, pre, after, profile }) => {
      const update = { method, params }
      const evidence = findEvidence(update, pre, after, profile)
      const silent = params.message === undefined || params.message === pre.message
      if (silent) expect(['applied', 'changed']).toContain(evidence)
      else expect(evidence).toBe('applied')
      expect(findEvidence(update, pre, pre, profile)).toBe('unchanged')
      expect(findEvidence(update, after, after, profile)).toBe('unchanged')
      expect(findEvidence(update, null, after, profile)).toBe('changed')
    },
  )

  test('no recorded change is taken for a call of another method', () => {
    let pairs = 0
    for (const change of applied) {
      for (const other of applied) {
        const sameCall =
          change.item.method === other.item.method &&
          withoutId(change.params) === withoutId(other.params)
        if (sameCall || change.profile.version !== other.profile.version) continue
        const params = { ...other.params, transaction_id: change.params.transaction_id }
        const update = { method: other.method, params }
        const evidence = findEvidence(update, change.pre, change.after, change.profile)
        pairs += 1
        if (evidence === 'applied') expect(other.item.method).toBe(change.item.method)
      }
    }
    expect(pairs).toBeGreaterThan(10_000)
  })
})

function withoutId({ transaction_id: _, ...params }: UpdateParams): string {
  return JSON.stringify(params)
}
