import { expect, test } from 'vitest'
import { readState } from '../../../../local/platform/emulator-state.ts'
import { parseJson } from '../../../../local/platform/json-body.ts'
import { applyMethod } from '../../../../local/platform/methods/apply.ts'
import { decodeParams } from '../../../../local/platform/methods/params.ts'
import type { MethodName } from '../../../../local/platform/methods/table.ts'
import { rulesOf } from '../../../../local/platform/releases.ts'
import { RpcError } from '../../../../local/platform/rpc-error.ts'
import { STATUSES, type StoredTransaction } from '../../../../local/platform/stored-transaction.ts'
import { type Rule, readTransitions } from '../../../helpers/anchor-platform/transitions.ts'
import {
  RECORDED_VERSIONS,
  type RecordedVersion,
} from '../../../helpers/anchor-platform/versions.ts'
import { clock, goodParams, SEP_KINDS, stateWith, transactionOf } from './fixtures.ts'

const { statuses, methods } = readTransitions()

const CUSTODY = {
  custody_type: 'fireblocks',
  sep6_deposit_info_generator_type: 'custody',
  sep24_deposit_info_generator_type: 'custody',
  custody_deposit_info: { address: 'GADDRESS', memo: '7', memo_type: 'id' },
} as const

/** The platform makes the address for SEP-31 too. */
const OWN_ADDRESSES = { sep31_deposit_info_generator_type: 'self' } as const

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
  // The params of `goodParams` are a full refund, a trustline or a success, which lead to the first status.
  return rule?.to[0] ?? 'custody refused'
}

function actualOutcome(
  release: RecordedVersion,
  name: string,
  transaction: StoredTransaction,
  custody: boolean,
): string {
  const setting = release === '4.3.0' ? OWN_ADDRESSES : {}
  const config = { release, ...setting, ...(custody ? CUSTODY : {}) }
  const state = readState(stateWith([transaction], config))
  const method = name as MethodName
  const known = rulesOf(state).methods[method]
  if (known === undefined) return 'unknown method'
  const types = { ...known.params, transaction_id: 'text', message: 'text' } as const
  const feeForm = release === '4.3.0' ? 'fee_details' : 'amount_fee'
  const json = parseJson(JSON.stringify(goodParams(method, transaction.kind ?? 'receive', feeForm)))
  const params = decodeParams(json, types)
  try {
    return applyMethod({ method, transaction, params, state, now: clock() }).status
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    if (error.message.includes('is not supported. Status[')) return 'status refused'
    if (error.message.includes('custody integration')) return 'custody refused'
    return error.message
  }
}

const isUpdate = ([name]: [string, unknown]) => !name.startsWith('get_')

test.each(RECORDED_VERSIONS)('the emulator has the methods and params of %s', (release) => {
  const names = (params: object) => Object.keys(params).sort()
  const { methods: ours } = rulesOf(readState({ config: { release } }))
  const known = Object.entries(ours).map(([name, { params }]) => [
    name,
    names({ ...params, transaction_id: 0, message: 0 }),
  ])
  const recorded = Object.entries(methods[release])
    .filter(isUpdate)
    .map(([name, { params }]) => [name, names(params)])
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(recorded))
})

test('the emulator has the statuses of the platform', () => {
  expect([...STATUSES].sort()).toEqual(statuses.map(({ name }) => name).sort())
})

const TABLE = RECORDED_VERSIONS.flatMap((release) =>
  Object.entries(methods[release])
    .filter(isUpdate)
    .map(([name, { rules }]) => [name, release, rules] as const),
)

test.each(TABLE)(
  '%s is allowed and refused, and leads to another status, as in %s',
  (name, release, rules) => {
    const differences: string[] = []
    // 4.3.0 has no custody.
    const settings = release === '2.8.4' ? [false, true] : [false]
    let calls = 0
    for (const sepKind of SEP_KINDS) {
      for (const status of STATUSES) {
        for (const received of [undefined, '2026-01-02T00:00:00Z']) {
          for (const custody of settings) {
            const transaction = transactionOf(sepKind, status, { transfer_received_at: received })
            const expected = expectedOutcome(rules, transaction, custody)
            const actual = actualOutcome(release, name, transaction, custody)
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
    expect(calls).toBe(7 * 20 * 2 * settings.length)
  },
)
