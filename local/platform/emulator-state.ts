import { z } from 'zod'
import { formatInstant, parseInstant, roundToMicroseconds } from './instants.ts'
import { type StoredTransaction, storedTransaction } from './stored-transaction.ts'

const TEST_ISSUERS = [
  'GDQOE23CFSUMSVQK4Y5JHPPYK73VYCNHZHA7ENKCV37P6SUEO6XQBKPP',
  'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5',
] as const
/** The platform's account on the ledger, which receives and pays. */
export const DISTRIBUTION_ACCOUNT = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'

const asset = z.object({
  id: z.string(),
  significant_decimals: z.int().min(0).optional(),
  distribution_account: z.string().optional(),
})
export type Asset = z.infer<typeof asset>

/** The assets of the platform's own test configuration. */
const DEFAULT_ASSETS: Asset[] = [
  { id: `stellar:USDC:${TEST_ISSUERS[0]}`, significant_decimals: 2 },
  { id: `stellar:USDC:${TEST_ISSUERS[1]}`, significant_decimals: 2 },
  { id: `stellar:JPYC:${TEST_ISSUERS[0]}`, significant_decimals: 4 },
  { id: 'stellar:native', significant_decimals: 7 },
  { id: 'iso4217:USD', significant_decimals: 7 },
  { id: 'iso4217:CAD', significant_decimals: 7 },
].map((one) =>
  one.id.startsWith('stellar:') ? { ...one, distribution_account: DISTRIBUTION_ACCOUNT } : one,
)

export const EMULATOR_RELEASES = ['2.8.4', '4.3.0'] as const
export type EmulatorRelease = (typeof EMULATOR_RELEASES)[number]

const generator = z.enum(['self', 'custody', 'none']).default('self')

const authType = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['none', 'api_key', 'jwt']))
  .default('none')
const keyHeader = z.string().default('X-Api-Key')
const tokenHeader = z.string().default('Authorization')

/** The settings have the names of the platform's configuration. `sep24.x` and `sep24_x` are the same setting. */
const config = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value).map(([name, setting]) => [name.replaceAll('.', '_'), setting]),
        )
      : value,
  z.strictObject({
    /** Whose rules it follows. */
    release: z.enum(EMULATOR_RELEASES).default('2.8.4'),
    custody_type: z.enum(['none', 'fireblocks']).default('none'),
    sep6_deposit_info_generator_type: generator,
    sep24_deposit_info_generator_type: generator,
    /** 4.3.0 has no custody, and makes addresses for SEP-31 only if it is told to. */
    sep31_deposit_info_generator_type: z.enum(['self', 'none']).default('none'),
    rpc_batch_size_limit: z.int().min(0).default(40),
    // The names of 2.x, which 4.3.0 ignores, and those of 4.3.0.
    platform_server_auth_type: authType,
    platform_server_auth_api_key_http_header: keyHeader,
    platform_server_auth_jwt_http_header: tokenHeader,
    platform_api_auth_type: authType,
    platform_api_auth_api_key_http_header: keyHeader,
    platform_api_auth_jwt_http_header: tokenHeader,
    /** Whether every accepted call publishes an event first, which takes a second. */
    events_enabled: z.boolean().default(false),
    /** `away`: a call is saved at once and answered after 120 s, and its event is lost. */
    events_queue: z.enum(['there', 'away']).default('there'),
    /** Where events are sent; nowhere without it. */
    callback_api_base_url: z.string().default(''),
    callback_api_auth_type: authType,
    callback_api_auth_secret: z.string().default(''),
    secret: z.string().default(''),
    /** Whether a save of a row that was changed since it was read is refused, as from release 4.2 on. */
    optimistic_lock: z.boolean().optional(),
    // The next four describe systems around the platform: the business, the user's account, Horizon and the custody service.
    /** What the business answers about a customer, by request: a status of SEP-12, `missing`, or `boom` for a failure. */
    customer_callback: z.record(z.string(), z.string()).default({}),
    destination_has_trustline: z.boolean().default(true),
    horizon_reachable: z.boolean().default(true),
    custody_deposit_info: z
      .object({ address: z.string(), memo: z.string(), memo_type: z.string() })
      .optional(),
  }),
)
export type EmulatorConfig = z.infer<typeof config>

const ledgerOperation = z.object({
  type: z.string(),
  created_at: z.string(),
  envelope_xdr: z.string().optional(),
  payment_id: z.string().default(''),
  from: z.string().default(''),
  to: z.string().default(''),
  amount: z.string().default('0.0000000'),
  asset: z.string().default('native'),
  /** Of a path payment with a fixed amount to send. 4.3.0 shows it under the received asset. */
  send_amount: z.string().optional(),
  /** The source of the whole transaction. 4.3.0 shows it as the payer of each operation. */
  transaction_source: z.string().optional(),
})
export type LedgerOperation = z.infer<typeof ledgerOperation>

/** The form in which the state is set. A missing key has its default, and other keys are ignored. */
const stateForm = z.object({
  config: config.prefault({}),
  assets: z.array(asset).default(DEFAULT_ASSETS),
  ledger_fixture: z.record(z.string(), z.array(ledgerOperation)).default({}),
  /** The HTTP status that Horizon answers for a hash instead of its operations. */
  horizon_status: z.record(z.string(), z.int().min(400).max(599)).default({}),
  initial_transactions: z.array(storedTransaction).optional(),
  transactions: z.array(storedTransaction).optional(),
  /** The quotes that `get_quote` shows, as it shows them. */
  quotes: z.array(z.record(z.string(), z.unknown())).default([]),
})
export type StateForm = z.input<typeof stateForm>

