import {
  LedgerError,
  type LedgerErrorCode,
  type LedgerHead,
  type LedgerPayment,
  type LedgerPaymentKind,
  type LedgerSource,
  type LedgerTransaction,
  type PaymentPage,
  type SidePage,
} from '../../../lib/ledger/source.ts'
import { NETWORK_PASSPHRASE } from '../../../lib/stellar/network.ts'

/** The memo that really stands on the ledger; a hash is lower-case hex. */
export type TrueMemo = { type: 'text' | 'id' | 'hash' | 'return'; value: string } | null

/** An operation that a test puts on the ledger; amounts are stroops. */
export interface OperationForm {
  kind: LedgerPaymentKind
  from: string | null
  to: string | null
  muxedId: string | null
  /** `native` or `CODE:ISSUER`; null where the source does not show it. */
  asset: string | null
  stroops: bigint | null
}

export interface TransactionForm {
  memo: TrueMemo
  successful: boolean
  operations: readonly OperationForm[]
}

/** One operation of the ledger. */
export interface TrueOperation extends OperationForm {
  id: bigint
  operationId: string
  ledger: number
  closedAtMs: number
  /** Its place among all operations ever made. */
  place: number
  memo: TrueMemo
  successful: boolean
  shown: LedgerPayment
}

export interface SideForm {
  account: string
  kind: 'claimable_balance' | 'clawback'
  other: string
  asset: string
  stroops: bigint
}

export interface SideOperation extends TrueOperation {
  account: string
}

export const LEDGER_ERRORS: readonly LedgerErrorCode[] = [
  'ledger_unreachable',
  'ledger_rate_limited',
  'ledger_history_gone',
  'ledger_unreadable',
]

/** The faults of one request. A page that is repeated or lacks operations looks like any other. */
export type LedgerFault =
  | { kind: 'error'; code: LedgerErrorCode }
  | { kind: 'repeat_page' | 'stray_page' | 'lose_page' | 'lose_record' | 'slow' | 'behind' }
  /** An older server behind the same name answers. It has not seen the newest ledgers. */
  | { kind: 'older_server'; ledgers: number }

/** `repeats`: the next transaction gets the operation ids that the first one of the old ledger had. */
export type Reset = 'same_length' | 'at_beginning' | 'repeats'

/** A ledger in memory, which closes every 5 s of the clock. */
export interface ModelLedger {
  /** All operations in their order, the forgotten ones included. */
  operations(): readonly TrueOperation[]
  /** Operations of two ledgers may have the same id. @param hash of its Stellar transaction */
  find(operationId: string, hash: string): TrueOperation | undefined
  /** Claimable balances for accounts and clawbacks from them, which no page of payments shows. */
  sideOperations(): readonly SideOperation[]
  submitAside(forms: readonly SideForm[]): void
  isSideShown(operation: SideOperation): boolean
  /** What Horizon shows beside the payments. */
  aside: {
    balances(account: string, cursor: string | null, limit: number): SidePage
    debits(account: string, cursor: string): SidePage
    /** Null for an operation that the history does not have. */
    operation(operationId: string): LedgerPayment | null
  }
  headSequence(): number
  oldestSequence(): number
  closedAtMs(sequence: number): number
  /** Puts transactions into the ledger that closes next. */
  submit(forms: readonly TransactionForm[]): TrueOperation[]
  /** Forgets all but the last `keptLedgers` ledgers. */
  trim(keptLedgers: number): void
  /** Starts another ledger with other hashes and no payment. */
  reset(how: Reset): void
  /** The source shows the ledger as it was so many ledgers ago, until it is told otherwise. */
  lag(ledgers: number): void
  /** Milliseconds since 1970; null for a ledger that was never reset. */
  resetAtMs(): number | null
  isShown(operation: TrueOperation, account: string): boolean
  head(fault: LedgerFault | null): LedgerHead
  ledger(
    sequence: number,
    fault: LedgerFault | null,
  ): { sequence: number; closedAt: string; hash: string } | null
  transaction(hash: string): LedgerTransaction | null
  payments(account: string, cursor: string, fault: LedgerFault | null): PaymentPage
}

const CLOSE_MS = 5_000
const HEAD_AT_START = 2_000

