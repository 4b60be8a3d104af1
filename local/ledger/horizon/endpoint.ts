import type { Answer } from '../../world/answer.ts'
import { createFaultQueue, failureOf, type LedgerFault, spoilt } from '../faults.ts'
import { type ClosedOperation, isPayment } from '../ledger-transaction.ts'
import type { SimulatedLedger } from '../simulated-ledger.ts'
import { claimableBalances } from './claimable-balances.ts'
import { effectRecords } from './effects.ts'
import {
  badRequest,
  beforeHistory,
  halAnswer,
  halPage,
  missing,
  type Page,
  readPage,
} from './page.ts'
import { accountRecord, ledgerRecord, operationRecord, transactionRecord } from './records.ts'

const ELSEWHERE = 'https://elsewhere.sim'

export interface HorizonEndpoint {
  answer: (url: URL) => Answer
  /** Replaces all faults that are still due. */
  setFaults: (faults: readonly LedgerFault[]) => void
}

/** A resource. Some faults change the page that it shows. */
type Resource = (fault: LedgerFault | null) => Answer

/**
 * Horizon's resources of accounts, ledgers, transactions and payments over a simulated ledger.
 *
 * @param baseUrl the beginning of all links, without a slash at the end
 */
export function createHorizonEndpoint(ledger: SimulatedLedger, baseUrl: string): HorizonEndpoint {
  const faults = createFaultQueue()
  let lastPage: Answer | null = null
  return {
    setFaults: faults.order,
    answer: (url) => {
      const fault = faults.take(url.pathname)
      const failure = fault === null ? null : failureOf(fault)
      if (failure !== null) return failure
      const isPage = /\/(?:payments|operations)$/.test(url.pathname)
      if (fault?.kind === 'repeat_page' && isPage && lastPage !== null) return lastPage
      const answer = answerResource(ledger, baseUrl, url)(fault)
      if (isPage) lastPage = answer
      return fault === null ? answer : spoilt(answer, fault)
    },
  }
}

function answerResource(ledger: SimulatedLedger, baseUrl: string, url: URL): Resource {
  const [collection = '', id, part, ...rest] = url.pathname.slice(1).split('/')
  if (rest.length > 0) return always(missing())
  if (collection === '') return (fault) => root(ledger, fault?.kind === 'empty')
  if (collection === 'ledgers') return always(ledgers(ledger, baseUrl, url, id, part))
  if (collection === 'claimable_balances') return balances(ledger, baseUrl, url, id, part)
  if (id === undefined) return always(missing())
  if (collection === 'accounts') return accounts(ledger, baseUrl, url, id, part)
  if (collection === 'transactions') return transactions(ledger, baseUrl, url, id, part)
  if (collection === 'operations') return always(operation(ledger, baseUrl, url, id, part))
  return always(missing())
}

const always =
  (answer: Answer): Resource =>
  () =>
    answer

function root(ledger: SimulatedLedger, isEmpty: boolean): Answer {
  const latest = isEmpty ? 0 : ledger.latestSequence()
  const header = ledger.header(latest)
  return halAnswer({
    horizon_version: 'simulated',
    core_version: 'simulated',
    ingest_latest_ledger: latest,
    history_latest_ledger: latest,
    history_latest_ledger_closed_at: (header?.closedAt ?? new Date(0))
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
    history_elder_ledger: isEmpty ? 0 : ledger.oldestSequence(),
    core_latest_ledger: ledger.latestSequence(),
    network_passphrase: ledger.passphrase,
    current_protocol_version: 23,
    supported_protocol_version: 23,
    core_supported_protocol_version: 23,
  })
}

function ledgers(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  id: string | undefined,
  part: string | undefined,
): Answer {
  if (part !== undefined) return missing()
  if (id !== undefined) {
    if (!/^\d{1,10}$/.test(id)) return badRequest('ledger_id')
    const sequence = Number(id)
    if (sequence < ledger.oldestSequence()) {
      return beforeHistory()
    }
    const header = ledger.header(sequence)
    return header === null ? missing() : halAnswer(ledgerRecord(baseUrl, header))
  }
  const page = readPage(ledger, baseUrl, url)
  if (page === null) return badRequest('cursor')
  const oldest = ledger.oldestSequence()
  const latest = ledger.latestSequence()
  const at = Number(page.cursor >> 32n)
  const records: object[] = []
  const isUp = page.order === 'asc'
  let sequence = isUp ? Math.max(at + 1, oldest) : Math.min(at - 1, latest)
  for (; records.length < page.limit; sequence += isUp ? 1 : -1) {
    const header = ledger.header(sequence)
    if (header === null) break
    records.push(ledgerRecord(baseUrl, header))
  }
  return halAnswer(halPage(page, records, baseUrl))
}

function accounts(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  id: string,
  part: string | undefined,
): Resource {
  const account = ledger.account(id)
  if (part === undefined) {
    if (account === null) return always(missing())
    return always(halAnswer(accountRecord(baseUrl, account, ledger.balancesOf(id))))
  }
  if (part === 'effects' || part === 'transactions') {
    if (account === null && !ledger.hasHistory(id)) return always(missing())
    return part === 'effects'
      ? effects(ledger, baseUrl, url, id)
      : transactionsOf(ledger, baseUrl, url, id)
  }
  if (part !== 'payments' && part !== 'operations') return always(missing())
  // Horizon answers 404 for an account without history.
  if (account === null && !ledger.hasHistory(id)) return always(missing())
  return operations(ledger, baseUrl, url, (page, isWanted) =>
    ledger.operationsOf(id, { ...page, isWanted }),
  )
}

