import { isAccountId } from '../../stellar/account-id.ts'
import { type Fields, fieldsOf, unreadable } from '../answer.ts'
import { parseOperationId } from '../operation-id.ts'
import type { LedgerIo } from '../request.ts'
import type { LedgerPayment, SideLedger, SidePage, SideRecord } from '../source.ts'
import { readLedger, readRoot } from './ledger.ts'
import { readHorizonPage, readRecords } from './record.ts'
import { bodyOf, createHorizon, type Horizon, MAX_PAGE_BYTES, MAX_RECORD_BYTES } from './request.ts'
import { readRecordsOf } from './transaction.ts'

/** The effects of a page; each is below 1 KB. */
const EFFECTS_PAGE = 200
/** A balance is made once, and claimed or clawed back once. */
const OPERATIONS_PAGE = 10
const BALANCE_ID = /^[0-9a-f]{72}$/
const BALANCE_CURSOR = /^\d{1,10}-[0-9a-f]{72}$/
const EFFECT_CURSOR = /^(\d{1,19})-\d{1,10}$/

/** Reads claimable balances and clawbacks from Horizon. Its cursors are paging tokens. */
export function createSideLedger(options: { url: string }, io: LedgerIo): SideLedger {
  const horizon = createHorizon(options.url, io)
  return {
    networkPassphrase: async () => (await readRoot(horizon)).network_passphrase,
    ledger: (sequence) => readLedger(horizon, sequence),
    balances: (account, cursor, limit) => readBalances(horizon, account, cursor, limit),
    making: (balanceId, account) => readMaking(horizon, balanceId, account),
    debits: (account, cursor) => readDebits(horizon, account, cursor),
    // Effects of the operation with this id and of later ones follow.
    debitsAt: (operationId) => `${operationId}-0`,
    operation: (operationId, account) => readOperationOf(horizon, operationId, account),
  }
}

async function readBalances(
  horizon: Horizon,
  account: string,
  cursor: string | null,
  limit: number,
): Promise<SidePage> {
  assertAccount(account)
  const path = '/claimable_balances'
  const query = { claimant: account, order: 'asc', limit: String(limit), ...(cursor && { cursor }) }
  const body = bodyOf(await horizon.get(path, query, MAX_PAGE_BYTES), path)
  const records = readHorizonPage(body, limit, `Horizon ${path}`)
  const found = records.map((record) => {
    const { id, paging_token: token } = fieldsOf(record) ?? {}
    const isWhole = isText(id, BALANCE_ID) && isText(token, BALANCE_CURSOR)
    if (!isWhole) throw unreadable(`Horizon ${path} has a balance without an id or a paging token`)
    return { id, cursor: token }
  })
  return pageOf(found, found, { cursor, path, limit })
}

/** @returns null when Horizon does not keep that part of the history any more */
async function readMaking(
  horizon: Horizon,
  balanceId: string,
  account: string,
): Promise<LedgerPayment | null> {
  if (!BALANCE_ID.test(balanceId)) throw unreadable('the requested balance is not a balance id')
  const path = `/claimable_balances/${balanceId}/operations`
  const query = { order: 'asc', limit: String(OPERATIONS_PAGE), join: 'transactions' }
  const answer = await horizon.get(path, query, MAX_PAGE_BYTES)
  if (answer.status === 404 || answer.status === 410) return null
  const records = readRecords(bodyOf(answer, path), OPERATIONS_PAGE, `Horizon ${path}`)
  const making = records.filter(({ fields }) => fields['type'] === 'create_claimable_balance')
  return (await readRecordsOf(horizon, making.slice(0, 1), account))[0] ?? null
}

async function readDebits(horizon: Horizon, account: string, cursor: string): Promise<SidePage> {
  assertAccount(account)
  const path = `/accounts/${account}/effects`
  const query = { cursor, order: 'asc', limit: String(EFFECTS_PAGE) }
  const answer = await horizon.get(path, query, MAX_PAGE_BYTES)
  // Horizon answers 404 for an account that was quiet for longer than its history.
  if (answer.status === 404) return { found: [], cursor, isLast: true }
  const records = readHorizonPage(bodyOf(answer, path), EFFECTS_PAGE, `Horizon ${path}`)
  const effects = records.map((record) => readEffect(fieldsOf(record) ?? {}, path))
  const debits = effects.filter(({ isDebit }) => isDebit)
  return pageOf(debits, effects, { cursor, path, limit: EFFECTS_PAGE })
}

function readEffect({ paging_token: token, type }: Fields, path: string) {
  const [, text] = typeof token === 'string' ? (EFFECT_CURSOR.exec(token) ?? []) : []
  const id = parseOperationId(text)
  if (id === null || typeof token !== 'string' || typeof type !== 'string') {
    throw unreadable(`Horizon ${path} has an effect without a type or a paging token`)
  }
  return { id: String(id), cursor: token, isDebit: type === 'account_debited' }
}

/** @returns null for an operation that pays nobody, or that Horizon does not have */
async function readOperationOf(
  horizon: Horizon,
  operationId: string,
  account: string,
): Promise<LedgerPayment | null> {
  if (parseOperationId(operationId) === null) throw unreadable('an operation id is needed')
  const path = `/operations/${operationId}`
  const answer = await horizon.get(path, { join: 'transactions' }, MAX_RECORD_BYTES)
  if (answer.status === 404) return null
  const records = readRecords({ _embedded: { records: [bodyOf(answer, path)] } }, 1, path)
  if (String(records[0]?.id) !== operationId) throw unreadable(`Horizon ${path} shows another one`)
  return (await readRecordsOf(horizon, records, account))[0] ?? null
}

/** @throws LedgerError for a page that leads back to its beginning */
function pageOf(
  found: readonly SideRecord[],
  all: readonly SideRecord[],
  { cursor, path, limit }: { cursor: string | null; path: string; limit: number },
): SidePage {
  const end = all.at(-1)?.cursor ?? cursor
  if (all.length > 0 && end === cursor) throw unreadable(`Horizon ${path} repeats its records`)
  return {
    found: found.map(({ id, cursor: at }) => ({ id, cursor: at })),
    cursor: end,
    isLast: all.length < limit,
  }
}

function assertAccount(account: string): void {
  if (!isAccountId(account)) throw unreadable('the requested account is not an account id')
}

const isText = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value)
