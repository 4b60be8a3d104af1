import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { applyMethod } from '../../../../local/platform/apply-method.ts'
import { readState } from '../../../../local/platform/emulator-state.ts'
import { parseJson } from '../../../../local/platform/json-body.ts'
import { isMethodName, METHODS } from '../../../../local/platform/methods.ts'
import { decodeParams } from '../../../../local/platform/params.ts'
import { RpcError } from '../../../../local/platform/rpc-error.ts'
import { STATUSES, type StoredTransaction } from '../../../../local/platform/stored-transaction.ts'
import { goodParams, NOW, SEP_KINDS, stateWith, transactionOf } from './fixtures.ts'

interface Rule {
  sep: string[]
  kind: string[]
  from: string[]
  requires_funds_received: boolean | null
  requires_custody: 'enabled' | 'disabled' | null
  to: string
}
interface Transitions {
  methods: Record<string, { params: Record<string, { required: unknown }>; rules: Rule[] }>
  statuses: { name: string }[]
}

function readTransitions(): Transitions | null {
  try {
    const url = new URL('../../../../../shared/anchor-platform/transitions.json', import.meta.url)
    return JSON.parse(readFileSync(url, 'utf8')) as Transitions
  } catch {
    return null
  }
}

const transitions = readTransitions()

const CUSTODY = {
  custody_type: 'fireblocks',
  sep6_deposit_info_generator_type: 'custody',
  sep24_deposit_info_generator_type: 'custody',
  custody_deposit_info: { address: 'GADDRESS', memo: '7', memo_type: 'id' },
} as const

/** What a rule leads to with the params of `goodParams`: a full refund, a trustline, success. */
function destination({ to }: Rule): string {
  if (!to.startsWith('computed')) return to
  if (to.includes('refunded')) return 'refunded'
  return 'pending_stellar'
}

function expectedOutcome(rules: Rule[], transaction: StoredTransaction, custody: boolean): string {
  const received = transaction.transfer_received_at !== undefined
  const inStatus = rules.filter(
    (rule) =>
      rule.sep.includes(transaction.sep) &&
      rule.kind.includes(transaction.kind ?? '') &&
      rule.from.includes(transaction.status) &&
      (rule.requires_funds_received === null || rule.requires_funds_received === received),
  )
  if (inStatus.length === 0) return 'status refused'
  const demanded = custody ? 'enabled' : 'disabled'
  const rule = inStatus.find(
    (one) => one.requires_custody === null || one.requires_custody === demanded,
  )
  return rule === undefined ? 'custody refused' : destination(rule)
}

function actualOutcome(name: string, transaction: StoredTransaction, custody: boolean): string {
  if (!isMethodName(name)) return 'unknown method'
  const state = readState(stateWith([transaction], custody ? CUSTODY : {}))
  const types = { ...METHODS[name].params, transaction_id: 'text', message: 'text' } as const
  const json = parseJson(JSON.stringify(goodParams(name, transaction.kind ?? 'receive')))
  const params = decodeParams(json, types)
  try {
    return applyMethod({ method: name, transaction, params, state, now: NOW }).status
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    if (error.message.includes('is not supported. Status[')) return 'status refused'
    if (error.message.includes('custody integration')) return 'custody refused'
    return error.message
  }
}

describe.skipIf(transitions === null)(
  'the rules of 2.8.4 (skipped where ../shared/anchor-platform is absent)',
  () => {
    test('knows the same methods, params and statuses', () => {
      const names = (params: object) => Object.keys(params).sort()
      const known = Object.fromEntries(
        Object.entries(METHODS).map(([name, { params }]) => [
          name,
          names({ ...params, transaction_id: 0, message: 0 }),
        ]),
      )
      const recorded = Object.fromEntries(
        Object.entries(transitions?.methods ?? {}).map(([name, { params }]) => [
          name,
          names(params),
        ]),
      )
      expect(known).toEqual(recorded)
      expect([...STATUSES].sort()).toEqual(transitions?.statuses.map(({ name }) => name).sort())
    })

    test.each(Object.keys(transitions?.methods ?? {}))(
      '%s is allowed, refused and leads on in every status as in 2.8.4',
      (name) => {
        const rules = transitions?.methods[name]?.rules ?? []
        const differences: string[] = []
        let calls = 0
        for (const sepKind of SEP_KINDS) {
          for (const status of STATUSES) {
            for (const received of [undefined, '2026-01-02T00:00:00Z']) {
              for (const custody of [false, true]) {
                const transaction = transactionOf(sepKind, status, {
                  transfer_received_at: received,
                })
                const expected = expectedOutcome(rules, transaction, custody)
                const actual = actualOutcome(name, transaction, custody)
                calls++
                if (actual !== expected) {
                  differences.push(
                    `${sepKind.sep} ${sepKind.kind} ${status} received=${received !== undefined} custody=${custody}: ${actual}, not ${expected}`,
                  )
                }
              }
            }
          }
        }
        expect(differences).toEqual([])
        expect(calls).toBe(7 * 20 * 2 * 2)
      },
    )
  },
)