function balances(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  id: string | undefined,
  part: string | undefined,
): Resource {
  if (id === undefined) return always(claimableBalances(ledger, baseUrl, url))
  if (part !== 'operations') return always(missing())
  return operations(ledger, baseUrl, url, () => ledger.operationsOfBalance(id))
}

function transactions(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  hash: string,
  part: string | undefined,
): Resource {
  const transaction = ledger.transaction(hash)
  if (transaction === null) return always(missing())
  if (part === undefined) return always(halAnswer(transactionRecord(baseUrl, transaction)))
  if (part !== 'payments' && part !== 'operations') return always(missing())
  // Below a hash, Horizon shows the operations of a failed transaction without `include_failed`.
  url.searchParams.set('include_failed', 'true')
  return operations(ledger, baseUrl, url, ({ cursor, order, limit }, isWanted) => {
    const isUp = order === 'asc'
    const ordered = isUp ? transaction.operations : transaction.operations.toReversed()
    return ordered
      .filter((one) => (isUp ? one.id > cursor : one.id < cursor) && isWanted(one))
      .slice(0, limit)
  })
}

function operation(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  id: string,
  part: string | undefined,
): Answer {
  const isJoined = url.searchParams.get('join') === 'transactions'
  const found = part === undefined && /^\d{1,19}$/.test(id) ? ledger.operation(BigInt(id)) : null
  return found === null ? missing() : halAnswer(operationRecord(baseUrl, found, isJoined))
}

/** The effects on an account. A cursor is the number of an operation, a dash and the place of an effect. */
function effects(ledger: SimulatedLedger, baseUrl: string, url: URL, id: string): Resource {
  const [number = '', place = '0'] = (url.searchParams.get('cursor') ?? '').split('-')
  const plain = new URL(url)
  plain.searchParams.set('cursor', number)
  const page = readPage(ledger, baseUrl, plain)
  if (page === null || page.order === 'desc') return always(badRequest('cursor'))
  const isBehind = (token: string) => {
    const [operation = '', order = ''] = token.split('-')
    if (BigInt(operation) !== page.cursor) return BigInt(operation) > page.cursor
    return Number(order) > Number(place)
  }
  const records = ledger
    .transactionsOf(id)
    .flatMap(({ operations }) => operations)
    .flatMap((one) => effectRecords(baseUrl, one, id))
    .filter((record) => isBehind(String(record['paging_token'])))
  return pageOf(page, records, baseUrl)
}

function transactionsOf(ledger: SimulatedLedger, baseUrl: string, url: URL, id: string): Resource {
  const page = readPage(ledger, baseUrl, url)
  if (page === null || page.order === 'desc') return always(badRequest('cursor'))
  const withFailed = url.searchParams.get('include_failed') === 'true'
  const records = ledger
    .transactionsOf(id)
    .filter((one) => one.id > page.cursor && (withFailed || one.successful))
    .map((one) => transactionRecord(baseUrl, one))
  return pageOf(page, records, baseUrl)
}

function pageOf(page: Page, records: readonly object[], baseUrl: string): Resource {
  return (fault) => {
    const shown = records.slice(0, page.limit)
    if (fault?.kind === 'lose_record') shown.splice(fault.record ?? 0, 1)
    return halAnswer(halPage(page, fault?.kind === 'empty' ? [] : shown, baseUrl))
  }
}

type ReadOperations = (
  page: Page,
  isWanted: (operation: ClosedOperation) => boolean,
) => ClosedOperation[]

function operations(
  ledger: SimulatedLedger,
  baseUrl: string,
  url: URL,
  read: ReadOperations,
): Resource {
  const page = readPage(ledger, baseUrl, url)
  if (page === null) return always(badRequest('cursor'))
  // Before the history, an ascending page starts with the oldest operation. A descending page is refused.
  if (page.order === 'desc' && page.cursor <= BigInt(ledger.oldestSequence()) << 32n) {
    return always(beforeHistory())
  }
  const onlyPayments = page.path.endsWith('/payments')
  const withFailed = page.query.get('include_failed') === 'true'
  const isWanted = (one: ClosedOperation) =>
    (!onlyPayments || isPayment(one)) && (withFailed || one.transaction.successful)
  return (fault) => {
    if (fault?.kind === 'empty') return halAnswer(halPage(page, [], baseUrl))
    let found = read(page, isWanted)
    const last = found.at(-1)
    if (fault?.kind === 'lose_page' && last !== undefined) {
      found = read({ ...page, cursor: last.id }, isWanted)
    }
    const joined = page.query.get('join') === 'transactions'
    const records = found.map((one) => operationRecord(baseUrl, one, joined))
    if (fault?.kind === 'lose_record') records.splice(fault.record ?? 0, 1)
    const linkBase = fault?.kind === 'foreign_links' ? ELSEWHERE : baseUrl
    return halAnswer(halPage(page, records, linkBase))
  }
}
