import { RPC_INTERNAL_ERROR, type RpcError } from './envelope.ts'
import { type PlatformProfile, type RpcMethod, rpcMethods } from './methods.ts'
import { COMMON_CHECKS } from './param-checks.ts'
import { type ParamProblem, refusalOf } from './param-problem.ts'
import type { UpdateParams } from './params.ts'
import type { StatusRule } from './releases/method-row.ts'
import type { TransactionStatus } from './status.ts'
import { fundsReceived, type PlatformTransaction } from './transaction.ts'

/** The part of a transaction that the status rules read. */
export interface TransactionState {
  sep: string
  kind: string
  status: string
  /** null when the platform does not show it (SEP-24). */
  fundsReceived: boolean | null
}

export type Legality = 'legal' | 'illegal' | 'unknown'

/** The state of a transaction as the platform showed it. */
export function stateOf(transaction: PlatformTransaction): TransactionState {
  const { sep, kind, status } = transaction
  return { sep, kind, status, fundsReceived: fundsReceived(transaction) }
}

/** Adds what only the platform's refusal of a status shows of a SEP-24 transaction: whether the funds were received. */
export function refusedState(message: string, state: TransactionState): TransactionState {
  const received = /, funds received\[(true|false)\]$/.exec(message)?.[1]
  return received === undefined ? state : { ...state, fundsReceived: received === 'true' }
}

/**
 * Whether the status rules allow a method. It is `unknown` if the rules depend on the receipt of funds, which SEP-24 does
 * not show. Then only the platform can decide.
 */
export function legality(
  method: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): Legality {
  const rules = rulesFor(method, state, profile)
  if (rules.length === 0) return 'illegal'
  const sure = rules.some(
    (rule) => rule.fundsReceived === undefined || rule.fundsReceived === state.fundsReceived,
  )
  return sure ? 'legal' : 'unknown'
}

/**
 * Refuses an update that the platform would surely refuse, or that this service never sends. The platform checks the
 * status before the params, so a problem in the params counts only if the status rules allow the method. If they leave
 * it open, only a param on which the platform fails with -32603 counts, because that answer leaves the outcome unknown.
 *
 * @param transaction null before the platform is read
 */
export function localRefusal(
  method: RpcMethod,
  params: UpdateParams,
  transaction: PlatformTransaction | null,
  { profile, now }: { profile: PlatformProfile; now: Date },
): RpcError | null {
  const update = { params, known: method.params, transaction, now }
  const problems = [...COMMON_CHECKS, ...(method.checks ?? [])].flatMap((check) => check(update))
  const allowed = transaction === null ? 'illegal' : legality(method, stateOf(transaction), profile)
  const decides = ({ decides, code }: ParamProblem) =>
    decides === 'always' ||
    allowed === 'legal' ||
    (allowed === 'unknown' && code === RPC_INTERNAL_ERROR)
  const [first] = problems.filter(decides)
  if (first === undefined) return null
  return refusalOf([first, ...problems.filter((one) => one !== first)])
}

/** The statuses to which a method may lead from a state; empty where it is illegal. */
export function expectedStatuses(
  method: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
  { success = false }: { success?: boolean } = {},
): TransactionStatus[] {
  const rules = rulesFor(method, state, profile).filter(
    (rule) => rule.success === undefined || rule.success === success,
  )
  return [...new Set(rules.flatMap(({ to }) => to))]
}

/** Whether a method leads a transaction of this SEP and kind to the status that it has, from any status. */
export function leadsTo(
  { rules }: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): boolean {
  return rules.some(
    (rule) =>
      rule.to.some((to) => to === state.status) && concerns(rule, state) && fits(rule, profile),
  )
}

/** Whether this is the only method that leads a transaction of this SEP and kind to a status, from any status. */
export function isOnlyWayTo(
  status: string,
  method: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): boolean {
  const ways = [...rpcMethods(profile.release).values()].filter((one) =>
    leadsTo(one, { ...state, status }, profile),
  )
  return ways.length === 1 && ways[0]?.name === method.name
}

/** Whether this is the only method that leads from a state to a status in one step. */
export function isOnlyStepTo(
  status: string,
  { name }: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): boolean {
  const steps = [...rpcMethods(profile.release).values()].filter((method) =>
    rulesFor(method, state, profile).some(({ to }) => to.some((one) => one === status)),
  )
  return steps.length === 1 && steps[0]?.name === name
}

/** The names of the updates that are legal or may be legal, in the order of the platform's table. */
export function legalMethods(state: TransactionState, profile: PlatformProfile): string[] {
  return [...rpcMethods(profile.release).values()]
    .filter((method) => legality(method, state, profile) !== 'illegal')
    .map(({ name }) => name)
}

/** Explains why the status rules refuse a method, and which methods are legal instead. */
export function explainStatusRefusal(
  { name, rules }: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): { sentence: string; legalMethods: string[] } {
  const legal = legalMethods(state, profile)
  const ofKind = rules.filter((rule) => concerns(rule, state))
  const usable = ofKind.filter((rule) => fits(rule, profile))
  const subject = `${name} is refused for this SEP-${state.sep} ${state.kind} in status ${state.status}`
  return {
    sentence: `${subject}${receipt(state)}; allowed: ${allowedIn(ofKind, usable)}. Legal now: ${legal.join(', ') || 'nothing'}.`,
    legalMethods: legal,
  }
}

function receipt({ fundsReceived: received }: TransactionState): string {
  if (received === null) return ''
  return received ? ' with funds received' : ' without funds received'
}

function allowedIn(ofKind: readonly StatusRule[], usable: readonly StatusRule[]): string {
  if (ofKind.length === 0) return 'never for this kind'
  if (usable.length === 0) {
    return `only ${ofKind[0]?.custody === true ? 'with' : 'without'} custody`
  }
  const parts = usable.map(({ from, fundsReceived: received }) => {
    const condition =
      received === undefined ? '' : ` ${received ? 'with' : 'without'} funds received`
    return `${from.join(', ')}${condition}`
  })
  return [...new Set(parts)].join('; ')
}

/** The rules that apply to a state. If the platform does not show whether funds arrived, it excludes no rule. */
function rulesFor(
  { rules }: RpcMethod,
  state: TransactionState,
  profile: PlatformProfile,
): StatusRule[] {
  return rules.filter(
    (rule) =>
      concerns(rule, state) &&
      fits(rule, profile) &&
      rule.from.some((from) => from === state.status) &&
      (rule.fundsReceived === undefined ||
        state.fundsReceived === null ||
        rule.fundsReceived === state.fundsReceived),
  )
}

function concerns(rule: StatusRule, { sep, kind }: TransactionState): boolean {
  return rule.sep === sep && rule.kinds.some((one) => one === kind)
}

function fits(rule: StatusRule, { custody }: PlatformProfile): boolean {
  return rule.custody === undefined || rule.custody === custody
}
