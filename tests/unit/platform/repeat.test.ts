import { expect, test } from 'vitest'
import { type PlatformProfile, resolveMethod, rpcMethods } from '../../../lib/platform/methods.ts'
import {
  type EmulatorState,
  findTransaction,
  readState,
} from '../../../local/platform/emulator-state.ts'
import { METHODS, type MethodName } from '../../../local/platform/methods/table.ts'
import { answerBatch } from '../../../local/platform/rpc-endpoint.ts'
import { kindOf, type StoredTransaction } from '../../../local/platform/stored-transaction.ts'
import { viewTransaction } from '../../../local/platform/transaction-view.ts'
import { readTransitions } from '../../helpers/anchor-platform/transitions.ts'
import {
  clock,
  goodParams,
  item,
  PAID_AT,
  stateWith,
  transactionOf,
} from '../local/platform/fixtures.ts'

// The emulator carries out each method twice, from every status from which it accepts it. `repeat` must say what it does.

type SecondCall = 'refused' | 'changes nothing' | 'changes something'

interface Twice {
  start: string
  second: SecondCall
  /** The first call reports a payment or a refund. */
  reports: boolean
}

const CUSTODY = {
  custody_type: 'fireblocks',
  sep6_deposit_info_generator_type: 'custody',
  sep24_deposit_info_generator_type: 'custody',
  custody_deposit_info: { address: 'GADDRESS', memo: '7', memo_type: 'id' },
} as const

/** Refunds a part only, so that the same refund is legal again. */
function paramsOf(method: MethodName, kind: ReturnType<typeof kindOf>): Record<string, unknown> {
  const params = goodParams(method, kind)
  const whole = params['refund'] as { amount: { asset: string } } | undefined
  if (whole === undefined) return params
  const part = (amount: string) => ({ amount, asset: whole.amount.asset })
  return { ...params, refund: { id: 'r-1', amount: part('10'), amount_fee: part('1') } }
}

function shownIn(state: EmulatorState) {
  const found = findTransaction(state, 'tx-1')
  if (found === undefined) throw new Error('the emulator lost the transaction')
  const { updated_at: _, user_action_required_by: __, ...shown } = viewTransaction(found, state)
  return JSON.parse(JSON.stringify(shown)) as Record<string, unknown>
}

function callTwice(method: MethodName, start: StoredTransaction, custody: boolean): Twice | null {
  const state = readState(stateWith([start], custody ? CUSTODY : {}))
  const call = () => {
    const body = JSON.stringify([item(method, paramsOf(method, kindOf(start)))])
    return answerBatch(body, state, { now: clock, failToPublish: () => undefined }).applied > 0
  }
  const before = shownIn(state)
  if (!call()) return null
  const between = shownIn(state)
  const isAccepted = call()
  const isSame = JSON.stringify(between) === JSON.stringify(shownIn(state))
  const reports = ['refunds', 'stellar_transactions'].some(
    (list) => JSON.stringify(before[list]) !== JSON.stringify(between[list]),
  )
  const second = isSame ? 'changes nothing' : 'changes something'
  return { start: JSON.stringify(start), second: isAccepted ? second : 'refused', reports }
}

function everyStart(method: MethodName, custody: boolean): Twice[] {
  const found = METHODS[method].rules.flatMap(({ scopes, from, fundsReceived }) =>
    scopes.flatMap(({ sep, kinds }) =>
      kinds.flatMap((kind) =>
        from.map((status) => {
          const received = fundsReceived === false ? {} : { transfer_received_at: PAID_AT }
          return callTwice(method, transactionOf({ sep, kind }, status, received), custody)
        }),
      ),
    ),
  )
  return found.filter((one) => one !== null)
}

/** What a second call may do: pay or report again, change nothing, or be refused. */
function repeatOf(method: MethodName, twice: readonly Twice[]): string {
  const pays = METHODS[method].custody?.enabled === true
  if (pays || twice.some(({ reports }) => reports)) return 'counts'
  if (twice.some(({ second }) => second === 'changes something')) return 'counts'
  return twice.some(({ second }) => second === 'changes nothing') ? 'harmless' : 'illegal'
}

const PROFILES: readonly PlatformProfile[] = [
  { release: '2.8', custody: false },
  { release: '2.8', custody: true },
]
const needsOther = (method: MethodName, { custody }: PlatformProfile) => {
  const needed = METHODS[method].custody?.enabled
  return needed !== undefined && needed !== custody
}

test.each(
  PROFILES.flatMap((profile) =>
    (Object.keys(METHODS) as MethodName[])
      .filter((method) => !needsOther(method, profile))
      .map((method) => ({ method, custody: profile.custody, profile })),
  ),
)('$method, custody $custody: `repeat` is what a second call does', ({ method, profile }) => {
  const twice = everyStart(method, profile.custody)
  expect(twice.length).toBeGreaterThan(0)
  const { repeat } = resolveMethod(method, profile)
  const done = repeatOf(method, twice)
  // A method that every release refuses the second time does no harm when it is sent again.
  if (repeat === 'harmless') expect(['harmless', 'illegal']).toContain(done)
  else expect(done).toBe(repeat)
})

test('in 4.3.0 a repeat is illegal exactly where its sources refuse the method after itself', () => {
  const { methods } = readTransitions()
  for (const [name, { rules }] of Object.entries(methods['4.3.0'])) {
    const isLegalAgain = rules.some(({ sep, kind, to, requires_funds_received: received }) =>
      rules.some(
        (next) =>
          next.sep.some((one) => sep.includes(one)) &&
          next.kind.some((one) => kind.includes(one)) &&
          next.from.some((one) => to.includes(one)) &&
          !(received === true && next.requires_funds_received === false),
      ),
    )
    const { repeat } = rpcMethods('4.2').get(name) ?? {}
    if (rules.length === 0) expect(repeat, name).toBeUndefined()
    else if (isLegalAgain) expect(['harmless', 'counts'], name).toContain(repeat)
    else expect(['illegal', 'counts'], name).toContain(repeat)
  }
})