/** @param name `horizon`: the cursor is the last operation; `rpc`: the cursor also passes ledgers without a payment */
export function createModelLedger(
  { name, pageSize }: { name: LedgerSource['name']; pageSize: number },
  now: () => number,
): ModelLedger {
  const operations: TrueOperation[] = []
  const byId = new Map<string, TrueOperation>()
  let genesisMs = now() - (HEAD_AT_START - 1) * CLOSE_MS
  let era = 0
  let oldest = 1
  let firstOfEra = 0
  let resetAt: number | null = null
  let transactions = 0
  let lagging = 0
  const sides: SideOperation[] = []
  let firstSideOfEra = 0
  const lastPages = new Map<string, PaymentPage>()
  /** The last page of any account. */
  let lastPage: PaymentPage | undefined

  const headSequence = () => Math.floor((now() - genesisMs) / CLOSE_MS) + 1
  const closedAtMs = (sequence: number) => genesisMs + (sequence - 1) * CLOSE_MS
  const closed = (sequence: number) => ({
    sequence,
    closedAt: new Date(closedAtMs(sequence)).toISOString(),
    hash: `${era}`.padStart(4, 'e') + `${sequence}`.padStart(60, '0'),
  })
  const isThere = ({ ledger, place }: TrueOperation) =>
    place >= firstOfEra && ledger >= oldest && ledger <= headSequence()
  /** The newest ledger of the server that answers. */
  const shownHead = (fault: LedgerFault | null) =>
    Math.max(
      oldest,
      headSequence() - lagging - (fault?.kind === 'older_server' ? fault.ledgers : 0),
    )
  const concerns = ({ from, to }: OperationForm, account: string) =>
    from === account || to === account

  function close(form: TransactionForm, ledger: number): TrueOperation[] {
    transactions += 1
    const transaction = transactions
    const hash = `${era}${String(transaction).padStart(8, '0')}`.padStart(64, 'a')
    return form.operations.map((operation, index): TrueOperation => {
      const place = operations.length + index
      const id = (BigInt(ledger) << 32n) | (BigInt(transaction) << 12n) | BigInt(index + 1)
      const operationId = String(id)
      const { memo, successful } = form
      const { kind, from, to, muxedId, asset, stroops } = operation
      const shown: LedgerPayment = {
        operationId,
        cursor: operationId,
        ledger,
        closedAt: closed(ledger).closedAt,
        transactionHash: hash,
        successful,
        kind,
        from,
        fromMuxedId: null,
        to,
        toMuxedId: muxedId,
        asset: asset === null ? null : assetOf(asset),
        amount: stroops === null ? null : amountText(stroops),
        memo: shownMemo(memo),
      }
      const at = { ledger, closedAtMs: closedAtMs(ledger), place }
      return { ...operation, id, operationId, ...at, memo, successful, shown }
    })
  }

  /** The page after a cursor. */
  function pageAfter(account: string, cursor: string, latest: number): PaymentPage {
    const after = BigInt(cursor)
    const found: TrueOperation[] = []
    for (let index = firstOfEra; index < operations.length && found.length < pageSize; index += 1) {
      const one = operations[index]
      if (one === undefined || one.id <= after || one.ledger < oldest || one.ledger > latest)
        continue
      if (concerns(one, account)) found.push(one)
    }
    const isLast = found.length < pageSize
    const end = name === 'rpc' && isLast ? endOf(latest) : undefined
    const last = found.at(-1)?.operationId ?? cursor
    return {
      payments: found.map(({ shown }) => shown),
      cursor: end !== undefined && BigInt(end) > BigInt(last) ? end : last,
      isLast,
    }
  }

  const shownSides = () =>
    sides.slice(firstSideOfEra).filter(({ ledger }) => ledger <= shownHead(null))

  function sidePage(
    some: readonly TrueOperation[],
    cursor: string | null,
    limit: number,
  ): SidePage {
    const behind = some.filter(({ id }) => id > BigInt(cursor ?? '0'))
    const found = behind.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
    const records = found.map(({ operationId }) => ({ id: operationId, cursor: operationId }))
    return {
      found: records,
      cursor: records.at(-1)?.cursor ?? cursor,
      isLast: found.length < limit,
    }
  }

  return {
    sideOperations: () => sides,
    submitAside: (forms) => {
      for (const { account, kind, other, asset, stroops } of forms) {
        const [from, to] = kind === 'clawback' ? [account, other] : [other, account]
        const form = { kind, from, to, muxedId: null, asset, stroops }
        const transaction = { memo: null, successful: true, operations: [form] }
        const [made] = close(transaction, headSequence() + 1)
        if (made === undefined) continue
        sides.push({ ...made, account })
        byId.set(`${made.operationId} ${made.shown.transactionHash}`, made)
      }
    },
    isSideShown: (one) => one.ledger >= oldest && shownSides().includes(one),
    aside: {
      balances: (account, cursor, limit) =>
        sidePage(
          shownSides().filter((one) => one.account === account && one.kind !== 'clawback'),
          cursor,
          limit,
        ),
      debits: (account, cursor) => {
        const paid = operations.filter(
          (one) =>
            isThere(one) && one.ledger <= shownHead(null) && one.from === account && one.successful,
        )
        const taken = shownSides().filter(
          (one) => one.account === account && one.kind === 'clawback' && one.ledger >= oldest,
        )
        return sidePage([...paid, ...taken], cursor, 200)
      },
      operation: (operationId) => {
        const there = [...operations.filter(isThere), ...shownSides()]
        const made = there.find((one) => one.operationId === operationId && one.ledger >= oldest)
        return made?.shown ?? null
      },
    },
    operations: () => operations,
    find: (operationId, hash) => byId.get(`${operationId} ${hash}`),
    headSequence,
    oldestSequence: () => oldest,
    closedAtMs,
    submit: (forms) => {
      const before = operations.length
      for (const form of forms) operations.push(...close(form, headSequence() + 1))
      const made = operations.slice(before)
      for (const one of made) byId.set(`${one.operationId} ${one.shown.transactionHash}`, one)
      return made
    },
    trim: (keptLedgers) => {
      oldest = Math.max(oldest, headSequence() - keptLedgers)
    },
    reset: (how) => {
      const first = operations[firstOfEra]
      era += 1
      resetAt = now()
      firstOfEra = operations.length
      firstSideOfEra = sides.length
      oldest = 1
      lastPages.clear()
      lastPage = undefined
      if (how === 'at_beginning') genesisMs = now() - 50 * CLOSE_MS
      if (how === 'repeats' && first !== undefined) {
        genesisMs = now() - (first.ledger - 2) * CLOSE_MS
        transactions = Number((first.id >> 12n) & 0xfffffn) - 1
      }
    },
    lag: (ledgers) => {
      lagging = ledgers
    },
    resetAtMs: () => resetAt,
    isShown: (one, account) => concerns(one, account) && isThere(one),
    head: (fault) => {
      const sequence = shownHead(fault) - (fault?.kind === 'behind' ? 300 : 0)
      return {
        ...closed(sequence),
        oldestSequence: oldest,
        networkPassphrase: NETWORK_PASSPHRASE.mainnet,
      }
    },
    ledger: (sequence, fault) =>
      sequence < oldest || sequence > shownHead(fault) ? null : closed(sequence),
    transaction: (hash) => {
      const made = operations.filter((one) => one.shown.transactionHash === hash && isThere(one))
      const [first] = made
      if (first === undefined || first.ledger > shownHead(null)) return null
      const { successful, ledger, closedAt, memo } = first.shown
      return { hash, successful, ledger, closedAt, memo, payments: made.map(({ shown }) => shown) }
    },
    payments: (account, cursor, fault) => {
      if (name === 'rpc' && ledgerOf(cursor) < oldest) {
        throw new LedgerError('ledger_history_gone', 'before the history')
      }
      const repeated = lastPages.get(account)
      if (fault?.kind === 'repeat_page' && repeated !== undefined) return repeated
      if (fault?.kind === 'stray_page' && lastPage !== undefined) return readFor(account, lastPage)
      let page = pageAfter(account, cursor, shownHead(fault))
      if (fault?.kind === 'lose_page') page = pageAfter(account, page.cursor, shownHead(fault))
      if (fault?.kind === 'lose_record' && page.payments.length > 1) {
        page = { ...page, payments: page.payments.slice(1) }
      }
      lastPages.set(account, page)
      lastPage = page
      return page
    },
  }
}

