import { nearestNames } from '../nearest.ts'
import { RPC_METHOD_NOT_FOUND, type RpcError } from './envelope.ts'
import type { Param } from './params.ts'
import {
  FAMILIES,
  type MissingMethodText,
  NO_MATCHING_METHOD,
  RELEASES,
  type Release,
  type ReleaseFamily,
} from './releases/families.ts'
import { insteadOf } from './releases/instead.ts'
import type { MethodRow } from './releases/method-row.ts'
import { METHODS_OF_2_8, type MethodName } from './releases/methods-2-8.ts'
import { COMMON } from './releases/parts.ts'

/** The Anchor Platform that answers. The release decides which methods exist, and `custody` which of their rules apply. */
export interface PlatformProfile {
  release: Release
  /** Whether a custody service is connected. From 4.2 on there is none. */
  custody: boolean
}

/** One method of a release, with its name. */
export interface RpcMethod extends MethodRow {
  name: string
}

/** The update that reports a payment to the anchor. */
export const RECEIVED_PAYMENT_METHOD = 'notify_onchain_funds_received' satisfies MethodName
/** The update that tells a customer to which account to pay. */
export const PAYMENT_REQUEST_METHOD = 'request_onchain_funds' satisfies MethodName

const UPDATES: readonly RpcMethod[] = Object.entries<MethodRow>(METHODS_OF_2_8).map(
  ([name, row]) => ({ name, ...row, params: { ...COMMON, ...row.params } }),
)

/** What is known of one family: its methods, and the texts about those that it has lost. */
interface ReleaseTable {
  methods: ReadonlyMap<string, RpcMethod>
  missing: ReadonlyMap<string, MissingMethodText>
}

const TABLES = tablesOf(FAMILIES)

/** The table of each family: that of the family before it, with its changes. */
function tablesOf(families: readonly ReleaseFamily[]): ReadonlyMap<string, ReleaseTable> {
  const tables = new Map<string, ReleaseTable>()
  let before: ReleaseTable = {
    methods: new Map(UPDATES.map((method) => [method.name, method])),
    missing: new Map(),
  }
  for (const family of families) {
    before = changedBy(family, before)
    tables.set(family.name, before)
  }
  return tables
}

function changedBy(
  { removed = {}, added = {}, withoutParams = [], changed = {} }: ReleaseFamily,
  before: ReleaseTable,
): ReleaseTable {
  const gone = new Map(Object.entries(removed))
  const kept = [...before.methods.values()].filter(({ name }) => !gone.has(name))
  const changes: Readonly<Record<string, NonNullable<typeof changed>[MethodName]>> = changed
  const methods = kept.map((method): RpcMethod => {
    const { params: ofChange = {}, moreRules = [], ...rest } = changes[method.name] ?? {}
    const params: Record<string, Param> = {}
    for (const [key, param] of Object.entries({ ...method.params, ...ofChange })) {
      if (param !== null && !withoutParams.includes(key)) params[key] = param
    }
    return { ...method, ...rest, params, rules: [...(rest.rules ?? method.rules), ...moreRules] }
  })
  const news = Object.entries(added).map(([name, row]) => ({ name, ...row }))
  return {
    methods: new Map([...methods, ...news].map((method) => [method.name, method])),
    missing: new Map([...before.missing, ...gone]),
  }
}

function tableOf(release: Release): ReleaseTable {
  const table = TABLES.get(release)
  if (table === undefined) throw new TypeError(`There is no table of the release ${release}`)
  return table
}

/** The methods of a release, by name: 22 updates in 2.8; from 4.2 on 19 of them and 3 methods that read. */
export function rpcMethods(release: Release): ReadonlyMap<string, RpcMethod> {
  return tableOf(release).methods
}

/** Finds a method by its name. If the release does not have it, the method has no params and no rules. */
export function resolveMethod(name: string, { release }: PlatformProfile): RpcMethod {
  return rpcMethods(release).get(name) ?? { name, params: {}, rules: [] }
}

/** Whether a method updates transactions: the release has it, and it does more than read. */
export function isUpdateMethod({ rules }: RpcMethod): boolean {
  return rules.length > 0
}

/** Whether a method only reads, and the release has it. A method that no release has has no params. */
export function isReadingMethod({ params, rules }: RpcMethod): boolean {
  return rules.length === 0 && Object.keys(params).length > 0
}

/** The platform's text for a method that a release does not have (error -32601). */
export function unknownMethodMessage(name: string, { release }: PlatformProfile): string {
  return (tableOf(release).missing.get(name) ?? NO_MATCHING_METHOD)(name)
}

/** Whether a method reports a payment on the ledger. */
export function reportsPayment({ ledger }: RpcMethod): boolean {
  return ledger === 'payout' || ledger === 'receipt'
}

/** The platform's error for a method that a release does not have, with what to do instead or the names that may be meant. */
export function unknownMethodError(name: string, profile: PlatformProfile): RpcError {
  const updates = [...rpcMethods(profile.release).values()].filter(isUpdateMethod)
  const names = updates.map((method) => method.name)
  const message = unknownMethodMessage(name, profile)
  const instead = insteadOf(name)
  if (instead !== null) return { code: RPC_METHOD_NOT_FOUND, message, data: { instead } }
  const suggestions = nearestNames(name, names, 3)
  return {
    code: RPC_METHOD_NOT_FOUND,
    message,
    ...(suggestions.length === 0 ? {} : { data: { suggestions } }),
  }
}

/** The names of the methods that update transactions, of every release. */
export const UPDATE_METHODS: readonly string[] = [
  ...new Set(
    RELEASES.flatMap((release) => [...rpcMethods(release).values()])
      .filter(isUpdateMethod)
      .map(({ name }) => name),
  ),
]

/** The names of the forcible methods, for messages. */
export const FORCIBLE_METHODS = UPDATES.filter(({ forcible }) => forcible)
  .map(({ name }) => name)
  .join(', ')
