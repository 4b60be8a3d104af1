import { type PlatformProfile, rpcMethods, type StatusRule } from './methods.ts'
import type { TransactionStatus } from './status.ts'
import { fundsReceived, type PlatformTransaction } from './transaction.ts'

/** What of a transaction the status rules ask. */
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

/**
 * Whether the platform's status rules let a method through; `unknown` where that hangs on the receipt of funds, which
 * SEP-24 does not show. The platform is the judge: this explains and suggests, and refuses nothing by itself.
 */
export function legality(
  method: string,
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

/** The updates that are legal now, or may be, in the order of the platform's table. */
export function legalMethods(state: TransactionState, profile: PlatformProfile): string[] {
  return [...rpcMethods(profile.version).keys()].filter(
    (method) => legality(method, state, profile) !== 'illegal',
  )
}

/** The statuses that a method may lead to from a state, none when it is illegal there. */
export function expectedStatuses(
  method: string,
  state: TransactionState,
  profile: PlatformProfile,
  params: { success?: boolean } = {},
): TransactionStatus[] {
  const { success = false } = params
  const rules = rulesFor(method, state, profile).filter(
    (rule) => rule.success === undefined || rule.success === success,
  )
  return [...new Set(rules.flatMap(({ to }) => to))]
}

/** Whether no other method leads a transaction of this SEP and kind to a status, whatever stands before it. */
export function isOnlyWayTo(
  status: string,
  method: string,
  state: TransactionState,
  profile: PlatformProfile,
): boolean {
  const ways = [...rpcMethods(profile.version).values()].filter(({ rules }) =>
    rules.some(
      (rule) => rule.to.some((to) => to === status) && concerns(rule, state) && fits(rule, profile),
    ),
  )
  return ways.length === 1 && ways[0]?.name === method
}

/** Why the status rules refuse a method, and what is legal instead. */
export function explainStatusRefusal(
  method: string,
  state: TransactionState,
  profile: PlatformProfile,
): { sentence: string; legalMethods: string[] } {
  const legal = legalMethods(state, profile)
  const rules = rpcMethods(profile.version).get(method)?.rules ?? []
  const ofKind = rules.filter((rule) => concerns(rule, state))
  const usable = ofKind.filter((rule) => fits(rule, profile))
  const subject = `${method} is refused for this SEP-${state.sep} ${state.kind} in status ${state.status}`
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

/** Rules that the state does not contradict. */
function rulesFor(method: string, state: TransactionState, profile: PlatformProfile): StatusRule[] {
  const rules = rpcMethods(profile.version).get(method)?.rules ?? []
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