/** A page as it is read for an account: of a contract's movements both sources read only those of the account itself. */
function readFor(account: string, page: PaymentPage): PaymentPage {
  const isRead = ({ kind, from, to }: LedgerPayment) =>
    kind !== 'contract_transfer' || from === account || to === account
  return { ...page, payments: page.payments.filter(isRead) }
}

export const cursorAt = (sequence: number) => String(BigInt(sequence) << 32n)
export const ledgerOf = (cursor: string) => Number(BigInt(cursor) >> 32n)
const endOf = (sequence: number) => String((BigInt(sequence) << 32n) | 0xffffffffn)

function assetOf(asset: string): NonNullable<LedgerPayment['asset']> {
  const [code = '', issuer = ''] = asset.split(':')
  return asset === 'native' ? { kind: 'native' } : { kind: 'issued', code, issuer }
}

function shownMemo(memo: TrueMemo): LedgerPayment['memo'] {
  if (memo === null) return { type: 'none' }
  const { type, value } = memo
  return type === 'return' ? { type: 'other', shown: value } : { type, value }
}

/** An amount as Horizon writes it, always with seven decimals. */
export function amountText(stroops: bigint): string {
  const digits = String(stroops).padStart(8, '0')
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`
}

/** The stroops of a stored amount. No shipped code takes part in reading it. */
export function stroopsIn(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(7, '0'))
}
