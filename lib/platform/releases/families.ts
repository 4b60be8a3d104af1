import type { Param } from '../params.ts'
import type { MethodRow } from './method-row.ts'
import type { MethodName } from './methods-2-8.ts'
import {
  ALL_OF_6,
  deposits,
  depositsAndWithdrawals,
  FEE_DETAILS,
  NEEDED_TEXT,
  NOT_RECEIVED,
  RECEIVED,
  type Statuses,
  sep6,
  sep31,
  TEXT,
} from './parts.ts'

/** What a family of releases changes in a row of the family before it. A param of null is removed. */
export type RowChange = Partial<Omit<MethodRow, 'params'>> & {
  params?: Readonly<Record<string, Param | null>>
  /** Rules beside those of the family before it. */
  moreRules?: MethodRow['rules']
}

/** The text of the error -32601 for a method that a release does not have. */
export type MissingMethodText = (name: string) => string

export const NO_MATCHING_METHOD: MissingMethodText = (name) => `No matching RPC method[${name}]`
/** The custody methods are known by name from 4.2 on, and nothing carries them out. */
const HANDLER_NOT_FOUND: MissingMethodText = (name) => `RPC method[${name}] handler is not found`

/**
 * Releases of the Anchor Platform that differ in nothing that this service depends on. Each is written as what it changes of
 * the family before it, so that a new release is one object here and its recorded answers in tests/fixtures/anchor-platform.
 */
export interface ReleaseFamily {
  /** The first release of the family: major.minor. */
  name: string
  /** The last release that is known to belong to it. */
  until: string
  /**
   * How the family is known. `run`: its server was run and its answers are recorded. `read`: its source was read.
   * `reported`: it is known from the threads of its repository only.
   */
  knownBy: 'run' | 'read' | 'reported'
  /** Whether a save is refused when another request has changed the transaction since it was read. */
  hasLock: boolean
  /** The form of its 404, if its server was run. */
  notFound?: 'error_document' | 'no_static_resource'
  removed?: Partial<Record<MethodName, MissingMethodText>>
  added?: Readonly<Record<string, MethodRow>>
  /** Params that no method has any longer. */
  withoutParams?: readonly string[]
  changed?: Partial<Record<MethodName, RowChange>>
}

const CUSTOMER_CHECKED: Statuses = ['pending_customer_info_update', 'error']

/** The methods that only read. */
const READING_METHODS: Readonly<Record<string, MethodRow>> = {
  get_transaction: { params: { transaction_id: NEEDED_TEXT }, rules: [] },
  get_transactions: {
    params: {
      sep: NEEDED_TEXT,
      order_by: NEEDED_TEXT,
      order: NEEDED_TEXT,
      page_number: NEEDED_TEXT,
      page_size: NEEDED_TEXT,
      statuses: { type: 'texts', required: false },
    },
    rules: [],
  },
  get_quote: { params: { quote_id: NEEDED_TEXT }, rules: [] },
}

/**
 * The families, the oldest first. Where it is not known with which release the platform began to allow a step, the earlier
 * one of the two possible ones has it: the platform refuses what it does not allow, and a step that we refuse is lost.
 */
export const FAMILIES = [
  { name: '2.8', until: '2.8', knownBy: 'run', hasLock: false, notFound: 'error_document' },
  {
    name: '2.9',
    until: '2.12',
    knownBy: 'read',
    hasLock: false,
    changed: { notify_customer_info_updated: { params: { customer_id: TEXT } } },
  },
  {
    name: '3.0',
    until: '3.1',
    knownBy: 'read',
    hasLock: false,
    removed: { request_customer_info_update: NO_MATCHING_METHOD },
    added: READING_METHODS,
    withoutParams: ['amount_fee'],
    changed: {
      notify_interactive_flow_completed: { params: { fee_details: FEE_DETAILS } },
      notify_offchain_funds_received: {
        rules: deposits(
          ['pending_user_transfer_start', 'on_hold', 'pending_external'],
          ['pending_anchor'],
        ),
      },
      notify_customer_info_updated: {
        rules: [
          sep6(
            ALL_OF_6,
            ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
            ['pending_anchor', ...CUSTOMER_CHECKED],
          ),
          sep31(
            ['pending_receiver', 'pending_customer_info_update'],
            ['pending_receiver', ...CUSTOMER_CHECKED],
          ),
        ],
      },
      request_onchain_funds: {
        moreRules: [sep31(['pending_receiver'], ['pending_sender'], NOT_RECEIVED)],
      },
      notify_amounts_updated: {
        params: { fee_details: FEE_DETAILS },
        rules: depositsAndWithdrawals(['pending_anchor'], ['pending_anchor'], RECEIVED),
      },
    },
  },
  {
    name: '4.0',
    until: '4.1',
    knownBy: 'read',
    hasLock: false,
    // The memo is the id of a payment from now on, a 64-bit number.
    changed: { request_onchain_funds: { params: { memo_type: null } } },
  },
  {
    name: '4.2',
    until: '4.3',
    knownBy: 'run',
    hasLock: true,
    notFound: 'no_static_resource',
    removed: { do_stellar_payment: HANDLER_NOT_FOUND, do_stellar_refund: HANDLER_NOT_FOUND },
    changed: {
      request_trust: { rules: deposits(['pending_anchor'], ['pending_trust'], RECEIVED) },
      notify_trust_set: { rules: deposits(['pending_trust'], ['pending_anchor']) },
      notify_customer_info_updated: { params: { customer_type: TEXT } },
    },
  },
  { name: '4.4', until: '4.8', knownBy: 'reported', hasLock: true },
] as const satisfies readonly ReleaseFamily[]

export type Release = (typeof FAMILIES)[number]['name']

export const RELEASES: readonly Release[] = FAMILIES.map(({ name }) => name)

/** The family of a version such as `4.3.0` or `2.11`; null for one that belongs to none. */
export function releaseOfVersion(version: string): Release | null {
  const found = /^(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?$/.exec(version)
  if (found === null) return null
  const [major, minor] = [Number(found[1]), Number(found[2])]
  const family = FAMILIES.find(({ name, until }) => {
    const [first, last] = [name, until].map((text) => text.split('.').map(Number))
    return first?.[0] === major && minor >= (first[1] ?? 0) && minor <= (last?.[1] ?? 0)
  })
  return family?.name ?? null
}

/** The versions that belong to a family, for messages, such as `2.8, 2.9 to 2.12`. */
export const KNOWN_VERSIONS = FAMILIES.map(({ name, until }) =>
  name === until ? name : `${name} to ${until}`,
).join(', ')