export interface EmulatorState {
  config: EmulatorConfig
  assets: Asset[]
  /** The operations on the ledger, by transaction hash. */
  ledger: Map<string, LedgerOperation[]>
  horizonStatus: Map<string, number>
  quotes: Record<string, unknown>[]
  /** Reads a hash that `ledger` does not have from the ledger that the local world shares. */
  readLedger?: (hash: string) => LedgerOperation[] | undefined
  /** Set while the ledger is silent: it is told of each question, which has no answer. */
  onSilence?: () => void
  transactions: Map<string, StoredTransaction>
  /** What the transactions were before their last save. */
  before: Map<string, StoredTransaction>
  /** The number of `transaction_status_changed` events that the platform would have published. */
  eventsPublished: number
}

export interface StateReport {
  config: EmulatorConfig
  assets: Asset[]
  ledger_fixture: Record<string, LedgerOperation[]>
  horizon_status: Record<string, number>
  quotes: Record<string, unknown>[]
  transactions: StoredTransaction[]
  events_published: number
}

const keyOf = ({ sep, id }: { sep: string; id: string }): string => `${sep}/${id}`

/** Reads a whole state. @throws Error that names every wrong field */
export function readState(form: unknown): EmulatorState {
  const parsed = stateForm.safeParse(form)
  if (!parsed.success) {
    throw new Error(`Emulator state refused: ${z.prettifyError(parsed.error)}`)
  }
  const { data } = parsed
  const rows = data.initial_transactions ?? data.transactions ?? []
  // 4.3.0 counts the saves of a row, by which its lock knows that another request has saved it.
  const isCounted = data.config.release === '4.3.0'
  const transactions = rows.map((row) => asStored(isCounted ? { version: 0, ...row } : row))
  return {
    config: data.config,
    assets: data.assets,
    ledger: new Map(Object.entries(data.ledger_fixture)),
    horizonStatus: new Map(Object.entries(data.horizon_status)),
    transactions: new Map(transactions.map((one) => [keyOf(one), one])),
    before: new Map(),
    quotes: data.quotes,
    eventsPublished: 0,
  }
}

/** Copies the state into a form that `readState` takes. */
export function reportState(state: EmulatorState): StateReport {
  return structuredClone({
    config: state.config,
    assets: state.assets,
    ledger_fixture: Object.fromEntries(state.ledger),
    horizon_status: Object.fromEntries(state.horizonStatus),
    quotes: state.quotes,
    transactions: [...state.transactions.values()],
    events_published: state.eventsPublished,
  })
}

/** Finds a transaction in the platform's order: SEP-31 first, then SEP-24, then SEP-6. */
export function findTransaction(state: EmulatorState, id: string): StoredTransaction | undefined {
  for (const sep of ['31', '24', '6']) {
    const found = state.transactions.get(keyOf({ sep, id }))
    if (found !== undefined) return found
  }
  return undefined
}

const INSTANT_COLUMNS = [
  'started_at',
  'updated_at',
  'completed_at',
  'transfer_received_at',
  'user_action_required_by',
] as const

/** An instant with 0, 3 or 6 digits, as the platform writes it. */
function inFullGroups(instant: string): string {
  const digits = /\.(\d+)Z$/.exec(instant)?.[1]?.length ?? 0
  return digits % 3 === 0 ? instant : formatInstant(parseInstant(instant))
}

/** A row as the database holds it. The columns of 4.3.0 are recorded without a zone. */
function asStored(transaction: StoredTransaction): StoredTransaction {
  const stored = { ...transaction }
  for (const column of INSTANT_COLUMNS) {
    const instant = stored[column]?.replace(/T[\d:.]+$/, '$&Z')
    if (instant !== undefined) stored[column] = inFullGroups(roundToMicroseconds(instant))
  }
  return stored
}

/** Replaces the stored transaction with the same SEP and id. The database keeps instants in microseconds. */
export function saveTransaction(state: EmulatorState, transaction: StoredTransaction): void {
  const saved = { ...transaction }
  for (const column of INSTANT_COLUMNS) {
    const instant = saved[column]
    if (instant !== undefined) saved[column] = roundToMicroseconds(instant)
  }
  if (typeof saved['version'] === 'number') saved['version'] += 1
  const key = keyOf(saved)
  const replaced = state.transactions.get(key)
  if (replaced !== undefined) state.before.set(key, replaced)
  state.transactions.set(key, saved)
}

/** Puts back what a transaction was before its last save; false if that is not known. */
export function restoreTransaction(state: EmulatorState, id: string | undefined): boolean {
  const found = id === undefined ? undefined : findTransaction(state, id)
  const before = found && state.before.get(keyOf(found))
  if (before === undefined) return false
  state.transactions.set(keyOf(before), before)
  return state.before.delete(keyOf(before))
}

/** Whether a custody service pays and receives for the anchor. */
export const isCustodyEnabled = (config: EmulatorConfig): boolean => config.custody_type !== 'none'
